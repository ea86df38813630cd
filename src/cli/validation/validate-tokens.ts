import { findDecorated, seedRole } from "../../creds/decorated.ts";
import { compareUtf8 } from "../../encoding/go-text.ts";
import { isNscError } from "../../errors.ts";
import { decode, decodeGeneric } from "../../jwt/decode.ts";
import type { GenericClaims } from "../../jwt/generic.ts";
import type { Claims } from "../../jwt/kinds.ts";
import { validate } from "../../jwt/validate.ts";
import { CommandError } from "../command-error.ts";
import type { FoundIssue, Validated } from "./validated.ts";

const BARE_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** A token of a file that may hold many, and where it stands. */
interface TokenLine {
  readonly token: string;
  readonly line: number;
}

/**
 * Validates tokens, one in a line; what stands before a bar in it is left out, as in the lines that resolvers pack. Where there
 * are tokens between lines of dashes, as in creds, other lines need not be tokens.
 *
 * @returns what was found by subject, in the order of subjects
 * @throws CommandError for a line that holds no token, or where none is
 */
export function validateTokens(text: string, now: Date): Validated[] {
  const found = new Map<string, FoundIssue[]>();
  const tokens = tokenLines(text);
  if (tokens.length === 0) throw new CommandError("there is no token in the file", { code: "ERR_SOURCE_INVALID" });
  for (const { token, line } of tokens) {
    const claims = claimsOf(token, line);
    const issues = found.get(claims.sub) ?? [];
    found.set(claims.sub, issues);
    issues.push(...validate(claims, { now }));
  }
  return [...found].map(([name, issues]) => ({ name, issues })).sort((a, b) => compareUtf8(a.name, b.name));
}

function tokenLines(text: string): TokenLine[] {
  const items = findDecorated(text, Number.POSITIVE_INFINITY);
  const decorated = new Set(items.filter((item) => seedRole(item) === undefined));
  return text.split("\n").flatMap((line, i) => {
    const token = line.slice(line.indexOf("|") + 1).trim();
    const isMeant = items.length === 0 ? line.trim() !== "" : decorated.has(token) || BARE_TOKEN.test(token);
    return isMeant ? [{ token, line: i + 1 }] : [];
  });
}

/** Every issue once, with how often it was found. */
export function summarizeIssues(validated: readonly Validated[]): FoundIssue[] {
  const counts = new Map<string, { readonly issue: FoundIssue; count: number }>();
  for (const issue of validated.flatMap(({ issues }) => issues)) {
    const entry = counts.get(issue.message) ?? { issue, count: 0 };
    counts.set(issue.message, entry);
    entry.count++;
  }
  return [...counts.values()].map(({ issue, count }) => ({
    ...issue,
    message: `${issue.message} (${count} occurrences)`,
  }));
}

/** Not with the token in the error: it may be one that lets somebody in. */
function claimsOf(token: string, line: number): Claims | GenericClaims {
  try {
    return decode(token);
  } catch (error) {
    if (!isNscError(error)) throw error;
    if (error.code === "ERR_JWT_KIND") return decodeGeneric(token);
    throw new CommandError(`claim decoding error: '${error.message}' in line ${line}`, {
      code: error.code,
      cause: error,
    });
  }
}
