import { type AccountClaims, type Claims, encode, keyPairFromSeed, type NscErrorCode } from "nsc.js";
import { describe, expect, test } from "vitest";
import { ACCOUNT, keyNamed, USER } from "../nkeys/fixtures.ts";
import { parseExact, payloadOf } from "./tokens.ts";
import { WORKED_EXAMPLES } from "./worked-examples.ts";

type Path = readonly (string | number)[];

/** The examples that have every member there is. */
const FULL = WORKED_EXAMPLES.filter(({ name }) =>
  /^(?:op-full|ac-full|user-full|activation|authreq-full|authresp)$/.test(name),
);

/** Members that `encode` sets itself, or that decide what the claims are; they have tests of their own. */
const SPECIAL = /^(?:jti|iat|iss|sub|nats|nats\.type|nats\.version|nats\.signing_keys\[\d\](?:\.kind)?|.*\.sampling)$/;

class Instance {
  readonly subject = "x";
}

/** What can't stand for a value of these types, whatever the member. */
const WRONG = {
  string: [1, 1n, true, {}, [], ["x"], new String("x"), () => "x", Symbol("x")],
  number: ["1", true, {}, [], [1], new Number(1), new Date(0), () => 1],
  boolean: ["true", 1, 0n, "", {}, []],
  list: ["x", 1, true, {}, { length: 0 }, new Set(["x"]), new Uint8Array(1)],
  object: [
    "x",
    1,
    true,
    [],
    [{}],
    new Date(0),
    new Map([["a", 1]]),
    new Instance(),
    () => ({}),
    Object.create({ a: 1 }),
  ],
} as const;

const INTEGERS = [
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  -(2 ** 53),
  2n ** 64n,
  -(2n ** 63n) - 1n,
] as const;

function typeOf(value: unknown): keyof typeof WRONG {
  if (typeof value === "bigint") return "number";
  if (typeof value === "object") return Array.isArray(value) || value === null ? "list" : "object";
  return typeof value as "string" | "number" | "boolean";
}

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, member]) => pathsOf(member, [...path, key]))];
}

