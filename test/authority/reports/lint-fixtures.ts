/** Trees for tests of `lint`. */

import {
  type AccountClaims,
  encode,
  type KeyPair,
  keyPairFromSeed,
  type LintCode,
  type LintFinding,
  lint,
  Nsc,
  type Operator,
} from "nsc.js";
import { payloadOf } from "../../jwt/tokens.ts";
import { NOW, only, type World, world } from "../tree-fixtures.ts";

export const DAY = 86_400;

/** A sound tree: an operator with a system account, SHOP that exports, and AUDIT that imports. */
export async function sound(): Promise<World & { readonly operator: Operator }> {
  const made = world();
  const operator = await made.nsc.addOperator("local", { signingKey: true, systemAccount: true });
  const shop = await operator.addAccount("SHOP", { signingKey: true, expires: "1y" });
  const audit = await operator.addAccount("AUDIT");
  await shop.addRole("web", { pub: ["in.{{name()}}.>"], sub: ["_INBOX.>"] });
  await shop.addUser("alice", { role: "web" });
  await shop.addUser("bob", { expires: "90d" });
  await shop.addExport({ subject: "orders.>", type: "stream" });
  await shop.addExport({ subject: "quote.*", type: "service", private: true });
  await audit.addImport({ from: shop, subject: "orders.>" });
  await audit.addImport({ from: shop, subject: "quote.eu" });
  return { ...made, operator };
}

export async function pairOf({ store }: World, publicKey: string): Promise<KeyPair> {
  return keyPairFromSeed((await store.getKey(publicKey)) ?? "");
}

/** Puts claims of an account into the store as no verb would. */
export async function plant(made: World, name: string, change: (claims: AccountClaims) => void): Promise<Operator> {
  const { store } = made;
  const operator = await new Nsc({ store, clock: () => new Date(made.clock.now * 1000) }).operator("local");
  const account = await operator.account(name);
  const claims = structuredClone(account.claims) as AccountClaims;
  change(claims);
  const signer = await pairOf(made, operator.claims.nats.signing_keys?.[0] ?? "");
  await store.commit({
    tokens: [{ path: ["local", name], token: await encode(claims, signer, { issuedAt: NOW + 1 }) }],
  });
  return operator;
}

export async function codes(operator: Operator, options: Parameters<typeof lint>[1] = {}): Promise<string[]> {
  const findings = await lint(operator, options);
  return findings.map(({ code, entity }) => `${code} ${entity.path.slice(1).join("/")}`);
}

export async function the(operator: Operator, code: LintCode): Promise<LintFinding> {
  return only((await lint(operator)).filter((finding) => finding.code === code));
}

/** A token with another payload, which no codec has written. */
export async function forge<Payload>(
  token: string,
  signer: KeyPair,
  change: (payload: Payload) => void,
): Promise<string> {
  const payload = JSON.parse(payloadOf(token)) as Payload;
  change(payload);
  const signed = `${token.split(".")[0]}.${Buffer.from(JSON.stringify(payload)).toString("base64url")}`;
  const signature = await signer.sign(new TextEncoder().encode(signed));
  return `${signed}.${Buffer.from(signature).toString("base64url")}`;
}
