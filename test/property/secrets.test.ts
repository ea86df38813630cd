import { inspect } from "node:util";
import * as nsc from "nsc.js";
import { describe, expect, test } from "vitest";
import { CREDS, TOKENS, USER_TOKEN } from "../creds/fixtures.ts";
import { claimsText, HEADER_V1, parseExact, payloadOf, tokenOf } from "../jwt/tokens.ts";
import { WORKED_EXAMPLES } from "../jwt/worked-examples.ts";
import { ACCOUNT, CURVE, CURVE_PRIVATE, keyNamed, USER, USER_PRIVATE, utf8 } from "../nkeys/fixtures.ts";

/** All made for tests: claims.md, section 8. */
const SECRETS = [
  { name: "a user's seed", secret: USER.seed },
  { name: "an account's seed", secret: ACCOUNT.seed },
  { name: "an operator's seed", secret: keyNamed("operator").seed },
  { name: "a curve seed", secret: CURVE.seed },
  { name: "a private key", secret: USER_PRIVATE },
  { name: "a private curve key", secret: CURVE_PRIVATE },
  { name: "a token", secret: USER_TOKEN },
  { name: "creds", secret: CREDS },
  { name: "creds with CRLF", secret: CREDS.replaceAll("\n", "\r\n") },
];

/** A piece of a secret that must not be seen: what is left to guess after it is too little. */
const PIECE = 16;

/** The parts of a secret that are secret; the header of a token is not. */
function partsOf(secret: string): readonly string[] {
  return secret
    .split(/[\r\n.]+/)
    .filter((part) => /^[\w-]{50,}$/.test(part) && !part.startsWith("eyJ0eXAi") && !part.startsWith("------"));
}

/** All that people and loggers do with an error, and with what led to it. */
function showings(value: unknown): string {
  const shown = [
    String(value),
    inspect(value),
    inspect(value, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true }),
    JSON.stringify(value),
  ];
  for (let error = value; error instanceof Error; error = error.cause) {
    shown.push(
      error.message,
      error.stack ?? "",
      JSON.stringify(error),
      ...Object.values(error).map((member) => inspect(member)),
    );
  }
  return shown.join("\n");
}

function expectNothingOf(secret: string, error: unknown, where: string): void {
  const shown = showings(error);
  for (const part of partsOf(secret)) {
    for (let at = 0; at + PIECE <= part.length; at++) {
      const piece = part.slice(at, at + PIECE);
      if (shown.includes(piece)) expect.fail(`${where} shows ${piece} of a secret: ${shown.slice(0, 500)}`);
    }
  }
}

/** {@link expectNothingOf} for each failure that differs from all before it, since showing takes long. */
function createCheck(secret: string): (error: unknown, where: string) => void {
  const seen = new Set<string>();
  return (error, where) => {
    const { name, message, cause } = error as Error;
    const key = [name, message, String(cause), ...Object.keys(error as object)].join("\0");
    if (seen.has(key)) return;
    seen.add(key);
    expectNothingOf(secret, error, where);
  };
}

/** What running something fails with. */
async function failureOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error;
  }
}

async function settle<T>(run: () => T): Promise<T | undefined> {
  let result: T | undefined;
  await failureOf(() => {
    result = run();
  });
  return result;
}

/** How a secret may be hidden in a text: at its start, after an escape, in quotes, after so much that it is cut. */
function wrappings(secret: string): readonly string[] {
  const prefixes = [
    "\n",
    "\t\u0007",
    "\u0002",
    '"',
    "\\",
    "x",
    "seed:",
    "é",
    "-".repeat(30),
    "A\n",
    "y".repeat(60),
    "z".repeat(70),
    ".",
  ];
  return [secret, `${secret}\n`, ...prefixes.map((prefix) => `${prefix}${secret}${prefix}`)];
}

const account = nsc.keyPairFromSeed(ACCOUNT.seed);
const operator = nsc.keyPairFromSeed(keyNamed("operator").seed);

