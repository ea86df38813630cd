import { trimGoSpace } from "../encoding/go-text.ts";
import { NscError } from "../errors.ts";

const WARNING = `************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.
NKEYs are sensitive and should be treated as secrets.`;

/** What stands in the lines around a seed, by how the seed begins. */
const SEED_ROLES: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["SO", "OPERATOR"],
  ["SA", "ACCOUNT"],
  ["SU", "USER"],
]);

export function seedRole(seed: string): string | undefined {
  return SEED_ROLES.get(seed.slice(0, 2));
}

export function formatDecoratedToken(kind: string, token: string): string {
  const role = kind.toUpperCase();
  // A token that was read from a file may end in a newline, which is part of no token; with it nobody could read this.
  const line = token.includes("\n") || token.includes("\r") ? token.replace(/[\r\n]+/g, "") : token;
  return `-----BEGIN NATS ${role} JWT-----\n${line}\n------END NATS ${role} JWT------\n\n`;
}

export function formatDecoratedSeed(seed: string): string {
  const trimmed = trimGoSpace(seed);
  if (trimmed.length < 2) throw new NscError("ERR_CREDS_KIND", "seed is too short");
  const role = seedRole(trimmed);
  if (role === undefined) throw new NscError("ERR_CREDS_KIND", "seed is not an operator, account or user seed");
  return `${WARNING}

-----BEGIN ${role} NKEY SEED-----
${trimmed}
------END ${role} NKEY SEED------

*************************************************************
`;
}

/** The text of a creds file, from parts that are known to belong together. */
export function credsText(token: string, seed: string): string {
  return formatDecoratedToken("user", token) + formatDecoratedSeed(seed);
}

/** An item's content. The length of the longest token, 1 MiB, is far below any limit of the pattern. */
const BODY = /^[0-9A-Za-z_\-.=]+$/;

/**
 * The items between lines of dashes, from the start of the text. Go: the pattern in `jwt/v2 creds_utils.go`, here line by
 * line, so that no text takes more than linear time: a line of dashes, the item's line, and another line of dashes, which
 * may end the text. The closing line of one item does not open the next.
 */
export function findDecorated(text: string, most = 1): string[] {
  const lines = text.split("\n");
  const items: string[] = [];
  for (let i = 0; i + 2 < lines.length && items.length < most; i++) {
    const opening = stripReturn(lines[i] as string);
    const body = stripReturn(lines[i + 1] as string);
    // A carriage return belongs to the end of a line, and the end of the text has none.
    const closing = i + 3 < lines.length ? stripReturn(lines[i + 2] as string) : (lines[i + 2] as string);
    // The opening dashes may begin anywhere in their line.
    if (!isDashes(opening, opening.indexOf("---")) || !BODY.test(body) || !isDashes(closing, 0)) continue;
    items.push(body);
    i += 2;
  }
  return items;
}

/** From `from` on at least three dashes, anything, and at least three dashes at the end. */
function isDashes(line: string, from: number): boolean {
  return from >= 0 && line.length - from >= 6 && line.startsWith("---", from) && line.endsWith("---");
}

function stripReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** The first line that begins like a seed when it is trimmed; untrimmed, as Go has it. */
export function firstSeedLine(text: string): string | undefined {
  return text.split("\n").find((line) => seedRole(trimGoSpace(line)) !== undefined);
}