function format(path: Path): string {
  return path
    .map((part) =>
      typeof part === "number" ? `[${part}]` : /^\w+$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`,
    )
    .join("")
    .replace(/^\./, "");
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<string | number, unknown>)[key], value);
}

function replaced(payload: string, path: Path, value: unknown): Claims {
  const claims = parseExact(payload) as Claims;
  (at(claims, path.slice(0, -1)) as Record<string | number, unknown>)[path.at(-1) as string] = value;
  return claims;
}

/** What a refusal says, or undefined if the claims were encoded. */
async function refusal(claims: unknown, seed: string): Promise<{ code: NscErrorCode; message: string } | undefined> {
  try {
    await encode(claims as Claims, keyPairFromSeed(seed));
    return undefined;
  } catch (error) {
    return error as { code: NscErrorCode; message: string };
  }
}

describe.each(FULL)("$name", ({ payload, signedBy }) => {
  const { seed } = keyNamed(signedBy);
  const claims = parseExact(payload);
  const paths = pathsOf(claims).filter((path) => path.length > 0 && !SPECIAL.test(format(path)));

  test("a value of the wrong type is refused wherever it stands, and the message says where", async () => {
    const wrong: unknown[] = [];
    for (const path of paths) {
      for (const value of WRONG[typeOf(at(claims, path))]) {
        const error = await refusal(replaced(payload, path, value), seed);
        const fits = error?.code === "ERR_CLAIMS_TYPE" && error.message.startsWith(`${format(path)} `);
        if (!fits) wrong.push([format(path), value, error]);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("an integer that is not exact, or that Go can't hold, is refused wherever it stands", async () => {
    const wrong: unknown[] = [];
    const integers = paths.filter((path) => typeOf(at(claims, path)) === "number" && path.at(-2) !== "service_latency");
    for (const path of integers) {
      for (const value of INTEGERS) {
        const error = await refusal(replaced(payload, path, value), seed);
        const fits = error?.code === "ERR_CLAIMS_INTEGER" && error.message.startsWith(`${format(path)} `);
        if (!fits) wrong.push([format(path), value, error]);
      }
    }
    expect(wrong).toEqual([]);
    expect(integers.length).toBeGreaterThan(signedBy === "operator" || signedBy === "server" ? 1 : -1);
  });

  test("an element that is missing from a list is refused", async () => {
    for (const path of paths.filter((candidate) => Array.isArray(at(claims, candidate)))) {
      const list = at(claims, path) as unknown[];
      const sparse = new Array(list.length + 1);
      for (const holes of [[undefined, ...list], [...list, undefined], sparse]) {
        const error = await refusal(replaced(payload, path, holes), seed);
        expect(error?.code, format(path)).toBe("ERR_CLAIMS_TYPE");
        expect(
          error?.message.startsWith(`${format(path)}[${holes[0] === undefined ? 0 : list.length}] `),
          error?.message,
        ).toBe(true);
      }
    }
  });

  test("members that are null or undefined are absent", async () => {
    const members = paths.filter(
      (path) => typeof path.at(-1) === "string" && !/^(?:mappings|revocations|tiered_limits)$/.test(`${path.at(-2)}`),
    );
    for (const path of members) {
      const [withUndefined, withNull] = [replaced(payload, path, undefined), replaced(payload, path, null)];
      const absent = replaced(payload, path, undefined);
      delete (at(absent, path.slice(0, -1)) as Record<string, unknown>)[path.at(-1) as string];
      const options = { issuedAt: 1700000000 };
      const token = await encode(absent, keyPairFromSeed(seed), options);
      expect(await encode(withUndefined, keyPairFromSeed(seed), options), format(path)).toBe(token);
      // There -1 is what is absent, and null is none, which reads as -1 all the same.
      if (/\.template\.(?:subs|data|payload)$/.test(format(path))) continue;
      expect(await encode(withNull, keyPairFromSeed(seed), options), format(path)).toBe(token);
    }
    expect(members).not.toEqual([]);
  });
});

test("the examples have a value of every type, so that the tests above look at all of them", () => {
  const types = FULL.flatMap(({ payload }) =>
    pathsOf(parseExact(payload)).map((path) => typeOf(at(parseExact(payload), path))),
  );
  for (const type of Object.keys(WRONG)) expect(types.filter((found) => found === type).length).toBeGreaterThan(3);
});

describe("what the examples do not show", () => {
  const accountWith = (nats: object): unknown => ({ sub: ACCOUNT.publicKey, nats: { type: "account", ...nats } });

  test.each<[object, NscErrorCode, string]>([
    [{ mappings: { a: [{ subject: "b", weight: 256 }] } }, "ERR_CLAIMS_INTEGER", "nats.mappings.a[0].weight must be"],
    [{ mappings: { a: [{ subject: "b", weight: -1 }] } }, "ERR_CLAIMS_INTEGER", "nats.mappings.a[0].weight must be"],
    [
      { exports: [{ account_token_position: -1 }] },
      "ERR_CLAIMS_INTEGER",
      "nats.exports[0].account_token_position must",
    ],
    [
      { exports: [{ account_token_position: 2n ** 64n }] },
      "ERR_CLAIMS_INTEGER",
      "nats.exports[0].account_token_position",
    ],
    [{ limits: { subs: 2n ** 63n } }, "ERR_CLAIMS_INTEGER", "nats.limits.subs must be"],
    [{ revocations: { U: null } }, "ERR_CLAIMS_TYPE", "nats.revocations.U "],
    [{ tags: [null] }, "ERR_CLAIMS_TYPE", "nats.tags[0] "],
    [
      { exports: [{ service_latency: { sampling: 0.5 } }] },
      "ERR_CLAIMS_VALUE",
      "nats.exports[0].service_latency.sampling",
    ],
    [
      { exports: [{ service_latency: { sampling: 101 } }] },
      "ERR_CLAIMS_VALUE",
      "nats.exports[0].service_latency.sampling",
    ],
    [
      { exports: [{ service_latency: { sampling: "x" } }] },
      "ERR_CLAIMS_VALUE",
      "nats.exports[0].service_latency.sampling",
    ],
    [
      { exports: [{ service_latency: { sampling: [5] } }] },
      "ERR_CLAIMS_TYPE",
      "nats.exports[0].service_latency.sampling",
    ],
    // Go's own text.
    [{ exports: [{ type: "Stream" }] }, "ERR_CLAIMS_VALUE", 'unknown export type "Stream"'],
    [{ imports: [{ type: "" }] }, "ERR_CLAIMS_VALUE", 'unknown export type ""'],
  ])("is refused too: $2", async (nats, code, message) => {
    const error = await refusal(accountWith(nats), ACCOUNT.seed);
    expect(error?.code).toBe(code);
    expect(error?.message.startsWith(message), error?.message).toBe(true);
  });

  test("the largest integers are written", async () => {
    const claims = accountWith({
      limits: {
        subs: 2n ** 63n - 1n,
        data: -(2n ** 63n),
        conn: Number.MAX_SAFE_INTEGER,
        leaf: Number.MIN_SAFE_INTEGER,
      },
      exports: [{ subject: "a", account_token_position: 2n ** 64n - 1n, response_threshold: 5n }],
      mappings: { a: [{ subject: "b", weight: 255 }] },
    });
    const payload = payloadOf(await encode(claims as AccountClaims, keyPairFromSeed(ACCOUNT.seed)));
    for (const text of [
      '"subs":9223372036854775807,"data":-9223372036854775808,',
      '"conn":9007199254740991,"leaf":-9007199254740991}',
      '"response_threshold":5,"account_token_position":18446744073709551615}',
      '"weight":255}',
    ]) {
      expect(payload).toContain(text);
    }
  });

  test("entries are named by the place that the caller gave them, and not by the sorted one", async () => {
    const entries = [{ subject: "z", name: 1 }, { subject: "a" }];
    for (const member of ["exports", "imports"]) {
      const error = await refusal(accountWith({ [member]: entries }), ACCOUNT.seed);
      expect(error?.message).toMatch(`nats.${member}[0].name `);
      const late = [{ subject: "z" }, { subject: "m" }, { subject: {} }];
      expect((await refusal(accountWith({ [member]: late }), ACCOUNT.seed))?.message).toMatch(
        `nats.${member}[2].subject `,
      );
    }
  });

  test("objects of another realm and without prototype are plain too", async () => {
    const bare = Object.assign(Object.create(null) as object, { subs: 5 });
    const token = await encode(accountWith({ limits: bare }) as AccountClaims, keyPairFromSeed(ACCOUNT.seed));
    expect(payloadOf(token)).toContain('"limits":{"subs":5}');
  });

  test.each([
    [undefined, "ERR_CLAIMS_KIND"],
    [null, "ERR_CLAIMS_KIND"],
    ["claims", "ERR_CLAIMS_KIND"],
    [{}, "ERR_CLAIMS_KIND"],
    [{ nats: null }, "ERR_CLAIMS_KIND"],
    [{ nats: { type: "generic" } }, "ERR_CLAIMS_KIND"],
    [{ nats: { type: "User" } }, "ERR_CLAIMS_KIND"],
    [{ nats: { type: ["user"] } }, "ERR_CLAIMS_KIND"],
    [{ nats: { type: "constructor" } }, "ERR_CLAIMS_KIND"],
    [{ nats: { type: "user" } }, "ERR_CLAIMS_SUBJECT"],
    [{ sub: 1, nats: { type: "user" } }, "ERR_CLAIMS_SUBJECT"],
    [Object.assign([], { sub: USER.publicKey, nats: { type: "user" } }), "ERR_CLAIMS_TYPE"],
    [Object.assign(new Instance(), { sub: USER.publicKey, nats: { type: "user" } }), "ERR_CLAIMS_TYPE"],
    [{ sub: USER.publicKey, nats: Object.assign([], { type: "user" }) }, "ERR_CLAIMS_TYPE"],
    [{ sub: USER.publicKey, nats: Object.assign(() => 1, { type: "user" }) }, "ERR_CLAIMS_TYPE"],
  ] as const)("%j is no claims", async (claims, code) => {
    expect((await refusal(claims, ACCOUNT.seed))?.code).toBe(code);
  });
});
