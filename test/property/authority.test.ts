import fc from "fast-check";
import {
  type Account,
  createKeyPair,
  createScope,
  isNscError,
  keyPairFromPublicKey,
  memoryStore,
  Nsc,
  type NscErrorCode,
  type Operator,
  type Store,
  type StorePath,
  type User,
} from "nsc.js";
import { expect, test } from "vitest";
import { pick, type Random, randomFrom, runs } from "./runs.ts";

/** 2026-01-01. It stands still: times of issue have to move all the same. */
const NOW = new Date(1767225600_000);

/** Some are more likely, so that they are there more often than not. */
const OPERATORS = ["O", "O", "O", "O", "P"];
const ACCOUNTS = ["A", "A", "A", "A", "B", "C"];
const USERS = ["u", "u", "u", "u", "v", "w.x", "y>"];
const ROLES = ["r", "s"];

/** What a token says, read and verified without `decode`. */
interface Payload {
  readonly iss: string;
  readonly sub: string;
  readonly iat: number;
  readonly name: string;
  readonly nats: {
    readonly type: string;
    readonly version: number;
    readonly issuer_account?: string;
    readonly strict_signing_key_usage?: boolean;
    readonly signing_keys?: readonly (string | { readonly key: string; readonly role: string })[];
    readonly revocations?: Readonly<Record<string, number>>;
    readonly [member: string]: unknown;
  };
}

interface Entry {
  readonly path: StorePath;
  readonly token: string;
  readonly claims: Payload;
}

function readToken(token: string): Payload {
  const [header = "", payload = "", signature = ""] = token.split(".");
  expect(Buffer.from(header, "base64url").toString()).toBe('{"typ":"JWT","alg":"ed25519-nkey"}');
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Payload;
  const signed = new TextEncoder().encode(`${header}.${payload}`);
  expect(keyPairFromPublicKey(claims.iss).verify(signed, Buffer.from(signature, "base64url"))).toBe(true);
  return claims;
}

async function entriesOf(store: Store, known: Map<string, Payload>): Promise<Entry[]> {
  const entries: Entry[] = [];
  const walk = async (prefix: readonly string[]): Promise<void> => {
    for await (const name of store.list(prefix as unknown as readonly [])) {
      const path = [...prefix, name] as unknown as StorePath;
      const token = (await store.read(path)) ?? "";
      const claims = known.get(token) ?? readToken(token);
      known.set(token, claims);
      entries.push({ path, token, claims });
      if (path.length < 3) await walk(path);
    }
  };
  await walk([]);
  return entries;
}

/** The members that a user of a role must not have, whatever they are called by other users. */
function restrictionsOf({ nats }: Payload): string[] {
  const free = ["type", "version", "issuer_account", "tags"];
  return Object.entries(nats)
    .filter(([name, value]) => !free.includes(name) && !isNothing(value))
    .map(([name]) => name);
}

function isNothing(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every(isNothing);
  return value === undefined || value === null || value === 0 || value === "" || value === false;
}

