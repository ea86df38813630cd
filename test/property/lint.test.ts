import fc from "fast-check";
import {
  type Account,
  createKeyPair,
  isNscError,
  keyPairFromSeed,
  type LintFinding,
  lint,
  lintRules,
  memoryStore,
  Nsc,
  type Operator,
  type Store,
  type StorePath,
} from "nsc.js";
import { expect, test } from "vitest";
import { hookedStore } from "../authority/wrapped-stores.ts";
import { payloadOf } from "../jwt/tokens.ts";
import { mutate, mutateTree, textOf, treeOf } from "./mutations.ts";
import { pick, type Random, randomFrom, runs } from "./runs.ts";

const NOW = new Date(1767225600_000);

/** Those that export import nothing, so that there are no circles. */
const EXPORTERS = ["A", "B"];
const IMPORTERS = ["C", "D"];
const ACCOUNTS = [...EXPORTERS, ...IMPORTERS];
const USERS = ["u", "v", "w"];
const SUBJECTS = ["s.>", "s.*", "t.x", "*.y", "u.v.w"];

interface Walk {
  readonly operator: Operator;
  readonly random: Random;
}

const accountOf = ({ operator, random }: Walk): Promise<Account> => operator.account(pick(random, ACCOUNTS));
const exporterOf = ({ operator, random }: Walk): Promise<Account> => operator.account(pick(random, EXPORTERS));
const userOf = async (walk: Walk) => (await accountOf(walk)).user(pick(walk.random, USERS));
const typeOf = (random: Random) => pick(random, ["stream", "service"] as const);

/** What makes and changes a tree, but for what takes something away from those who use it. */
const VERBS: Readonly<Record<string, (walk: Walk) => Promise<unknown>>> = {
  addAccountKey: async (walk) => (await accountOf(walk)).addSigningKey(),
  addOperatorKey: ({ operator }) => operator.addSigningKey(),
  requireSigningKeys: ({ operator }) => operator.requireSigningKeys({ addSigningKeys: true }),
  reissueAccount: async (walk) => (await accountOf(walk)).reissue(),
  reissueOperator: ({ operator }) => operator.reissue(),
  addRole: async (walk) => {
    const subject = pick(walk.random, ["in.>", "in.{{name()}}.>", "{{tag(team)}}.>"]);
    await (await accountOf(walk)).addRole(pick(walk.random, ["r", "s"]), { pub: [subject], sub: ["_INBOX.>"] });
  },
  editRole: async (walk) => {
    const account = await accountOf(walk);
    const role = account.roles[0]?.role ?? "r";
    if (account.roles.length === 0) await account.addRole(role, { pub: ["in.>"] });
    await account.editRole(role, ({ template }) => {
      template.subs = 1 + walk.random(5);
      template.pub = { deny: [pick(walk.random, ["x", "x.{{name()}}", "{{tag(team)}}"])] };
    });
  },
  addUser: async (walk) => {
    const options = pick(walk.random, [
      {},
      { pub: ["a.>"], expires: "2y" },
      { role: "r" },
      { role: "s", tags: ["team:blue"] },
      { bearer: true },
    ]);
    await (await accountOf(walk)).addUser(pick(walk.random, USERS), options);
  },
  renameUser: async (walk) => (await userOf(walk)).rename(pick(walk.random, USERS)),
  reissueUser: async (walk) => (await userOf(walk)).reissue({ dropPermissions: walk.random(2) === 0 }),
  rotateUser: async (walk) => (await userOf(walk)).rotateKey(),
  deleteUser: async (walk) => (await userOf(walk)).delete(),
  editUser: async (walk) =>
    (await userOf(walk)).edit(({ nats }) => {
      if (walk.random(2) === 0) nats.subs = 1 + walk.random(9);
      else nats.tags = [`team:${pick(walk.random, ["red", "a b", ">"])}`];
    }),
  revokeAndReissue: async (walk) => {
    const account = await accountOf(walk);
    const user = await account.user(pick(walk.random, USERS));
    await account.revoke(user);
    await user.reissue();
  },
  compactRevocations: async (walk) => (await accountOf(walk)).compactRevocations(),
  addExport: async (walk) =>
    (await exporterOf(walk)).addExport({
      subject: pick(walk.random, SUBJECTS),
      type: typeOf(walk.random),
      private: walk.random(2) === 0,
    }),
  addImport: async (walk) => {
    const importer = await walk.operator.account(pick(walk.random, IMPORTERS));
    const from = await exporterOf(walk);
    const { subject, type } = pick(walk.random, from.claims.nats.exports ?? []);
    const narrower = { "s.>": "s.x.y", "s.*": "s.x", "*.y": "q.y" }[subject] ?? subject;
    const localSubject = pick(walk.random, [undefined, undefined, "l.>", "l.x", "l.$1"]);
    await importer.addImport({
      from,
      subject: pick(walk.random, [subject, narrower]),
      type: type ?? "stream",
      ...(localSubject !== undefined && { localSubject }),
    });
  },
  removeImport: async (walk) => {
    const importer = await walk.operator.account(pick(walk.random, IMPORTERS));
    const imports = importer.claims.nats.imports ?? [];
    if (imports.length > 0) await importer.removeImport(pick(walk.random, imports).subject);
  },
  setAuthCallout: async (walk) => {
    const account = await accountOf(walk);
    const xkey = walk.random(2) === 0;
    await account.setAuthCallout({ users: [await account.user("u")], accounts: [await accountOf(walk)], xkey });
  },
  rotateSigningKey: async (walk) => {
    const account = await accountOf(walk);
    const key = pick(walk.random, account.claims.nats.signing_keys ?? [await account.addSigningKey()]);
    const rotation = await account.rotateSigningKey({ from: typeof key === "string" ? key : key.key });
    if (rotation.stage === "prepared") await rotation.advance({ distribute: async () => undefined });
    else if (rotation.stage === "distributed") await rotation.advance();
    else await rotation.retire();
  },
};

