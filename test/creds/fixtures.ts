import { tokenOf } from "../jwt/tokens.ts";
import { WORKED_EXAMPLES } from "../jwt/worked-examples.ts";
import { keyNamed, USER } from "../nkeys/fixtures.ts";

/** A token of each kind that creds and files may hold: claims.md, section 8.4. Signed with keys made for tests. */
function example(name: string): string {
  const found = WORKED_EXAMPLES.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no example ${name}`);
  return tokenOf({ key: keyNamed(found.signedBy), payload: found.payload });
}

export const USER_TOKEN: string = example("user-min");

export const TOKENS = [
  { kind: "OPERATOR", token: example("op-min") },
  { kind: "ACCOUNT", token: example("ac-full") },
  { kind: "USER", token: USER_TOKEN },
  { kind: "ACTIVATION", token: example("activation") },
  { kind: "AUTHORIZATION_REQUEST", token: example("authreq-min") },
  { kind: "AUTHORIZATION_RESPONSE", token: example("authresp") },
] as const;

export const GENERIC_TOKEN: string = example("generic");

/** claims.md, sections 6.1 to 6.3: the creds of {@link USER_TOKEN} and the user's seed, to the letter. */
export const CREDS = `-----BEGIN NATS USER JWT-----
${USER_TOKEN}
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.
NKEYs are sensitive and should be treated as secrets.

-----BEGIN USER NKEY SEED-----
${USER.seed}
------END USER NKEY SEED------

*************************************************************
`;

/** The pattern of section 6.4, which was checked against Go. */
const PATTERN = /[\t\n\f\r ]*-{3,}[^\n]*-{3,}\r?\n([0-9A-Za-z_\-.=]+)\r?\n-{3,}[^\n]*-{3,}(?:\r?\n|(?![\s\S]))/g;

/** What {@link PATTERN} finds. */
export function itemsByPattern(text: string): readonly string[] {
  return [...text.matchAll(PATTERN)].map((match) => match[1] as string);
}
