import {
  type Claims,
  createKeyPair,
  decode,
  isNscError,
  type KeyPair,
  memoryStore,
  Nsc,
  type StoredToken,
} from "nsc.js";
import { describe, expect, test } from "vitest";

/** Whatever an edit leaves of claims is either taken or refused with a code, and then nothing of it is left. */

type Kind = "operator" | "account" | "user";
type Member = readonly (string | number)[];

/** A tree whose claims have about all that claims can have. */
async function contents(): Promise<{ keys: KeyPair[]; tokens: StoredToken[] }> {
  const keys = (["operator", "operator", "account", "account", "user"] as const).map((kind) => createKeyPair(kind));
  const [identity, signingKey, account, role, user] = keys as [KeyPair, KeyPair, KeyPair, KeyPair, KeyPair];
  const operator = await new Nsc().addOperator("O", {
    key: identity,
    signingKey,
    tags: ["t"],
    claims: ({ nats }) => {
      nats.account_server_url = "http://localhost:9090";
      nats.operator_service_urls = ["nats://localhost:4222"];
      nats.assert_server_version = "2.10.0";
    },
  });
  const a = await operator.addAccount("A", {
    key: account,
    tags: ["t"],
    jetstream: "unlimited",
    defaultPermissions: { pub: ["d"], responses: true },
    claims: ({ nats }) => {
      const stranger = createKeyPair("account").publicKey;
      nats.exports = [
        { name: "stream", subject: "e.>", type: "stream", token_req: true, revocations: { "*": 1 } },
        { name: "service", subject: "s", type: "service", service_latency: { sampling: 50, results: "latency" } },
      ];
      nats.imports = [{ name: "import", subject: "q", type: "stream", account: stranger }];
      nats.mappings = { m: [{ subject: "n", weight: 50 }] };
      nats.trace = { dest: "trace", sampling: 5 };
      nats.revocations = { "*": 1 };
    },
  });
  await a.addRole("r", { key: role, pub: ["x.{{name()}}"], sub: ["y"] });
  const u = await a.addUser("u", { key: user, pub: ["p"], sub: ["s"], responses: true, signer: account, tags: ["t"] });
  const tokens: StoredToken[] = [
    { path: ["O"], token: operator.token as string },
    { path: ["O", "A"], token: (await operator.account("A")).token as string },
    { path: ["O", "A", "u"], token: u.token as string },
  ];
  return { keys, tokens };
}

const { keys, tokens } = await contents();

function membersOf(value: unknown, at: Member = []): Member[] {
  const below = (name: string): Member => [...at, Array.isArray(value) ? Number(name) : name];
  const inner =
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, member]) => membersOf(member, below(name)))
      : [];
  return at.length > 0 ? [at, ...inner] : inner;
}

function holderOf(claims: unknown, member: Member): Record<string | number, unknown> {
  return member.slice(0, -1).reduce<never>((value, name) => value[name], claims as never);
}

const CHANGES: readonly (readonly [
  string,
  (holder: Record<string | number, unknown>, name: string | number) => void,
])[] = [
  ["absent", (holder, name) => void delete holder[name]],
  ["null", (holder, name) => void Object.assign(holder, { [name]: null })],
  ["a number", (holder, name) => void Object.assign(holder, { [name]: 5 })],
  ["empty", (holder, name) => void Object.assign(holder, { [name]: {} })],
];

async function storeOfContents() {
  const store = memoryStore();
  await store.commit({ tokens, keys: keys.map((pair) => new TextDecoder().decode(pair.getSeed())) });
  return store;
}

describe.each(CHANGES)("a member that an edit makes %s", (_, change) => {
  test.each<Kind>(["operator", "account", "user"])("of an %s is taken or refused", async (kind) => {
    const place = tokens[["operator", "account", "user"].indexOf(kind)] as StoredToken;
    const members = membersOf(decode(place.token));
    expect(members.length).toBeGreaterThan(10);
    for (const member of members) {
      const store = await storeOfContents();
      const operator = await new Nsc({ store }).operator("O");
      const account = await operator.account("A");
      const handle = { operator, account, user: await account.user("u") }[kind];
      const edit = (claims: Claims): void => change(holderOf(claims, member), member.at(-1) as string | number);
      const title = `${kind}: ${member.join(".")}`;
      const error = await handle.edit(edit as never).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) expect(() => decode(handle.token as string), title).not.toThrow();
      else {
        expect(isNscError(error), `${title}: ${error}`).toBe(true);
        expect(await store.read(place.path), title).toBe(place.token);
      }
    }
  });
});

test("a role without a template is refused, since it would be one that may do everything", async () => {
  for (const template of [undefined, null]) {
    const account = await (await new Nsc({ store: await storeOfContents() }).operator("O")).account("A");
    const edited = account.editRole("r", (scope) => void Object.assign(scope, { template }));
    await expect(edited).toThrowCode("ERR_CLAIMS_TYPE");
    await account.editRole("r", (scope) => void Object.assign(scope, { template: {} }));
    expect(account.roles[0]?.template).toEqual({ pub: {}, sub: {}, subs: -1, data: -1, payload: -1 });
  }
});