interface DamageableStore extends Store {
  /** What is read at a place from now on, whatever it is. */
  damage(path: StorePath, token: string): void;
}

function damageableStore(): DamageableStore {
  const inner = memoryStore();
  const damaged = new Map<string, string>();
  return {
    ...hookedStore(inner, {}),
    read: async (path) => damaged.get(JSON.stringify(path)) ?? inner.read(path),
    damage: (path, token) => void damaged.set(JSON.stringify(path), token),
  };
}

async function randomTree(random: Random): Promise<{ operator: Operator; store: DamageableStore; made: Set<string> }> {
  const store = damageableStore();
  const bytes = (length: number) => Uint8Array.from({ length }, () => random(256));
  const nsc = new Nsc({ store, clock: () => NOW, random: bytes });
  const operator = await nsc.addOperator("O", { signingKey: random(2) === 0, systemAccount: true });
  for (const name of ACCOUNTS) {
    const account = await operator.addAccount(name, { signingKey: random(2) === 0 });
    await account.addUser("u");
    if (EXPORTERS.includes(name)) await account.addExport({ subject: pick(random, SUBJECTS), type: typeOf(random) });
  }
  const made = new Set<string>();
  const names = [...Object.keys(VERBS), "addExport", "addExport", "addImport", "addImport", "addImport"];
  for (let step = 0; step < 40; step++) {
    const name = pick(random, names);
    try {
      await VERBS[name]?.({ operator, random });
      made.add(name);
    } catch (error) {
      // What is refused changes nothing, which others look at.
      if (!isNscError(error)) throw error;
    }
  }
  return { operator, store, made };
}

function expectForm(findings: readonly LintFinding[]): void {
  for (const { code, level, entity, message, fix } of findings) {
    expect(lintRules[code]?.levels, code).toContain(level);
    expect(entity.path[0]).toBe("O");
    expect([message.length > 0, fix.length > 0]).toEqual([true, true]);
    expect(JSON.stringify([message, fix])).not.toMatch(/eyJ0eXAi|S[OAUX][A-Z2-7]{56}/);
  }
}

