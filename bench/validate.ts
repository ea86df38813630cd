import {
  type AccountClaims,
  createAccountClaims,
  createKeyPair,
  decode,
  type Export,
  encode,
  type Import,
  toJson,
  validate,
} from "nsc.js";
import { type Measured, measure, report } from "./measure.ts";

/**
 * Validation beside `JSON.parse` of the same claims. The question was whether accounts with many exports and imports take
 * a time that grows with their number: the rule compares each with each.
 */
export async function benchValidation(): Promise<void> {
  const signer = createKeyPair("operator");
  const exporter = createKeyPair("account").publicKey;
  for (const count of [1_000, 10_000]) {
    const claims = accountWith(count, exporter);
    const times = 10_000 / count;
    const parse = await parseOf(claims, times);
    const rows = [await measure("validate", () => validate(claims), times)];
    report(`an account with ${count} exports and ${count} imports`, [parse, ...rows], [parse, parse]);
  }
  const claims = accountWith(3_900, exporter);
  const token = await encode(claims, signer);
  const parse = await parseOf(claims, 2);
  const rows = [
    await measure("decode", () => decode(token), 2),
    await measure("decode and validate", () => validate(decode(token)), 2),
  ];
  report(`an account token of ${token.length} bytes`, [parse, ...rows], [parse, parse, parse]);
}

function parseOf(claims: AccountClaims, times: number): Promise<Measured> {
  const json = toJson(claims);
  return measure("JSON.parse", () => JSON.parse(json), times);
}

function accountWith(count: number, exporter: string): AccountClaims {
  const places = [...Array(count).keys()];
  const exports = places.map((place): Export => ({ subject: `svc.${place}.>`, type: "service" }));
  const imports = places.map(
    (place): Import => ({
      subject: `svc.${place}.>`,
      local_subject: `in.${place}.>`,
      account: exporter,
      type: "service",
    }),
  );
  return createAccountClaims(createKeyPair("account").publicKey, { name: "many", nats: { exports, imports } });
}
