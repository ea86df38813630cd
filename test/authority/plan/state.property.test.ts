import fc from "fast-check";
import { apply, currentState, type DesiredState, isNscError, Nsc, type Operator, plan } from "nsc.js";
import { expect, test } from "vitest";
import { pick, type Random, randomFrom, runs } from "../../property/runs.ts";

const ACCOUNTS = ["A", "B", "constructor", "日本 .x"];
const USERS = ["u", "v", "__proto__", "w w"];
const ROLES = ["r", "s", "a role"];
const SUBJECTS = ["a", "a.*", "a.>", "b.*.c", "*.x", "日本.>"];
const NEVER = "never";

type Account = NonNullable<DesiredState["accounts"]>[string];
type User = NonNullable<Account["users"]>[string];

function record<T>(names: readonly string[], random: Random, make: () => T): { [name: string]: T } {
  return Object.fromEntries(names.filter(() => random(2) === 0).map((name) => [name, make()]));
}

function some<T>(random: Random, values: readonly T[]): T[] {
  return values.filter(() => random(3) === 0);
}

function maybe<Name extends string, T>(random: Random, name: Name, make: () => T): { [name in Name]?: T } {
  return random(2) === 0 ? {} : ({ [name]: make() } as { [name in Name]?: T });
}

function permission(random: Random, extra: readonly string[] = []) {
  const [allow, deny] = [some(random, [...SUBJECTS, ...extra]), some(random, SUBJECTS)];
  if (deny.length > 0) return { deny, ...(allow.length > 0 && { allow }) };
  return allow.length > 0 ? allow : ["only"];
}

function permissions(random: Random) {
  return {
    ...maybe(random, "pub", () => permission(random)),
    ...maybe(random, "sub", () => permission(random, ["q.> workers"])),
    ...maybe(random, "responses", () => pick(random, [true, { max: -1, ttl: "-1ns" }, { max: 7, ttl: "1h0m0.5s" }])),
  };
}

function rights(random: Random) {
  return {
    ...permissions(random),
    ...maybe(random, "subs", () => 1 + random(9)),
    ...maybe(random, "data", () => pick(random, [1, "9007199254740993", "10MB"])),
    ...maybe(random, "payload", () => 1 + random(2 ** 20)),
    ...maybe(random, "src", () => ["10.0.0.0/8", "::1/128"]),
    ...maybe(random, "times", () => [{ start: "08:00:00", end: "17:30:00" }]),
    ...maybe(random, "timesLocation", () => "Europe/Berlin"),
    ...maybe(random, "bearer", () => true),
    ...maybe(random, "proxyRequired", () => true),
    ...maybe(random, "allowedConnectionTypes", () => ["STANDARD", "MQTT"]),
  };
}

function times(random: Random) {
  return {
    tags: some(random, ["team:a", "x", "日本"]),
    expires: pick(random, [NEVER, "2040-01-02T03:04:05Z", "2040-01-02"]),
    notBefore: pick(random, [null, "2020-01-01"]),
  };
}

function jetstream(random: Random): NonNullable<Account["jetstream"]> {
  const limits = () => ({
    disk: pick(random, [0, 1, "10GiB", "unlimited"] as const),
    memory: pick(random, [1, "1.5MB", "unlimited"] as const),
    ...maybe(random, "streams", () => 1 + random(5)),
    ...maybe(random, "maxDiskStream", () => "9007199254740993"),
    ...maybe(random, "maxBytesRequired", () => true),
  });
  return pick<() => NonNullable<Account["jetstream"]>>(random, [
    () => "none",
    () => "unlimited",
    limits,
    () => ({ tiers: { R1: limits(), R3: "unlimited" } }),
  ])();
}

/** An account of which every setting is said, so that nothing of the one before is left. */
function account(random: Random, others: readonly string[], isSystem: boolean): Account {
  const roles = record(ROLES, random, () => ({ ...rights(random), ...maybe(random, "description", () => "of it") }));
  const user = (): User => {
    const role = pick(random, [undefined, ...Object.keys(roles)]);
    return { ...times(random), ...(role === undefined ? rights(random) : { role }) };
  };
  const users = record(USERS, random, user);
  return {
    ...times(random),
    description: pick(random, ["", "what it is"]),
    infoUrl: pick(random, ["", "https://example.com/a"]),
    limits: {
      ...maybe(random, "conn", () => random(100)),
      ...maybe(random, "leaf", () => random(100)),
      ...maybe(random, "payload", () => pick(random, ["1MiB", 5])),
      ...maybe(random, "subs", () => 1 + random(100)),
      ...maybe(random, "data", () => "9223372036854775807"),
    },
    jetstream: isSystem ? "none" : jetstream(random),
    defaultPermissions: permissions(random),
    mappings: record(SUBJECTS.slice(0, 2), random, () => [
      { subject: "to.a", weight: 40 },
      { subject: "to.b", weight: 60, cluster: "eu" },
    ]),
    trace: pick(random, [null, { dest: "traces", sampling: 5 }]),
    clusterTraffic: pick(random, ["system", "owner"]),
    signingKeys: random(3),
    roles,
    users,
    authCallout:
      Object.keys(users).length > 0 && random(3) === 0
        ? { authUsers: [Object.keys(users)[0] as string], allowedAccounts: others.slice(0, 1) }
        : null,
    exports: [
      { subject: "news.>", type: "stream" },
      { subject: "private.>", type: "stream", private: true, ...maybe(random, "description", () => "for few") },
      {
        subject: "svc.*",
        type: "service",
        ...maybe(random, "responseType", () => "Stream" as const),
        ...maybe(random, "responseThreshold", () => "1m30s"),
        ...maybe(random, "latency", () => ({ results: "lat", sampling: pick(random, ["headers", 50] as const) })),
        ...maybe(random, "allowTrace", () => true),
      },
      ...(random(2) === 0 ? [] : [{ subject: "mine.*", type: "service", accountTokenPosition: 2 } as const]),
    ],
    imports: others.flatMap((from) => [
      ...(random(2) === 0 ? [] : [{ from, subject: "news.eu", localSubject: `${from.length}.n` } as const]),
      ...(random(2) === 0 ? [] : [{ from, subject: "private.x.>", localSubject: `p${from.length}.>` } as const]),
      ...(random(2) === 0
        ? []
        : [{ from, subject: "svc.*", localSubject: `s${from.length}.$1`, share: true } as const]),
    ]),
  };
}