test("trees that verbs made have no errors", async () => {
  const all = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
      const { operator, made } = await randomTree(randomFrom(seed));
      for (const name of made) all.add(name);
      const findings = await lint(operator);
      expectForm(findings);
      expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    }),
    { numRuns: runs(20), endOnFailure: true },
  );
  expect(Object.keys(VERBS).filter((name) => !all.has(name))).toEqual([]);
});

async function pathsOf(store: Store): Promise<StorePath[]> {
  const paths: StorePath[] = [];
  for await (const operator of store.list([])) {
    paths.push([operator]);
    for await (const account of store.list([operator])) {
      paths.push([operator, account]);
      for await (const user of store.list([operator, account])) paths.push([operator, account, user]);
    }
  }
  return paths;
}

interface Payload {
  exp?: number;
  nbf?: number;
  iat?: number;
  iss: string;
  sub: string;
  name?: string;
  nats: { type: string; [member: string]: unknown };
}

/** Public keys of what is in the tree. */
interface Keys {
  readonly accounts: readonly string[];
  readonly users: readonly string[];
}

type Slip = (payload: Payload, random: Random, keys: Keys) => void;

const SECONDS = NOW.getTime() / 1000;
const timeOf = (random: Random) => SECONDS + pick(random, [-1000, 0, 1, 1000, 86_400 * 20]);

/** What goes wrong in claims that can be read. */
const SLIPS: Readonly<Record<string, readonly Slip[]>> = {
  operator: [
    ({ nats }, random) => Object.assign(nats, { strict_signing_key_usage: random(2) === 0 }),
    ({ nats }, random, keys) =>
      Object.assign(nats, { system_account: pick(random, [...keys.accounts, ...keys.users]) }),
    ({ nats }) => Object.assign(nats, { signing_keys: [] }),
  ],
  account: [
    ({ nats }, random) => {
      const name = pick(random, ["conn", "subs", "payload", "leaf", "data", "disk_storage", "disallow_bearer"]);
      const limit = name === "disallow_bearer" ? true : pick(random, [-2, 0, 1]);
      nats["limits"] = { ...(nats["limits"] as object), [name]: limit };
    },
    ({ nats }) => {
      nats["limits"] = { ...(nats["limits"] as object), streams: 1, tiered_limits: { R1: { disk_storage: 1 } } };
    },
    ({ nats }) => Object.assign(nats, { signing_keys: [] }),
    ({ nats }, random) => {
      const subject = pick(random, ["b.$1", "b.$2", "b", "b.{{partition(3,1)}}", "b.{{none()}}"]);
      nats["mappings"] = { "a.*": [{ subject }, { subject: "b", weight: 50 }], b: null };
    },
    ({ nats }, random) => Object.assign(nats, { revocations: { "*": timeOf(random) } }),
    ({ nats }, random, keys) => {
      const users = [pick(random, keys.users), createKeyPair("user").publicKey];
      nats["authorization"] = {
        auth_users: users,
        allowed_accounts: [pick(random, [...keys.accounts, createKeyPair("account").publicKey])],
      };
    },
    ...[1, 2, 3].map(
      (): Slip =>
        ({ nats, sub }, random, keys) => {
          const one = () => ({
            subject: pick(random, ["s.>", "s.*", "*.x", "t.x", `s.${sub}`]),
            type: typeOf(random),
            account: pick(random, [...keys.accounts, ...keys.accounts, ...keys.users]),
            ...pick(random, [{}, { local_subject: "s.>" }, { to: "p.*" }, { token: "eyJ0eXAiOiJ" }]),
          });
          const imports = (nats["imports"] ?? []) as object[];
          nats["imports"] = [...imports, ...imports.slice(0, 1), one(), one()];
        },
    ),
    ({ nats }, random) => {
      nats["exports"] = [
        { subject: "s.*", type: typeOf(random), account_token_position: 2 },
        { subject: "*.x", type: typeOf(random), token_req: true },
        { subject: "t.>", type: typeOf(random), token_req: true, revocations: { "*": timeOf(random) } },
      ];
    },
    ({ nats }) => {
      for (const entry of (nats["imports"] ?? []) as { token?: string }[]) delete entry.token;
    },
    (payload, random, keys) => {
      payload.sub = pick(random, keys.accounts);
    },
  ],
  user: [
    ({ nats }, random) =>
      Object.assign(nats, { [pick(random, ["subs", "payload", "data"])]: pick(random, [-2, 0, 1]) }),
    ({ nats }, random, keys) => Object.assign(nats, { issuer_account: pick(random, keys.accounts) }),
    ({ nats }) => {
      delete nats["issuer_account"];
    },
    ({ nats }, random) =>
      Object.assign(nats, { bearer_token: true, allowed_connection_types: [pick(random, ["PIGEON", "LEAFNODE"])] }),
    (payload, random) => {
      payload.name = pick(random, [">", "*", "", "a b", "x".repeat(5000)]);
    },
    (payload) => {
      payload.iat = 1;
    },
  ],
};

