import {
  type Claims,
  decode,
  decodeGeneric,
  type GenericClaims,
  type Issue,
  type IssueLevel,
  keyPairFromSeed,
  validate,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { deepFreeze, readLines } from "./tokens.ts";
import { pathProblem } from "./validate-issues.ts";

/** What Go found in 1200 claims on 2026-11-23: `shared/README.md`. Seeds in it are made for tests. */
interface Vector {
  readonly kind: string;
  readonly seed: string;
  readonly claims: { readonly nats?: Nats };
  readonly token?: string;
  readonly error?: string;
  readonly issues?: readonly { readonly level: IssueLevel; readonly description: string }[];
}

type Case = Vector & { readonly line: number };

interface Nats {
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly imports?: readonly { readonly subject?: string }[];
  readonly exports?: readonly { readonly subject?: string }[];
}

/** When the vectors were made. */
const now = new Date("2026-11-23T12:00:00Z");

/** How the file calls a kind, how claims call it, and how many cases it has that Go validated, and issues in them. */
const KINDS: readonly {
  readonly kind: string;
  readonly type?: string;
  readonly cases: number;
  readonly issues: number;
}[] = [
  { kind: "operator", type: "operator", cases: 120, issues: 160 },
  { kind: "account", type: "account", cases: 354, issues: 1424 },
  { kind: "user", type: "user", cases: 240, issues: 316 },
  { kind: "activation", type: "activation", cases: 120, issues: 86 },
  { kind: "authrequest", type: "authorization_request", cases: 120, issues: 33 },
  { kind: "authresponse", type: "authorization_response", cases: 120, issues: 94 },
  { kind: "generic", cases: 120, issues: 32 },
];

const vectors = readLines<Vector>("claims.jsonl");

/** Reading a token sets the flat limits of JetStream back where there are tiers, so that Go's finding is gone. */
function hasFlatLimitsAndTiers({ claims: { nats } }: Vector): boolean {
  const { tiered_limits: tiers = {}, ...limits } = nats?.limits ?? {};
  const flat = /^(?:mem_|disk_|streams$|consumer$|max_ack_|max_bytes_)/;
  return (
    Object.keys(tiers as object).length > 0 && Object.entries(limits).some(([name, limit]) => flat.test(name) && limit)
  );
}

/** The claims that Go validated, which it had encoded before: so they had their type and issuer, and sorted lists. */
function claimsOf(vector: Case, type: string | undefined): Claims | GenericClaims {
  const { token, error, seed, claims } = vector;
  if (token !== undefined && !hasFlatLimitsAndTiers(vector)) {
    return type === undefined ? decodeGeneric(token) : decode(token);
  }
  const { imports, exports } = claims.nats ?? {};
  const lists =
    error?.startsWith("expected subject") === true
      ? {}
      : { ...(imports && { imports: bySubject(imports) }), ...(exports && { exports: bySubject(exports) }) };
  const iss = keyPairFromSeed(seed).publicKey;
  return { ...claims, iss, nats: { ...claims.nats, ...lists, type } } as unknown as Claims;
}

function bySubject<T extends { readonly subject?: string }>(entries: readonly T[]): readonly T[] {
  // Up to twelve Go's sort is stable; no more are in any case that comes here.
  expect(entries.length).toBeLessThanOrEqual(12);
  return entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.subject ?? ""), Buffer.from(b.subject ?? "")));
}

/** The group within which Go's order is random, since it takes it from a map: section 4.1. */
function groupOf({ code, path, message }: Issue): string | undefined {
  if (path[1] === "mappings" || path[1] === "signing_keys") return String(path[1]);
  if (code === "EXPORT_OVERLAP") return message.slice(0, 6);
  return message.includes(" in same account ") ? path.join(".") : undefined;
}

/** Both lists with the members of each group sorted; the places of groups are those of the issues found. */
function settle(issues: readonly Issue[], expected: readonly string[]): [string[], string[]] {
  const found = issues.map(({ level, message }) => `${level}: ${message}`);
  const wanted = [...expected];
  for (let from = 0; from < issues.length; ) {
    const group = groupOf(issues[from] as Issue);
    let to = from + 1;
    while (group !== undefined && to < issues.length && groupOf(issues[to] as Issue) === group) to += 1;
    for (const list of [found, wanted]) list.splice(from, to - from, ...list.slice(from, to).sort());
    from = to;
  }
  return [found, wanted];
}

test("the vectors are all there, and hold what Go validated", () => {
  expect(vectors).toHaveLength(1200);
  // What Go could not even read, it did not validate.
  const without = vectors.filter(({ issues }) => issues === undefined);
  expect(without.map(({ error }) => error)).toEqual(Array(6).fill("claims: unknown signing key scope %!q(<nil>)"));
  expect(vectors.filter(hasFlatLimitsAndTiers)).toHaveLength(17);
});

describe.each(KINDS)("$kind", ({ kind, type, cases, issues }) => {
  const ofKind = vectors.filter((vector) => vector.kind === kind && vector.issues !== undefined);

  test("has the issues that Go found, in its order where it has one", () => {
    const wrong: unknown[] = [];
    let count = 0;
    for (const vector of ofKind) {
      const expected = vector.issues?.map(({ level, description }) => `${level}: ${description}`) ?? [];
      const [found, wanted] = settle(validate(deepFreeze(claimsOf(vector, type)), { now }), expected);
      count += wanted.length;
      if (found.join("\n") !== wanted.join("\n")) wrong.push({ line: vector.line, found, wanted });
    }
    expect(wrong).toEqual([]);
    expect([ofKind.length, count]).toEqual([cases, issues]);
  });

  test("has issues whose codes fit and whose paths lead somewhere", () => {
    const wrong: unknown[] = [];
    for (const vector of ofKind) {
      const claims = claimsOf(vector, type);
      for (const issue of validate(claims, { now })) {
        const problem = pathProblem(issue, claims);
        if (problem !== undefined) wrong.push({ line: vector.line, problem, issue });
      }
    }
    expect(wrong).toEqual([]);
  });
});