/** What servers demand of a tree, and what nobody who reads a store should have to doubt. */
async function expectSound(store: Store, entries: readonly Entry[]): Promise<void> {
  const at = new Map(entries.map(({ path, claims }) => [JSON.stringify(path), claims]));
  const kinds = ["operator", "account", "user"];
  const places = new Map<string, string[]>();
  for (const { path, claims } of entries) {
    const where = `${path.join("/")}: ${JSON.stringify(claims)}`;
    expect(claims.name, where).toBe(path.at(-1));
    expect([claims.nats.type, claims.nats.version], where).toEqual([kinds[path.length - 1], 2]);
    places.set(claims.sub, [...(places.get(claims.sub) ?? []), JSON.stringify(path)]);
    if (path.length === 1) {
      expect(claims.iss, where).toBe(claims.sub);
      if (claims.nats.strict_signing_key_usage) expect(claims.nats.signing_keys?.length, where).toBeGreaterThan(0);
      continue;
    }
    const above = at.get(JSON.stringify(path.slice(0, -1))) as Payload;
    const operator = at.get(JSON.stringify([path[0]])) as Payload;
    const keys = above.nats.signing_keys ?? [];
    const key = keys.find((signing) => (typeof signing === "string" ? signing : signing.key) === claims.iss);
    const isIdentity = claims.iss === above.sub;
    expect(isIdentity || key !== undefined, `the issuer of ${where}`).toBe(true);
    if (operator.nats.strict_signing_key_usage) expect(isIdentity, `strict: ${where}`).toBe(false);
    if (path.length === 2) continue;
    // A user that named its account goes on doing so when the identity signs it, as with nsc.
    const named = isIdentity ? [undefined, above.sub] : [above.sub];
    expect(named, where).toContain(claims.nats.issuer_account);
    if (typeof key === "object") {
      expect(restrictionsOf(claims), where).toEqual([]);
      // Its template puts the name into a subject.
      if (key.role === "s") expect(claims.name, where).not.toMatch(/[.*>\s]/);
    } else {
      for (const name of ["subs", "payload"]) expect(isNothing(claims.nats[name]), `${name} of ${where}`).toBe(false);
    }
  }
  for (const [publicKey, found] of places) {
    expect((await store.find(publicKey)).map((path) => JSON.stringify(path)).sort()).toEqual([...found].sort());
    expect(found, publicKey).toHaveLength(1);
  }
}

/** The tree as a random walk sees it: an `Nsc` or a transaction. */
interface Walk {
  readonly nsc: Nsc;
  readonly random: Random;
}

/** A handle of something that is there, or a refusal. */
async function operatorOf({ nsc, random }: Walk): Promise<Operator> {
  return nsc.operator(pick(random, OPERATORS));
}

async function accountOf(walk: Walk): Promise<Account> {
  return (await operatorOf(walk)).account(pick(walk.random, ACCOUNTS));
}

async function userOf(walk: Walk): Promise<User> {
  return (await accountOf(walk)).user(pick(walk.random, USERS));
}

type Verb = (walk: Walk) => Promise<unknown>;

function keyOf(keys: readonly unknown[] | undefined, random: Random): string {
  const all = (keys ?? []).map((key) => (typeof key === "string" ? key : (key as { readonly key: string }).key));
  return all.length === 0 ? createKeyPair("account").publicKey : pick(random, all);
}

