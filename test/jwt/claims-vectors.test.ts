import { isDeepStrictEqual } from "node:util";
import {
  type Claims,
  type CryptoEngine,
  decode,
  decodeGeneric,
  encode,
  encodeGeneric,
  type GenericClaims,
  isNscError,
  keyPairFromSeed,
  type NscError,
  type NscErrorCode,
  toJson,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { engines } from "../crypto/engines.ts";
import { keyNamed } from "../nkeys/fixtures.ts";
import { payloadOf, readLines, tokenOf } from "./tokens.ts";

/** What Go made of 1200 claims: `shared/README.md`. Seeds in it are made for tests. */
interface Vector {
  readonly kind: string;
  readonly seed: string;
  readonly iat: number;
  readonly claims: { readonly nats?: { readonly client_info?: Record<string, unknown> } & Record<string, unknown> };
  readonly token?: string;
  readonly error?: string;
}

type Case = Vector & { readonly line: number };

const vectors = readLines<Vector>("claims.jsonl");

/** The name of the kind in the file, how Go calls it, and how many tokens and errors there are of it. */
const KINDS = [
  { kind: "operator", type: "operator", tokens: 114, errors: 6 },
  { kind: "account", type: "account", tokens: 317, errors: 43 },
  { kind: "user", type: "user", tokens: 224, errors: 16 },
  { kind: "activation", type: "activation", tokens: 97, errors: 23 },
  { kind: "authrequest", type: "authorization_request", tokens: 120, errors: 0 },
  { kind: "authresponse", type: "authorization_response", tokens: 120, errors: 0 },
  { kind: "generic", type: "generic", tokens: 120, errors: 0 },
] as const;

/** All cases on the fast engine, and of each kind a few dozen on the other. */
function sample<C extends Case>(cases: readonly C[], engine: CryptoEngine): readonly C[] {
  const step = engine.name === "native" ? 1 : Math.ceil(cases.length / 24);
  return cases.filter((_, index) => index % step === 0);
}

function tokensOf(kind: string): readonly (Case & { readonly token: string })[] {
  return vectors.filter((vector): vector is Case & { token: string } => vector.kind === kind && "token" in vector);
}

function encodeCase({ kind, seed, iat, claims }: Vector, engine: CryptoEngine, allowUnknown = false): Promise<string> {
  const pair = keyPairFromSeed(seed, { engine });
  const options = { issuedAt: iat, engine, allowUnknown };
  if (kind === "generic") return encodeGeneric(claims as unknown as GenericClaims, pair, options);
  const type = KINDS.find((entry) => entry.kind === kind)?.type;
  return encode({ ...claims, nats: { ...claims.nats, type } } as unknown as Claims, pair, options);
}

/** What Go has in memory after it read this payload, where that is not what the payload says: section 2.5 and 1.9. */
function readByGo(payload: string): unknown {
  const claims = JSON.parse(payload) as {
    nats?: {
      limits?: Record<string, unknown>;
      signing_keys?: (string | { template: Record<string, unknown> })[];
    };
  };
  const { limits, signing_keys } = claims.nats ?? {};
  if (limits?.["tiered_limits"] !== undefined) {
    for (const name of Object.keys(limits)) if (JETSTREAM.test(name)) delete limits[name];
  }
  for (const key of Array.isArray(signing_keys) ? signing_keys : []) {
    if (typeof key !== "string") key.template = { subs: -1, data: -1, payload: -1, ...key.template };
  }
  return isDeepStrictEqual(claims, JSON.parse(payload)) ? undefined : claims;
}

const JETSTREAM = /^(?:mem_|disk_|streams$|consumer$|max_ack_|max_bytes_)/;

test("the vectors are all there", () => {
  for (const { kind, tokens, errors } of KINDS) {
    expect(tokensOf(kind)).toHaveLength(tokens);
    expect(vectors.filter((vector) => vector.kind === kind)).toHaveLength(tokens + errors);
  }
  expect(vectors).toHaveLength(1200);
});

describe.each(engines)("on the $name engine", ({ engine }) => {
  describe.each(KINDS)("$type", ({ kind }) => {
    const cases = sample(tokensOf(kind), engine);

    test("claims encode to the bytes of Go's token", async () => {
      const wrong: unknown[] = [];
      for (const vector of cases) {
        const token = await encodeCase(vector, engine);
        if (token !== vector.token) wrong.push([vector.line, payloadOf(vector.token), payloadOf(token)]);
      }
      expect(wrong).toEqual([]);
    });

    test("tokens decode to claims that say the same, and encode to the same token again", async () => {
      const wrong: unknown[] = [];
      let differ = 0;
      for (const { line, token, seed, iat } of cases) {
        const payload = payloadOf(token);
        const claims = kind === "generic" ? decodeGeneric(token, { engine }) : decode(token, { engine });
        const options = { issuedAt: iat, engine };
        const pair = keyPairFromSeed(seed, { engine });
        const again =
          kind === "generic"
            ? await encodeGeneric(claims as GenericClaims, pair, options)
            : await encode(claims as Claims, pair, options);
        const read = readByGo(payload);
        if (read === undefined) {
          if (toJson(claims) !== payload || again !== token) wrong.push([line, payload, toJson(claims)]);
        } else {
          // Here Go reads something else than was written, and so would write something else again.
          differ += 1;
          expect(JSON.parse(toJson(claims)), `line ${line}`).toEqual(read);
          expect(payloadOf(again), `line ${line}`).toBe(toJson(claims));
        }
      }
      expect(wrong).toEqual([]);
      // Flat limits beside tiers, or limits of 0 in a scope.
      if (engine.name === "native") expect(differ).toBe(kind === "account" ? 22 : 0);
    });
  });

  test("what Go refuses to encode is refused, with its words where they are its own", async () => {
    const wrong: unknown[] = [];
    const refused = vectors.filter(({ error }) => error !== undefined);
    for (const vector of refused) {
      const outcome: unknown = await encodeCase(vector, engine).catch((error: unknown) => error);
      const words = /^(?:json|claims): /.test(vector.error ?? "") ? undefined : vector.error;
      const fits =
        isNscError(outcome) && codeFits(outcome, vector.error ?? "") && outcome.message === (words ?? outcome.message);
      if (!fits) wrong.push([vector.line, vector.error, outcome]);
    }
    expect(wrong).toEqual([]);
    expect(refused).toHaveLength(88);
  });

  test("a name that only Go's code has for a member is passed over, as Go does", async () => {
    const withMqtt = tokensOf("authrequest").filter(({ claims }) => claims.nats?.client_info?.["mqtt"] !== undefined);
    expect(withMqtt).toHaveLength(74);
    for (const vector of sample(withMqtt, engine)) {
      expect(payloadOf(await encodeCase(vector, engine, true))).not.toContain("mqtt");
    }
  });

  test("of a token that has it, it is kept as any member that Go does not know", () => {
    const payload =
      `{"iss":"${keyNamed("server").publicKey}","nats":{"server_id":{"name":"","host":"","id":""},"user_nkey":"",` +
      '"client_info":{"host":"h","mqtt":{"id": "m"}},"connect_opts":{"protocol":0},"type":"authorization_request","version":2}}';
    const read = decode(tokenOf({ key: keyNamed("server"), payload }), { kind: "authorization_request", engine });
    expect(read.nats.client_info).toMatchObject({ mqtt: { id: "m" } });
    expect(toJson(read)).toBe(payload);
    expect(toJson(structuredClone(read))).toBe(payload.replace(',"mqtt":{"id": "m"}', ""));
  });

  test("any other member that Go does not know is refused and not dropped", async () => {
    for (const vector of sample(tokensOf("authrequest"), engine)) {
      const claims = structuredClone(vector.claims) as { nats: { client_info: Record<string, unknown> } };
      claims.nats.client_info["mqttt"] = "m";
      const outcome: unknown = await encodeCase({ ...vector, claims } as Vector, engine).catch(
        (error: unknown) => error,
      );
      expect(isNscError(outcome, "ERR_CLAIMS_UNKNOWN_FIELD")).toBe(true);
      expect((outcome as NscError).message).toMatch(/^nats\.client_info\.mqttt is not a member/);
    }
  });
});

/** Where claims have several faults, Go meets them in another order than we do: any of these is right then. */
const CODES: readonly (readonly [RegExp, readonly NscErrorCode[]])[] = [
  [/^expected subject to be/, ["ERR_CLAIMS_SUBJECT"]],
  [/^unable to validate expected prefixes/, ["ERR_SIGNER_KIND"]],
  [/account server url/, ["ERR_CLAIMS_VALUE"]],
  [/unknown sampling rate$/, ["ERR_CLAIMS_VALUE"]],
  // The input of the generator could not even be read by Go, so that it did not come to the checks of encoding.
  [/^claims: unknown signing key scope/, ["ERR_CLAIMS_VALUE", "ERR_SIGNER_KIND", "ERR_CLAIMS_SUBJECT"]],
];

function codeFits({ code }: NscError, goMessage: string): boolean {
  return CODES.some(([message, codes]) => message.test(goMessage) && codes.includes(code));
}
