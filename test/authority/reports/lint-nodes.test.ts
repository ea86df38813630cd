import {
  type AccountClaims,
  createKeyPair,
  createScope,
  lint,
  type OperatorClaims,
  setJetStream,
  type UserClaims,
} from "nsc.js";
import { expect, test } from "vitest";
import { payloadOf } from "../../jwt/tokens.ts";
import { tokenAt } from "../tree-fixtures.ts";
import { forge, pairOf, plant, sound } from "./lint-fixtures.ts";

type Place = readonly (string | number)[];

/** The places of all values in JSON. */
function placesOf(value: unknown, at: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [at];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...entries.flatMap(([name, member]) => placesOf(member, [...at, name]))];
}

function replace(root: object, place: Place, value: unknown): void {
  let holder = root as Record<string | number, unknown>;
  for (const name of place.slice(0, -1)) holder = holder[name] as Record<string | number, unknown>;
  const last = place.at(-1) as string | number;
  // Go reads names in any case.
  if (value === "in capitals") {
    holder[String(last).toUpperCase()] = holder[last];
    delete holder[last];
  } else if (value === undefined) delete holder[last];
  else holder[last] = value;
}

const VALUES = [undefined, null, [], [null], {}, 0, -5, 2 ** 53, "", ">", true, "in capitals"];

/** An account in which everything is there once. */
function fill({ nats }: AccountClaims): void {
  const user = createKeyPair("user").publicKey;
  setJetStream(nats.limits, { tiers: { R1: "unlimited" } });
  nats.mappings = { "a.*": [{ subject: "b.$1", weight: 50, cluster: "c" }] };
  nats.authorization = { auth_users: [user], allowed_accounts: ["*"], xkey: createKeyPair("curve").publicKey };
  nats.revocations = { [user]: 1 };
  nats.signing_keys = [
    createScope(createKeyPair("account").publicKey, {
      role: "r",
      template: { pub: { allow: ["{{name()}}"] }, times: [{}] },
    }),
  ];
  nats.exports = [{ subject: "e.*", type: "service", account_token_position: 2, revocations: { "*": 1 } }];
  nats.imports = [
    ...(nats.imports ?? []),
    { subject: "x.*", type: "stream", account: user, to: "p", local_subject: "l.$1" },
  ];
}

test.each([
  ["the operator", ["local"]],
  ["an account", ["local", "AUDIT"]],
  ["a user", ["local", "SHOP", "bob"]],
] as const)("whatever stands in the token of %s, all is looked at", { timeout: 60_000 }, async (_, path) => {
  const made = await sound();
  const operator = await plant(made, "AUDIT", fill);
  const token = await tokenAt(made.store, path);
  type Payload = OperatorClaims | AccountClaims | UserClaims;
  const payload = JSON.parse(payloadOf(token)) as Payload;
  const signer = await pairOf(made, payload.iss ?? "");
  let read = 0;
  for (const place of placesOf(payload).slice(1)) {
    for (const value of VALUES) {
      const forged = await forge<Payload>(token, signer, (claims) => replace(claims, place, value));
      // What is no token at all is not kept.
      const isKept = await made.store.commit({ tokens: [{ path, token: forged }] }).then(
        () => true,
        () => false,
      );
      if (!isKept || place[0] === "sub") continue;
      const findings = await lint(operator);
      if (!findings.some(({ code }) => code === "DAMAGED")) read += 1;
    }
  }
  expect(read).toBeGreaterThan(20);
});