const VERBS: readonly (readonly [weight: number, name: string, verb: Verb])[] = [
  [
    2,
    "addOperator",
    ({ nsc, random }) =>
      nsc.addOperator(pick(random, OPERATORS), { signingKey: random(2) === 0, systemAccount: random(2) === 0 && "C" }),
  ],
  [1, "renameOperator", async (walk) => (await operatorOf(walk)).rename(pick(walk.random, OPERATORS))],
  [
    1,
    "editOperator",
    async (walk) =>
      (await operatorOf(walk)).edit(({ nats }) => {
        if (walk.random(2) === 0) delete nats.strict_signing_key_usage;
        else nats.strict_signing_key_usage = true;
      }),
  ],
  [1, "addOperatorKey", async (walk) => (await operatorOf(walk)).addSigningKey()],
  [
    1,
    "removeOperatorKey",
    async (walk) => {
      const operator = await operatorOf(walk);
      await operator.removeSigningKey(keyOf(operator.claims.nats.signing_keys, walk.random));
    },
  ],
  [
    1,
    "requireSigningKeys",
    async (walk) => (await operatorOf(walk)).requireSigningKeys({ addSigningKeys: walk.random(2) === 0 }),
  ],
  [
    4,
    "addAccount",
    async (walk) =>
      (await operatorOf(walk)).addAccount(pick(walk.random, ACCOUNTS), { signingKey: walk.random(2) === 0 }),
  ],
  [2, "renameAccount", async (walk) => (await accountOf(walk)).rename(pick(walk.random, ACCOUNTS))],
  [1, "deleteAccount", async (walk) => (await accountOf(walk)).delete({ deleteKeys: walk.random(2) === 0 })],
  [
    2,
    "editAccount",
    async (walk) =>
      (await accountOf(walk)).edit(({ nats }) => {
        nats.limits.conn = walk.random(3);
      }),
  ],
  [
    2,
    "editAccountKeys",
    async (walk) =>
      (await accountOf(walk)).edit(({ nats }) => {
        const keys = nats.signing_keys ?? [];
        const at = walk.random(keys.length + 1);
        const key = keys[at];
        if (key === undefined) return;
        // The key goes, or gets or loses a scope.
        if (walk.random(2) === 0) keys.splice(at, 1);
        else if (typeof key === "object") keys[at] = key.key;
        else keys[at] = createScope(key, { role: "r" });
        nats.signing_keys = keys;
      }),
  ],
  [
    1,
    "revokeAll",
    async (walk) =>
      (await accountOf(walk)).edit(({ nats }) => {
        nats.revocations = { ...nats.revocations, "*": NOW.getTime() / 1000 + walk.random(5) };
      }),
  ],
  [1, "resignAccount", async (walk) => (await accountOf(walk)).reissue()],
  [2, "addAccountKey", async (walk) => (await accountOf(walk)).addSigningKey()],
  [
    2,
    "removeAccountKey",
    async (walk) => {
      const account = await accountOf(walk);
      const deleteKey = walk.random(2) === 0;
      await account.removeSigningKey(keyOf(account.claims.nats.signing_keys, walk.random), { deleteKey });
    },
  ],
  [
    3,
    "addRole",
    async (walk) => {
      const role = pick(walk.random, ROLES);
      await (await accountOf(walk)).addRole(role, { pub: [role === "s" ? "{{name()}}.>" : "a.>"] });
    },
  ],
  [
    3,
    "editRole",
    async (walk) =>
      (await accountOf(walk)).editRole(pick(walk.random, ROLES), ({ template }) => {
        template.subs = walk.random(5);
      }),
  ],
  [
    5,
    "addUser",
    async (walk) => {
      const options = pick(walk.random, [
        {},
        { pub: ["a.>"] },
        { role: "r" },
        { role: "s" },
        { role: "r", pub: ["b"] },
        { expires: "1h" },
        {
          claims: ({ nats }: { nats: { subs?: unknown } }) => {
            nats.subs = 0;
          },
        },
      ] as const);
      await (await accountOf(walk)).addUser(pick(walk.random, USERS), options as never);
    },
  ],
  [3, "renameUser", async (walk) => (await userOf(walk)).rename(pick(walk.random, USERS))],
  [3, "deleteUser", async (walk) => (await userOf(walk)).delete({ revoke: walk.random(2) === 0 })],
  [
    3,
    "editUser",
    async (walk) =>
      (await userOf(walk)).edit(({ nats }) => {
        if (walk.random(2) === 0) nats.payload = pick(walk.random, [0, -1, 100]);
        else nats.tags = [`t${walk.random(3)}`];
      }),
  ],
  [
    4,
    "resignUser",
    async (walk) => {
      const account = await accountOf(walk);
      const user = await account.user(pick(walk.random, USERS));
      const keys = [account.publicKey, ...(account.claims.nats.signing_keys ?? [])];
      const signer = pick(walk.random, [undefined, "r", "s", keyOf(keys, walk.random)]);
      await user.reissue({ ...(signer && { signer }), dropPermissions: walk.random(2) === 0 });
    },
  ],
];

const DRAWS = VERBS.flatMap(([weight, name, verb]) => Array.from({ length: weight }, () => [name, verb] as const));