/** A token with a payload that no verb or codec would write, signed by who signed it before. */
async function forged(store: Store, token: string, { random, keys }: { random: Random; keys: Keys }): Promise<string> {
  const payload = JSON.parse(payloadOf(token)) as Payload;
  const seed = await store.getKey(payload.iss);
  const pair = seed === undefined ? createKeyPair("account") : keyPairFromSeed(seed);
  const slips = SLIPS[payload.nats.type] ?? [];
  for (let count = 1 + random(2); count > 0; count--) pick(random, slips)(payload, random, keys);
  if (random(6) === 0) Object.assign(payload, pick(random, [{ exp: timeOf(random) }, { nbf: timeOf(random) }]));
  const tree = treeOf(payload);
  const text = textOf(random(8) === 0 ? mutateTree(random, tree) : tree);
  const signed = `${token.split(".")[0]}.${Buffer.from(text).toString("base64url")}`;
  const signature = await pair.sign(new TextEncoder().encode(signed));
  return `${signed}.${Buffer.from(signature).toString("base64url")}`;
}

test("trees that are damaged at random are looked at to the end", async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
      const random = randomFrom(seed);
      const { operator, store } = await randomTree(random);
      const paths = await pathsOf(store);
      const tokens = await Promise.all(paths.map(async (path) => (await store.read(path)) ?? ""));
      const subs = tokens.map((token) => (JSON.parse(payloadOf(token)) as Payload).sub);
      const keys = {
        accounts: subs.filter((sub) => sub.startsWith("A")),
        users: subs.filter((sub) => sub.startsWith("U")),
      };
      const accounts = [...paths.keys()].filter((place) => paths[place]?.length === 2);
      for (let change = 0; change < 12; change++) {
        // What is wrong with the operator is wrong with all.
        const others = random(3) === 0 ? [...paths.keys()].slice(1) : accounts;
        const at = change === 11 ? 0 : pick(random, others);
        const [path, token] = [paths[at] as StorePath, tokens[at] as string];
        const kind = random(12);
        if (kind === 0) store.damage(path, mutate(random, token));
        else if (kind === 1) store.damage(path, pick(random, tokens));
        else store.damage(path, await forged(store, token, { random, keys }));
        if (random(20) === 0) await store.commit({ keys: [new TextDecoder().decode(createKeyPair("user").getSeed())] });
        const findings = await lint(operator).catch((error: unknown) => {
          // Another operator in its place.
          if (change === 11 && isNscError(error, "ERR_ENTITY_NOT_FOUND")) return [];
          throw error;
        });
        expectForm(findings);
        for (const { code } of findings) seen.set(code, (seen.get(code) ?? 0) + 1);
      }
    }),
    { numRuns: runs(20), endOnFailure: true },
  );
  // Where next to nothing is found, next to nothing was tried.
  expect(seen.size, [...seen].join(" ")).toBeGreaterThan(15);
});
