import type { Claims } from "nsc.js";
import { describe, expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { claimsText, HEADER_V1, tokenOf } from "./tokens.ts";
import { account, findingsIn, PUBLIC_KEYS, testRules } from "./validate-cases.ts";
import type { Finding } from "./validate-issues.ts";

const { exporter, signingKey } = PUBLIC_KEYS;
const importer = PUBLIC_KEYS.account;

/** An activation as the exporting account gives it to the importing one, signed by hand. */
function activationToken(nats: object = {}, common: object = {}, signer = "account2"): string {
  const key = keyNamed(signer);
  const text = JSON.stringify({ subject: "a.>", kind: "stream", type: "activation", version: 2, ...nats });
  return tokenOf({ key, payload: claimsText({ iss: key.publicKey, sub: importer, ...common }, text) });
}

/** The claims of an account with a stream imported by this token. */
function importing(token: string, members: object = {}): Claims {
  return account({ imports: [{ subject: "a.b", account: exporter, type: "stream", token, ...members }] });
}

function error(code: Finding[1], message: string, place = "token"): Finding {
  return ["error", code, `nats.imports.0.${place}`, message];
}

const good = importing(activationToken());
const INVALID = error("IMPORT_TOKEN_INVALID", 'import "a.b" contains an invalid activation token');
const OTHER_ISSUER = error("IMPORT_TOKEN_ISSUER", 'activation token doesn\'t match account for import "a.b"');
const OTHER_SUBJECT = error(
  "IMPORT_TOKEN_SUBJECT",
  'activation token doesn\'t match account it is being included in, "a.b"',
);
const noMatch = (subject: string, imported = "a.b") =>
  error("IMPORT_TOKEN_SCOPE", `activation token import subject "${subject}" doesn't match import "${imported}"`);
const mismatch = (kind: string, type: string) =>
  error("IMPORT_TOKEN_KIND", `mismatch between token import type ${kind} and type of import ${type}`);

describe("activation tokens of imports", () => {
  testRules([
    ["I10 no token at all", importing("activation"), [INVALID], good, importing("")],
    ["I10 cut off", importing(activationToken().slice(0, -1)), [INVALID]],
    ["I10 with another signature", importing(activationToken().replace(/\.[\w-]+$/, `.${"A".repeat(86)}`)), [INVALID]],
    ["I10 by a key that may not issue", importing(activationToken({}, {}, "user")), [INVALID]],
    [
      "I10 of another kind, and nothing more is said",
      importing(activationToken({ type: "account", subject: "", kind: "service" }, { sub: "x" })),
      [INVALID],
    ],
    ["I10 for a later version", importing(activationToken({ version: 3 })), [INVALID]],
    ["I10 too large", importing(activationToken({ tags: ["x".repeat(2 ** 20)] })), [INVALID]],
    ["I10 of a type of export that is none", importing(activationToken({ kind: "x" })), [INVALID]],
    [
      "I11 by another account",
      importing(activationToken({}, {}, "accountSK")),
      [OTHER_ISSUER],
      importing(activationToken({}, {}, "accountSK"), { account: signingKey }),
    ],
    [
      "I11 by a signing key of another account",
      importing(activationToken({ issuer_account: importer }, {}, "accountSK")),
      [OTHER_ISSUER],
      importing(activationToken({ issuer_account: exporter }, {}, "accountSK")),
    ],
    ["I11 by an operator", importing(activationToken({}, {}, "operator")), [OTHER_ISSUER]],
    ["I12 for another account", importing(activationToken({}, { sub: signingKey })), [OTHER_SUBJECT], good],
    ["I12 for nobody", importing(activationToken({}, { sub: "" })), [OTHER_SUBJECT]],
    [
      "I13 for a service",
      importing(activationToken({ kind: "service" })),
      [mismatch("service", "stream")],
      importing(activationToken({ kind: "service" }), { type: "service" }),
    ],
    ["I13 for a stream", importing(activationToken(), { type: "service" }), [mismatch("stream", "service")]],
    [
      "I13 and V1 for nothing",
      importing(activationToken({ kind: undefined })),
      [mismatch("unknown", "stream"), error("ACTIVATION_KIND", 'invalid import type: "unknown"')],
    ],
    [
      "I14 V2 with a subject that is none",
      importing(activationToken({ subject: ". " }), { subject: "b" }),
      [
        error("SUBJECT_SPACES", 'subject ". " cannot have spaces'),
        error("SUBJECT_DOT_AT_END", 'subject ". " cannot start or end with a `.`'),
        noMatch(". ", "b"),
      ],
    ],
    [
      "I14 V3 with an issuer account that is none",
      importing(activationToken({ issuer_account: PUBLIC_KEYS.user })),
      [error("ISSUER_ACCOUNT", "account_id is not an account public key")],
    ],
    [
      "I15 for other subjects",
      importing(activationToken({ subject: "b.>" })),
      [noMatch("b.>")],
      importing(activationToken({ subject: "*.*" })),
      importing(activationToken({ subject: "a.b" })),
    ],
    ["I15 for fewer subjects", importing(activationToken({ subject: "a.b.c" })), [noMatch("a.b.c")]],
    [
      "I15 with more wildcards in the import",
      importing(activationToken({ subject: "a.b" }), { subject: "a.*" }),
      [noMatch("a.b", "a.*")],
    ],
  ]);

  test("an import without type wants a token without kind", () => {
    const claims = importing(activationToken({ kind: undefined }), { type: undefined });
    expect(findingsIn(claims)).toEqual([
      error("IMPORT_TYPE", 'invalid import type: "unknown"', "type"),
      error("ACTIVATION_KIND", 'invalid import type: "unknown"'),
    ]);
  });

  test("may be expired or not yet valid: only servers look at that (I14)", () => {
    expect(findingsIn(importing(activationToken({}, { exp: 1 })))).toEqual([]);
    expect(findingsIn(importing(activationToken({}, { nbf: 4_000_000_000 })))).toEqual([]);
  });

  test("may be of version 1", () => {
    const key = keyNamed("account2");
    const payload = JSON.stringify({
      iss: key.publicKey,
      sub: importer,
      type: "activation",
      nats: { subject: "a.>", type: "stream" },
    });
    const token = tokenOf({ key, payload, header: HEADER_V1, scheme: 1 });
    expect(findingsIn(importing(token))).toEqual([]);
    expect(findingsIn(importing(token, { subject: "b" }))).toEqual([noMatch("a.>", "b")]);
  });

  test("of a service with `to` are for that subject, and for a stream not", () => {
    const members = { subject: "x.y", to: "a.b" };
    const deprecated = [
      "warning",
      "IMPORT_TO_DEPRECATED",
      "nats.imports.0.to",
      "the field to has been deprecated (use LocalSubject instead)",
    ];
    const token = activationToken({ kind: "service" });
    expect(findingsIn(importing(token, { ...members, type: "service" }))).toEqual([deprecated]);
    expect(findingsIn(importing(token, { subject: "a.b", to: "x.y", type: "service" }))).toEqual([
      deprecated,
      noMatch("a.>"),
    ]);
    expect(findingsIn(importing(activationToken(), members))).toEqual([deprecated, noMatch("a.>", "x.y")]);
    expect(findingsIn(importing(activationToken(), { local_subject: "x.y" }))).toEqual([]);
  });

  // The import of one account accepted a token that was given to another, by another, or for something else.
  test("CVE-2021-3127: a token is bound to its issuer, its importer and its subject", () => {
    expect(findingsIn(good)).toEqual([]);
    const stolen = activationToken({}, { sub: signingKey });
    const selfMade = activationToken({}, {}, "account");
    const narrower = activationToken({ subject: "a.public" });
    expect(findingsIn(importing(stolen))).toEqual([OTHER_SUBJECT]);
    expect(findingsIn(importing(selfMade))).toEqual([OTHER_ISSUER]);
    expect(findingsIn(importing(narrower))).toEqual([noMatch("a.public")]);
    expect(findingsIn(importing(narrower, { subject: "a.public", local_subject: "a.b" }))).toEqual([]);
    const all = activationToken({ subject: "a.public", kind: "service" }, { sub: signingKey }, "account");
    expect(findingsIn(importing(all))).toEqual([
      OTHER_ISSUER,
      OTHER_SUBJECT,
      mismatch("service", "stream"),
      noMatch("a.public"),
    ]);
  });
});
