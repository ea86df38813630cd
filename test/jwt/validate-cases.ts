import { type Claims, validate } from "nsc.js";
import { expect, test } from "vitest";
import { keyNamed } from "../nkeys/fixtures.ts";
import { deepFreeze } from "./tokens.ts";
import { type Finding, findingOf, pathProblem } from "./validate-issues.ts";

/** When the cases are validated. */
export const NOW = 1_700_000_000;

export const PUBLIC_KEYS = {
  operator: keyNamed("operator").publicKey,
  operator2: keyNamed("operator2").publicKey,
  account: keyNamed("account").publicKey,
  signingKey: keyNamed("accountSK").publicKey,
  exporter: keyNamed("account2").publicKey,
  user: keyNamed("user").publicKey,
  server: keyNamed("server").publicKey,
  curve: keyNamed("curve").publicKey,
} as const;

type Members = Readonly<Record<string, unknown>>;

const UNLIMITED = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };

/** Claims by hand, and not by our constructors: the rules are to be seen alone. */
function claimsOf(sub: string, nats: Members, common: Members): Claims {
  return { ...common, sub, nats } as unknown as Claims;
}

export function operator(nats: Members, common: Members = {}): Claims {
  return claimsOf(PUBLIC_KEYS.operator, { type: "operator", ...nats }, common);
}

/** An account that is allowed everything, so that no limit is in the way. */
export function account(nats: Members, common: Members = {}): Claims {
  return claimsOf(PUBLIC_KEYS.account, { type: "account", limits: UNLIMITED, ...nats }, common);
}

/** An account with these limits instead of none. */
export function limited(limits: Members, nats: Members = {}, common: Members = {}): Claims {
  return account({ limits: { ...UNLIMITED, ...limits }, ...nats }, common);
}

export function user(nats: Members, common: Members = {}): Claims {
  return claimsOf(PUBLIC_KEYS.user, { type: "user", pub: {}, sub: {}, ...nats }, common);
}

export function activation(nats: Members, common: Members = {}): Claims {
  return claimsOf(PUBLIC_KEYS.account, { type: "activation", subject: "a", kind: "stream", ...nats }, common);
}

export function request(nats: Members, common: Members = {}): Claims {
  return claimsOf("any", { type: "authorization_request", user_nkey: PUBLIC_KEYS.user, ...nats }, common);
}

export function response(nats: Members, common: Members = {}): Claims {
  const type = "authorization_response";
  const all = { aud: PUBLIC_KEYS.server, sub: PUBLIC_KEYS.user, ...common };
  return claimsOf(all.sub, { type, jwt: "j", ...nats }, all);
}

/** What validation finds, once it was seen that it changes nothing and that paths lead somewhere. */
export function findingsIn(claims: unknown): Finding[] {
  const before = structuredClone(claims);
  const issues = validate(deepFreeze(claims) as Claims, { now: NOW });
  expect(claims).toEqual(before);
  expect(issues.map((issue) => pathProblem(issue, claims)).filter((problem) => problem !== undefined)).toEqual([]);
  return issues.map(findingOf);
}

/**
 * A rule of claims.md: its name, claims that break it and no other, what is found, and claims that only just don't break
 * it, in which nothing is found.
 */
export type RuleCase = readonly [
  rule: string,
  broken: Claims,
  findings: readonly Finding[],
  ...sound: readonly Claims[],
];

export function testRules(cases: readonly RuleCase[]): void {
  for (const [rule, broken, findings, ...sound] of cases) {
    test(rule, () => {
      expect(findings.length).toBeGreaterThan(0);
      expect(findingsIn(broken)).toEqual(findings);
      for (const claims of sound) expect(findingsIn(claims)).toEqual([]);
    });
  }
}