/** What verbs may be refused with here. Anything else is a fault. */
const REFUSALS: readonly NscErrorCode[] = [
  "ERR_BEARER_DISALLOWED",
  "ERR_CLAIMS_INVALID",
  "ERR_ENTITY_EXISTS",
  "ERR_ENTITY_NOT_FOUND",
  "ERR_ROLE_TEMPLATE",
  "ERR_SIGNER_AMBIGUOUS",
  "ERR_SIGNER_MISSING",
  "ERR_SIGNER_STRICT",
  "ERR_SIGNER_UNKNOWN",
  "ERR_SIGNING_KEY_IN_USE",
  "ERR_SIGNING_KEY_REQUIRED",
  "ERR_SYSTEM_ACCOUNT",
  "ERR_LIMITS",
  "ERR_USER_SCOPED",
];

/** Whether it was made; a refusal by one of the codes above is none. */
async function isMade(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (isNscError(error) && REFUSALS.includes(error.code)) return false;
    throw error;
  }
}

test("whatever is done to a tree, it stays one that servers accept, and what is refused changes nothing", async () => {
  const made = new Map<string, number>();
  const refused = new Map<string, number>();
  const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

  await fc.assert(
    fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
      const random = randomFrom(seed);
      const store = memoryStore();
      // As for every test, the keys follow from the seed, too.
      const bytes = (length: number) => Uint8Array.from({ length }, () => random(256));
      const nsc = new Nsc({ store, clock: () => NOW, random: bytes });
      const walk: Walk = { nsc, random };
      await nsc.addOperator("O", { signingKey: random(2) === 0 });
      const account = await (await nsc.operator("O")).addAccount("A", { signingKey: random(2) === 0 });
      await account.addRole("r", { pub: ["a.>"] });
      await account.addUser("u", random(2) === 0 ? { role: "r" } : {});
      const known = new Map<string, Payload>();
      let before = await entriesOf(store, known);

      for (let step = 0; step < 40; step++) {
        let done: boolean;
        let name: string;
        if (random(6) === 0) {
          name = "transaction";
          const fails = random(4) === 0;
          done = await isMade(() =>
            nsc.transaction(async (tx) => {
              for (let verbs = 1 + random(6); verbs > 0; verbs--) {
                const [drawn, verb] = pick(random, DRAWS);
                count((await isMade(() => verb({ nsc: tx, random }))) ? made : refused, drawn);
              }
              if (fails) await tx.operator("nobody");
            }),
          );
          if (fails) expect(done).toBe(false);
        } else {
          const [drawn, verb] = pick(random, DRAWS);
          name = drawn;
          done = await isMade(() => verb(walk));
        }
        count(done ? made : refused, name);

        const entries = await entriesOf(store, known);
        if (done) await expectSound(store, entries);
        else expect(entries, name).toEqual(before);
        const former = new Map(before.map(({ token, claims }) => [claims.sub, { token, claims }]));
        for (const { path, token, claims } of entries) {
          const previous = former.get(claims.sub);
          if (previous === undefined || previous.token === token) continue;
          expect(claims.iat, `${name}: ${path.join("/")}`).toBeGreaterThan(previous.claims.iat);
        }
        before = entries;
      }
      // What handles show is what is there.
      for (const { path, token } of before) {
        const operator = await nsc.operator(path[0]);
        const account = path.length > 1 ? await operator.account(path[1] as string) : undefined;
        const user = path.length > 2 ? await account?.user(path[2] as string) : undefined;
        expect((user ?? account ?? operator).token).toBe(token);
      }
    }),
    { numRuns: runs(30), endOnFailure: true },
  );

  // A verb that never was made, or never refused where there is much to refuse, was not tried.
  expect([...VERBS.map(([, name]) => name), "transaction"].filter((name) => !made.has(name))).toEqual([]);
  const often = [
    "addUser",
    "editUser",
    "renameUser",
    "resignUser",
    "editAccountKeys",
    "removeAccountKey",
    "transaction",
  ];
  expect(often.filter((name) => !refused.has(name))).toEqual([]);
});