/** Places in claims, tokens, options and arguments that end up in a message, or might. */
function places(secret: string): readonly (readonly [string, () => unknown])[] {
  const accountClaims = (nats: object, top: object = {}) =>
    ({ sub: ACCOUNT.publicKey, ...top, nats: { type: "account", ...nats } }) as unknown as nsc.Claims;
  const encode = (nats: object, top?: object) => () => nsc.encode(accountClaims(nats, top), account);
  const operatorWith = (url: string) => () =>
    nsc.encode(nsc.createOperatorClaims(operator.publicKey, { nats: { account_server_url: url } }), operator);
  const read =
    (payload: string, header?: string, scheme: 1 | 2 = 2) =>
    () =>
      nsc.decode(tokenOf({ key: keyNamed("operator"), payload, scheme, ...(header !== undefined && { header }) }));
  const text = JSON.stringify(secret);
  const common = { iss: operator.publicKey, sub: ACCOUNT.publicKey };
  const readNats = (nats: string) => read(claimsText(common, `{"type":"account","version":2,${nats}}`));
  const signer = (publicKey: string, sign: nsc.Signer["sign"]) => ({ publicKey, sign });
  const garbage = () => new Uint8Array(3);
  return [
    ["an unknown name in nats", encode({ [secret]: 1 })],
    ["an unknown name at the top", encode({}, { [secret]: 1 })],
    ["an unknown name deep inside", encode({ exports: [{ subject: "a", [secret]: { [secret]: 1 } }] })],
    ["the key of a map", encode({ revocations: { [secret]: secret } })],
    ["the key of a mapping", encode({ mappings: { [secret]: [{ [secret]: 1 }] } })],
    ["a tier", encode({ limits: { tiered_limits: { [secret]: { streams: 0.5 } } } })],
    ["a value instead of a number", encode({ limits: { subs: secret } })],
    ["a value instead of a list", encode({ tags: secret })],
    ["a value instead of an object", encode({ limits: secret })],
    ["a value in the place of nats", () => nsc.encode({ sub: USER.publicKey, nats: secret } as never, account)],
    ["the kind", encode({ type: secret })],
    ["the subject", encode({}, { sub: secret })],
    ["the type of an export", encode({ exports: [{ type: secret }] })],
    ["the kind of a scope", encode({ signing_keys: [{ kind: secret, type: secret, key: "A" }] })],
    ["a name in a scope", encode({ signing_keys: [{ kind: "user_scope", key: secret, [secret]: 1 }] })],
    ["a sampling rate", encode({ exports: [{ service_latency: { sampling: secret } }] })],
    ["a URL without a scheme", operatorWith(secret)],
    ["a URL with a port", operatorWith(`http://h:${secret}`)],
    ["a URL with a password", operatorWith(`http://u:${secret}@h:x/`)],
    ["a URL with escapes", operatorWith(`http://h/%zz${secret}`)],
    [
      "names in free data",
      () => nsc.encodeGeneric({ sub: "x", nats: { [secret]: { [secret]: Number.NaN } } }, account),
    ],
    [
      "unknown names with allowUnknown",
      () => nsc.encode(accountClaims({ [secret]: { [secret]: Symbol("x") } }), account, { allowUnknown: true }),
    ],
    ["names for toJson", () => nsc.toJson({ sub: "x", [secret]: { [secret]: new Date() } } as never)],
    ["what claims begin with", () => nsc.createAccountClaims(ACCOUNT.publicKey, secret as never)],
    ["the public key of a signer", () => nsc.encodeGeneric({ sub: "x" }, signer(secret, garbage))],
    [
      "the public key of a signer that throws",
      () =>
        nsc.encodeGeneric(
          { sub: "x" },
          signer(secret, () => {
            throw new Error("away");
          }),
        ),
    ],
    ["the public key of a signer of another kind", () => nsc.encode(accountClaims({}), signer(secret, garbage))],
    ["the algorithm of a header", read("{}", `{"typ":"JWT","alg":${text}}`)],
    ["the type of a header", read("{}", `{"typ":${text},"alg":"ed25519"}`)],
    ["a name in a header", read("{}", `{${text}:1,"typ":1}`)],
    ["the kind of a token", read(claimsText(common, `{"type":${text},"version":2}`))],
    ["the kind of a generic token", read(claimsText(common, `{"type":${text},"version":2}`), HEADER_V1, 1)],
    ["the kind at the top of a token", read(claimsText({ ...common, type: secret }, "{}"), HEADER_V1, 1)],
    ["the issuer of a token", read(claimsText({ ...common, iss: secret }, '{"type":"account","version":2}'))],
    ["an unknown name in a token, with syntax at fault", readNats(`${text}:[1,]`)],
    ["a text in a token, with syntax at fault", readNats(`"x":${text}${text}`)],
    ["a word in a token", readNats(`"x":${secret}`)],
    ["a value of the wrong type in a token", readNats(`"limits":${text}`)],
    ["the key of a map in a token", readNats(`"revocations":{${text}:${text}}`)],
    ["keys inside each other", readNats(`"mappings":{${text}:[{"weight":${text}}]}`)],
    ["an export type in a token", readNats(`"exports":[{"type":${text}}]`)],
    ["a scope in a token", readNats(`"signing_keys":[{"kind":${text},"type":${text}}]`)],
    ["a sampling rate in a token", readNats(`"exports":[{"service_latency":{"sampling":${text}}}]`)],
    ["a version in a token", read(claimsText(common, `{"type":"account","version":${text}}`))],
    ["a name in free data", () => nsc.decodeGeneric(tokenOf({ key: USER, payload: `{"nats":{${text}:1e999}}` }))],
    ["a token", () => nsc.decode(secret)],
    ["a chunk", () => nsc.decode(`${secret}.${secret}.${secret}`)],
    ["a free token", () => nsc.decodeGeneric(`${secret}.x.y`)],
    ["a wanted kind", () => nsc.decode(USER_TOKEN, { kind: secret as never })],
    ["a time of issue", () => nsc.encode(accountClaims({}), account, { issuedAt: secret as never })],
    ["an indentation", () => nsc.toJson({ sub: "x" }, { indent: secret as never })],
    ["creds", () => nsc.parseCreds(secret)],
    ["creds after a line", () => nsc.parseCreds(`---x---\n${secret}\n---x---`)],
    ["an item of a file", () => nsc.parseDecoratedSeed(`---x---\na\n---x---\n---x---\n${secret}\n---x---`)],
    ["a line of a file", () => nsc.parseDecoratedSeed(`x\n ${secret}`)],
    ["a seed", () => nsc.decorateSeed(secret)],
    ["a seed that is no text", () => nsc.decorateSeed([secret] as never)],
    ["the token of creds", () => nsc.formatCreds(secret, USER.seed)],
    ["the seed of creds", () => nsc.formatCreds(USER_TOKEN, secret)],
    [
      "a holder of a seed",
      () => nsc.formatCreds(USER_TOKEN, { getPublicKey: () => secret, getSeed: () => utf8(secret) }),
    ],
    ["a user of creds", () => nsc.encodeCreds(nsc.createUserClaims(USER.publicKey), account, secret as never)],
    [
      "the claims of creds",
      () => nsc.encodeCreds({ sub: secret, nats: { type: "user" } } as never, account, nsc.keyPairFromSeed(USER.seed)),
    ],
    ["the token of a file", () => nsc.decorateToken(secret)],
  ];
}

