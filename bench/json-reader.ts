import { readAny } from "../src/encoding/json-any.ts";
import { JsonReader } from "../src/encoding/json-reader.ts";
import { createAccountClaims, createKeyPair, createUserClaims, toJson } from "../src/index.ts";
import { KINDS } from "../src/jwt/kinds.ts";
import { measure, report } from "./measure.ts";

/**
 * The reader of claims beside `JSON.parse`, which can't be used: it loses digits, repeated keys and the difference of 1
 * and 1.0. The question was whether a reader in JavaScript is fast enough to stand alone, without `JSON.parse` before it
 * for the usual case: a verification takes far longer than either.
 */
export async function benchJsonReader(): Promise<void> {
  const user = toJson(
    createUserClaims(createKeyPair("user").publicKey, {
      name: "alice",
      nats: { pub: { allow: ["orders.>", "_INBOX.>"] }, sub: { allow: ["_INBOX.>"] }, tags: ["team:blue"] },
    }),
  );
  const exports = Array.from({ length: 10_000 }, (_, i) => ({ subject: `svc.${i}.>`, type: "service" as const }));
  const account = toJson(createAccountClaims(createKeyPair("account").publicKey, { nats: { exports } }));
  for (const [kind, json] of Object.entries({ user, account })) {
    const times = kind === "user" ? 2000 : 2;
    const parse = await measure("JSON.parse", () => JSON.parse(json), times);
    const rows = [
      await measure("checking the syntax only", () => new JsonReader(json).skipValue(), times),
      await measure("reading into free data", () => readAny(new JsonReader(json)), times),
      await measure(
        "reading into typed claims",
        () => KINDS[kind as "user"].claims.read(new JsonReader(json), undefined),
        times,
      ),
    ];
    report(`JSON of ${json.length} characters`, [parse, ...rows], [parse, parse, parse, parse]);
  }
}