function state(random: Random): DesiredState {
  const names = ["A", ...ACCOUNTS.slice(1).filter(() => random(2) === 0)];
  const system = pick(random, ["", ...names]);
  const accounts = names.map((name) => {
    return [
      name,
      account(
        random,
        names.filter((other) => other !== name),
        name === system,
      ),
    ] as const;
  });
  return {
    operator: {
      ...times(random),
      notBefore: null,
      accountServerUrl: pick(random, ["", "nats://a:4222"]),
      serviceUrls: some(random, ["nats://a:4222", "tls://b"]),
      assertServerVersion: pick(random, ["", "2.10.0"]),
      systemAccount: system,
      signingKeys: random(3),
    },
    accounts: Object.fromEntries(accounts),
  };
}

async function brought(operator: Operator, desired: DesiredState): Promise<void> {
  await apply(operator, JSON.parse(JSON.stringify(await plan(operator, desired, { remove: true }))) as never);
  expect((await plan(operator, desired, { remove: true })).changes).toEqual([]);
}

/** Of a state that was brought about by steps, more keys may be there than are asked for. */
function withoutKeys({ operator, accounts = {} }: DesiredState): DesiredState {
  return {
    operator: { ...operator, signingKeys: 0 },
    accounts: Object.fromEntries(
      Object.entries(accounts).map(([name, each]) => [name, sorted({ ...each, signingKeys: 0 })]),
    ),
  };
}

/** In which order exports and imports stand makes no difference. */
function sorted(each: Account): Account {
  const byText = <T>(list: readonly T[] = []): T[] =>
    [...list].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  return { ...each, exports: byText(each.exports), imports: byText(each.imports), tags: byText(each.tags) };
}

test("any tree comes to any other, and its description makes the same one elsewhere", {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
      const random = randomFrom(seed);
      const nsc = new Nsc();
      const operator = await nsc.addOperator("O");
      const [first, second] = [state(random), state(random)];
      await brought(operator, first);
      await brought(operator, second);
      const now = await currentState(operator);
      expect((await plan(operator, now, { remove: true })).changes).toEqual([]);
      const fresh = await new Nsc().addOperator("O");
      await brought(fresh, JSON.parse(JSON.stringify(now)) as DesiredState);
      expect(withoutKeys(await currentState(fresh))).toEqual(withoutKeys(now));
      const direct = await new Nsc().addOperator("O");
      await brought(direct, second);
      expect(withoutKeys(await currentState(direct))).toEqual(withoutKeys(now));
    }),
    { numRuns: runs(40), endOnFailure: true },
  );
});

/** What other tools leave in claims: what makes no difference, and what servers would not take. */
const EDITS: readonly ((account: { nats: Record<string, unknown> & { limits: Record<string, unknown> } }) => void)[] = [
  ({ nats }) => {
    nats["exports"] = [
      { subject: "x", type: "stream", response_type: "Singleton" },
      { subject: "y", type: "service" },
      null,
    ];
  },
  ({ nats }) => {
    nats["default_permissions"] = { pub: { allow: [] }, sub: { allow: [], deny: [] }, resp: { max: 0, ttl: 0 } };
  },
  ({ nats }) => {
    nats.limits["subs"] = -7;
    nats.limits["streams"] = 5;
    nats.limits["disk_max_stream_bytes"] = 2n ** 60n + 1n;
  },
  ({ nats }) => {
    nats.limits["tiered_limits"] = { R1: { streams: 3 }, R3: { disk_storage: -1 } };
  },
  ({ nats }) => {
    nats["mappings"] = { a: null, b: [] };
    nats["cluster_traffic"] = "system";
  },
  ({ nats }) => {
    nats["authorization"] = { auth_users: [], allowed_accounts: ["*"] };
    nats["trace"] = { dest: "t" };
  },
];

test("whatever others have written is as it is described", async () => {
  await fc.assert(
    fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
      const random = randomFrom(seed);
      const operator = await new Nsc().addOperator("O");
      const a = await operator.addAccount("A");
      await a.addUser("u", {
        claims: ({ nats }) => Object.assign(nats, { src: [], times: [], times_location: "", data: 0 }),
      });
      for (const edit of some(random, EDITS)) {
        try {
          await a.edit((claims) => edit(claims as never));
        } catch (error) {
          if (!isNscError(error, "ERR_CLAIMS_INVALID")) throw error;
        }
      }
      const described = await currentState(operator);
      expect((await plan(operator, described, { remove: true })).changes).toEqual([]);
      expect((await plan(operator, JSON.parse(JSON.stringify(described)) as DesiredState)).changes).toEqual([]);
    }),
    { numRuns: runs(60), endOnFailure: true },
  );
});