test("the check finds a secret that is shown", () => {
  for (const { secret } of SECRETS) {
    const [part] = partsOf(secret) as [string];
    for (const error of [
      new Error(`bad: ${part.slice(20, 40)}`),
      Object.assign(new Error("x"), { input: [{ part }] }),
      new Error("x", { cause: new Error(part) }),
    ]) {
      expect(() => expectNothingOf(secret, error, "it")).toThrow("of a secret");
    }
  }
});

describe.each(SECRETS)("$name is not shown", ({ secret }) => {
  test("wherever it stands in arguments, options, claims and tokens", async () => {
    const check = createCheck(secret);
    let failures = 0;
    for (const hidden of wrappings(secret)) {
      for (const [where, run] of places(hidden)) {
        const error = await failureOf(run);
        if (error === undefined) continue;
        failures += 1;
        check(error, where);
        if (!nsc.isNscError(error)) throw error;
      }
    }
    // Most of it fails, and only failures say something.
    expect(failures).toBeGreaterThan(wrappings(secret).length * places(secret).length * 0.7);
  });

  test("by what validation finds, in the place of any text and any name", async () => {
    const check = createCheck(secret);
    let found = 0;
    for (const { payload } of WORKED_EXAMPLES) {
      const texts = payload.match(/"(?:[^"\\]|\\.)*"(?::?)/g) ?? [];
      for (const [which] of texts.entries()) {
        for (const hidden of [secret, `x${secret}`, `\n${secret}`, `a.${secret}.>`]) {
          let index = -1;
          const changed = payload.replace(/"(?:[^"\\]|\\.)*"(:?)/g, (text, colon: string) => {
            index += 1;
            return index === which ? `${JSON.stringify(hidden)}${colon}` : text;
          });
          const claims = parseExact(changed) as nsc.Claims;
          if (claims.nats === undefined) continue;
          const error = await failureOf(() => nsc.assertValid(claims, { now: new Date(0) }));
          if (error !== undefined) check(error, "assertValid");
          for (const issue of (await settle(() => nsc.validate(claims, { now: new Date(0) }))) ?? []) {
            found += 1;
            expectNothingOf(secret, issue, issue.code);
          }
        }
      }
    }
    expect(found).toBeGreaterThan(50);
  });

  test("by any function, in any position and form", async () => {
    // Made anew for each call, since some functions change what they are given.
    const forms = (): readonly unknown[] => [
      secret,
      utf8(secret),
      [secret],
      new Map([[secret, secret]]),
      Object.assign(() => secret, { publicKey: secret }),
      { [secret]: secret },
      { sub: secret, nats: { type: "user", [secret]: secret } },
      { publicKey: secret, sign: () => secret, getPublicKey: () => secret, getSeed: () => secret },
      Object.fromEntries(
        [
          "kind",
          "engine",
          "issuedAt",
          "indent",
          "random",
          "now",
          "operator",
          "accounts",
          "resolver",
          "token",
          "seed",
          "key",
          "type",
          "dir",
          "name",
          "code",
          "cause",
        ].map((name) => [name, secret]),
      ),
    ];
    const others = (): readonly unknown[] => [
      undefined,
      USER_TOKEN,
      USER.publicKey,
      account,
      nsc.createUserClaims(USER.publicKey),
    ];
    const check = createCheck(secret);
    let failures = 0;
    for (const [name, value] of Object.entries(nsc)) {
      // The message of an error is its maker's, and not the failure of anything.
      if (typeof value !== "function" || name === "NscError") continue;
      const run = value as (...args: readonly unknown[]) => unknown;
      for (const [which] of forms().entries()) {
        for (let position = 0; position <= run.length + 1; position++) {
          for (const other of others()) {
            const args = Array.from({ length: run.length + 2 }, (_, index) =>
              index === position ? forms()[which] : other,
            );
            const error = await failureOf(() => run(...args));
            if (error === undefined) continue;
            failures += 1;
            check(error, `${name}(${position})`);
          }
        }
      }
    }
    expect(failures).toBeGreaterThan(500);
  });
});

describe("what is no secret stays readable in messages", () => {
  test("public keys", async () => {
    for (const key of [USER, ACCOUNT, keyNamed("account2"), keyNamed("operator")]) {
      const failed = await failureOf(() =>
        nsc.encodeGeneric({ sub: "x" }, { publicKey: key.publicKey, sign: () => new Uint8Array() }),
      );
      expect((failed as Error).message).toContain(key.publicKey);
      const revoked = { sub: ACCOUNT.publicKey, nats: { type: "account", revocations: { [key.publicKey]: "x" } } };
      const refused = await failureOf(() => nsc.encode(revoked as never, account));
      expect((refused as Error).message).toContain(`nats.revocations.${key.publicKey} `);
    }
  });

  test.each(["PRODUCTIONSYSTEM", "SUBSCRIPTIONS", "SOUTH_AMERICA_PRODUCTION_SYSTEM", "orders.eu.>", "a.b.c", "nsc.js"])(
    "the name %s",
    (name) => {
      expect(new nsc.NscError("ERR_CONFIG_ACCOUNT", `account ${name} is missing`).message).toBe(
        `account ${name} is missing`,
      );
    },
  );

  test("errors of tokens say what is wrong with them", async () => {
    for (const { token } of TOKENS) {
      const error = await failureOf(() => nsc.decode(`${token.slice(0, -6)}AAAAAA`));
      expect((error as Error).message).toBe("claim failed V2 signature verification");
      expectNothingOf(token, error, "decode");
      expect(payloadOf(token)).toContain('"iss"');
    }
  });
});
