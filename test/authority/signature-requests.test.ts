import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import {
  type Account,
  type AuditEvent,
  createKeyPair,
  isNscError,
  type KeyPair,
  Nsc,
  type Operator,
  parseCreds,
  readSignatureRequest,
  SignatureRequest,
  type Signer,
  signRequest,
} from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { expectNoSeed } from "../support/secrets.ts";
import { held, key, keysIn, publicKeys } from "./signer-fixtures.ts";
import { NOW, refused, SpyStore, tokenAt, wire } from "./tree-fixtures.ts";

const OPERATOR = key("operator", 1);
const OTHER = key("operator", 60);
const ACCOUNT = key("account", 40);
const SIGNING = key("account", 90);
const DAY = 86_400;

interface Stage {
  readonly store: SpyStore;
  readonly nsc: Nsc;
  readonly clock: { now: number };
  /** Another process on the same store. */
  restarted(): Nsc;
}

/** A store whose operator `prod`, with the account `OLD`, was signed by a key that is elsewhere now. */
async function stage(options: { readonly strict?: boolean } = {}): Promise<Stage> {
  const store = new SpyStore();
  const clock = { now: NOW };
  const open = () => new Nsc({ store, clock: () => new Date(clock.now * 1000) });
  const offline = new Nsc({ store, clock: () => new Date(clock.now * 1000), resolveSigner: resolve });
  const operator = await offline.addOperator("prod", { key: OPERATOR.publicKey });
  await operator.addAccount("OLD", { key: ACCOUNT.publicKey, signer: OPERATOR });
  if (options.strict) await operator.requireSigningKeys();
  return { store, clock, nsc: open(), restarted: open };
}

function resolve(publicKey: string): Signer | undefined {
  const pair = [OPERATOR, ACCOUNT, OTHER].find((each) => each.publicKey === publicKey);
  return pair && held(pair);
}

const keys = [OPERATOR.publicKey];

async function addApp(tx: Nsc): Promise<Account> {
  const account = await (await tx.operator("prod")).addAccount("APP", { signingKey: true });
  await account.addUser("alice", { pub: ["a.>"] });
  return account;
}

describe("an account of an operator whose key is on another machine", () => {
  test("is made with one round trip, across restarts and weeks", async () => {
    const { store, clock, nsc, restarted } = await stage();
    const before = await store.paths();
    const { toSign, toCommit } = await nsc.requestSignatures(addApp, { keys });
    expect(await store.paths()).toEqual(before);

    clock.now += 20 * DAY;
    const response = await signRequest(toSign, [OPERATOR]);
    clock.now += 20 * DAY;
    const later = restarted();
    await later.applySignatures(toCommit, response);

    const account = await wire(store, ["prod", "APP"]);
    expect(account).toMatchObject({ iss: OPERATOR.publicKey, iat: NOW, name: "APP" });
    const user = await wire(store, ["prod", "APP", "alice"]);
    expect(user).toMatchObject({ iss: account.nats.signing_keys?.[0], iat: NOW });
    // The seeds are there, and what comes next is newer.
    const app = await (await later.operator("prod")).account("APP");
    expect(await (await app.user("alice")).creds()).toContain("SEED");
    expect((await app.issueUser("bob", { expires: "1h" })).token).toMatch(/^eyJ/);
    const edit = await later.requestSignatures(
      async (tx) => {
        const again = await (await tx.operator("prod")).account("APP");
        await again.edit(({ nats }) => {
          nats.limits.conn = 5;
        });
      },
      { keys },
    );
    expect(edit.tokens.map(({ claims }) => claims.iat)).toEqual([NOW + 40 * DAY]);
    await later.applySignatures(edit.toCommit, [await signRequest(edit.toSign, [OPERATOR])]);
    expect(app.claims.nats.limits.conn).toBe(5);
  });

  test("is what the file shows", async () => {
    const { store, nsc } = await stage();
    const request = await nsc.requestSignatures(addApp, { keys });
    expect(request).toBeInstanceOf(SignatureRequest);
    const file = JSON.parse(request.toSign) as Record<string, unknown>;
    expect(file).toMatchObject({
      format: "nsc.js signature request",
      version: 1,
      id: request.id,
      tokens: [
        {
          signer: OPERATOR.publicKey,
          kind: "account",
          path: ["prod", "APP"],
          claims: { name: "APP", iss: OPERATOR.publicKey, iat: NOW, nats: { type: "account", version: 2 } },
        },
      ],
    });
    const [token] = request.tokens;
    expect(readSignatureRequest(request.toSign)).toEqual({ id: request.id, tokens: request.tokens });
    const payload = Buffer.from((token?.input ?? "").split(".")[1] ?? "", "base64url").toString();
    expect((file["tokens"] as { claims: unknown }[])[0]?.claims).toEqual(JSON.parse(payload));

    // Anything that signs with Ed25519 can answer it.
    const signature = Buffer.from(OPERATOR.sign(Buffer.from(token?.input ?? ""))).toString("base64url");
    const response = JSON.stringify({
      format: "nsc.js signature response",
      version: 1,
      request: request.id,
      signatures: [{ signer: OPERATOR.publicKey, path: ["prod", "APP"], signature }],
    });
    await nsc.applySignatures(request.toCommit, response);
    expect((await tokenAt(store, ["prod", "APP"])).startsWith(`${token?.input}.`)).toBe(true);
  });

  test("leaves no secret in what travels, nor in what is printed", async () => {
    const { store, nsc } = await stage();
    const request = await nsc.requestSignatures(
      async (tx) => {
        const account = await addApp(tx);
        await account.addUser("bearer", { bearer: true });
      },
      { keys },
    );
    const response = await signRequest(request.toSign, [OPERATOR]);
    for (const text of [request.toSign, response, request.toCommit]) expectNoSeed(text);
    await nsc.applySignatures(request.toCommit, response);
    for await (const name of store.list(["prod", "APP"])) {
      const token = await tokenAt(store, ["prod", "APP", name]);
      expect(request.toSign + response).not.toContain(token);
    }
    expect(inspect(request, { depth: 10, showHidden: true })).not.toMatch(/eyJ/);
    expect(JSON.stringify(request)).not.toMatch(/eyJ/);
  });

  test("appears in the handles of the Nsc, and in its audit log", async () => {
    const { store, clock } = await stage();
    const events: AuditEvent[] = [];
    const nsc = new Nsc({
      store,
      clock: () => new Date(clock.now * 1000),
      audit: (told) => {
        events.push(...told);
      },
    });
    const operator = await nsc.operator("prod");
    const old = await operator.account("OLD");
    const request = await nsc.requestSignatures(
      async (tx) => {
        const account = await (await tx.operator("prod")).account("OLD");
        await account.rename("NEW");
      },
      { keys },
    );
    expect([old.name, events]).toEqual(["OLD", []]);
    await nsc.applySignatures(request.toCommit, await signRequest(request.toSign, [held(OPERATOR)]));
    expect([old.name, old.claims.name]).toEqual(["NEW", "NEW"]);
    expect(old.token).toBe(await tokenAt(store, ["prod", "NEW"]));
    expect(events.map(({ action, path, from, issuer }) => [action, path, from, issuer])).toEqual([
      ["renamed", ["prod", "NEW"], ["prod", "OLD"], OPERATOR.publicKey],
    ]);
  });

  test("is told of as a change of the same user, where that gets another key", async () => {
    const { store, clock } = await stage();
    const events: AuditEvent[] = [];
    const open = (options: { readonly audit?: (told: readonly AuditEvent[]) => void } = {}) =>
      new Nsc({ store, clock: () => new Date(clock.now * 1000), ...options });
    const local = new Nsc({ store, clock: () => new Date(clock.now * 1000), resolveSigner: resolve });
    const { claims } = await (await (await local.operator("prod")).account("OLD")).addUser("u");
    const request = await open().requestSignatures(
      async (tx) => {
        const account = await (await tx.operator("prod")).account("OLD");
        await (await account.user("u")).rotateKey({ revokeOld: false });
      },
      { keys: [ACCOUNT.publicKey] },
    );
    const nsc = open({ audit: (told) => void events.push(...told) });
    await nsc.applySignatures(request.toCommit, await signRequest(request.toSign, [held(ACCOUNT)]));
    const [event] = events;
    expect(events).toHaveLength(1);
    expect(event).toMatchObject({ action: "changed", path: ["prod", "OLD", "u"], previousJti: claims.jti });
    expect(event?.publicKey).not.toBe(claims.sub);
  });
});

describe("a request", () => {
  test("for a new operator is signed by the operator itself", async () => {
    const store = new SpyStore();
    const nsc = new Nsc({ store });
    const request = await nsc.requestSignatures(
      async (tx) => {
        const operator = await tx.addOperator("fresh", { key: OTHER.publicKey, signingKey: true, systemAccount: true });
        await operator.requireSigningKeys();
      },
      { keys: [OTHER.publicKey] },
    );
    expect(request.tokens.map(({ kind, path }) => [kind, ...path])).toEqual([["operator", "fresh"]]);
    await nsc.applySignatures(request.toCommit, await signRequest(request.toSign, [OTHER]));
    expect(await wire(store, ["fresh"])).toMatchObject({ iss: OTHER.publicKey, sub: OTHER.publicKey });
    expect(await store.paths()).toHaveLength(3);
  });

  test("of several holders is answered by each for itself", async () => {
    const { nsc, store } = await stage();
    const both = [OPERATOR.publicKey, ACCOUNT.publicKey];
    const request = await nsc.requestSignatures(
      async (tx) => {
        const account = await (await tx.operator("prod")).account("OLD");
        await account.edit(({ nats }) => {
          nats.limits.conn = 7;
        });
        await account.addUser("u");
      },
      { keys: both },
    );
    expect(request.tokens.map(({ signer }) => signer).sort()).toEqual(publicKeys(OPERATOR, ACCOUNT));
    const [first, second] = [
      await signRequest(request.toSign, [OPERATOR, SIGNING]),
      await signRequest(request.toSign, [ACCOUNT]),
    ];
    for (const [response, left] of [
      [[first], ACCOUNT],
      [second, OPERATOR],
    ] as const) {
      const error = await refused(store, () => nsc.applySignatures(request.toCommit, response), "ERR_SIGNER_MISSING");
      expect(keysIn(error)).toEqual([left.publicKey]);
    }
    await refused(store, () => nsc.applySignatures(request.toCommit, []), "ERR_SIGNER_MISSING");
    await nsc.applySignatures(request.toCommit, [second, first]);
    expect(await wire(store, ["prod", "OLD", "u"])).toMatchObject({ iss: ACCOUNT.publicKey });
    expect(await wire(store, ["prod", "OLD"])).toMatchObject({ iss: OPERATOR.publicKey });
  });

  test("where all keys are at hand waits for nobody", async () => {
    const store = new SpyStore();
    const nsc = new Nsc({ store });
    await nsc.addOperator("local");
    const request = await nsc.requestSignatures(async (tx) => (await tx.operator("local")).addAccount("A"), { keys });
    expect(request.tokens).toEqual([]);
    expect(await store.paths()).toHaveLength(1);
    await nsc.applySignatures(request.toCommit, []);
    expect(await store.paths()).toHaveLength(2);
  });

  test("of deletions and revocations does all of it in the end", async () => {
    const { nsc, store, restarted } = await stage();
    const local = new Nsc({ store, resolveSigner: resolve });
    const user = await (await (await local.operator("prod")).account("OLD")).addUser("u");
    const request = await nsc.requestSignatures(
      async (tx) => (await (await (await tx.operator("prod")).account("OLD")).user("u")).delete(),
      { keys },
    );
    expect(await store.paths()).toHaveLength(3);
    await restarted().applySignatures(request.toCommit, await signRequest(request.toSign, [OPERATOR]));
    expect(await store.paths()).toHaveLength(2);
    expect(Object.keys((await wire(store, ["prod", "OLD"])).nats.revocations ?? {})).toEqual([user.publicKey]);
  });

  test("is made for the listed keys alone, and fails whole", async () => {
    const { nsc, store } = await stage();
    const listed = [[], [OTHER.publicKey]];
    for (const none of listed) {
      const run = () => nsc.requestSignatures(addApp, { keys: none });
      const error = await refused(store, run, "ERR_SIGNER_MISSING", 'account "APP"');
      expect(keysIn(error)).toEqual(keys);
    }
    const before = await store.dump();
    const work = async (tx: Nsc) => {
      await addApp(tx);
      throw new RangeError("changed my mind");
    };
    await expect(nsc.requestSignatures(work, { keys })).rejects.toThrow(RangeError);
    expect(await store.dump()).toEqual(before);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["no list", OPERATOR.publicKey],
    ["a seed", [new TextDecoder().decode(OPERATOR.getSeed())]],
    ["a user's key", [createKeyPair("user").publicKey]],
    ["something else", ["prod"]],
  ])("needs keys that are public keys of issuers, not %s", async (_, listed) => {
    const { nsc, store } = await stage();
    const run = () => nsc.requestSignatures(addApp, { keys: listed as string[] });
    const error = await refused(store, run, "ERR_ARGUMENT_INVALID");
    expect(error.message).not.toMatch(/\bS[OA][A-Z2-7]{20}/);
  });

  test("can't be made or applied inside of a transaction, and its handles end with it", async () => {
    const { nsc } = await stage();
    const kept: Operator[] = [];
    const { toCommit } = await nsc.requestSignatures(async (tx) => kept.push(await tx.operator("prod")), { keys });
    await nsc.transaction(async (tx) => {
      await expect(tx.requestSignatures(addApp, { keys })).toThrowCode("ERR_TRANSACTION");
      await expect(tx.applySignatures(toCommit, [])).toThrowCode("ERR_TRANSACTION");
    });
    await expect(kept[0]?.addAccount("X")).toThrowCode("ERR_TRANSACTION");
    await expect(nsc.requestSignatures(undefined as never, { keys })).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(nsc.requestSignatures(addApp, { keys, key: 1 } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("what changed meanwhile", () => {
  const changes: readonly [string, (nsc: Nsc) => Promise<unknown>][] = [
    [
      "the operator",
      async (nsc) =>
        (await nsc.operator("prod")).edit((claims) => {
          claims.nats.tags = ["x"];
        }),
    ],
    ["the account of that name", async (nsc) => (await nsc.operator("prod")).addAccount("APP")],
  ];

  test.each(changes)("is a conflict: %s", async (_, change) => {
    const { nsc, store } = await stage();
    const request = await nsc.requestSignatures(addApp, { keys });
    const response = await signRequest(request.toSign, [OPERATOR]);
    await change(new Nsc({ store, resolveSigner: resolve }));
    await refused(store, () => nsc.applySignatures(request.toCommit, response), "ERR_STORE_CONFLICT");
  });

  test("is a conflict also if it is the request itself, or another one", async () => {
    const { nsc, store } = await stage();
    const [one, other] = [await nsc.requestSignatures(addApp, { keys }), await nsc.requestSignatures(addApp, { keys })];
    const response = await signRequest(one.toSign, [OPERATOR]);
    await refused(store, () => nsc.applySignatures(other.toCommit, response), "ERR_REQUEST_MISMATCH");
    await nsc.applySignatures(one.toCommit, response);
    await refused(store, () => nsc.applySignatures(one.toCommit, response), "ERR_STORE_CONFLICT");
    const late = await signRequest(other.toSign, [OPERATOR]);
    await refused(store, () => nsc.applySignatures(other.toCommit, late), "ERR_STORE_CONFLICT");
  });

  test("is no conflict where the request looked at nothing of it", async () => {
    const { nsc, store } = await stage();
    const request = await nsc.requestSignatures(addApp, { keys });
    await (await new Nsc({ store, resolveSigner: resolve }).operator("prod")).addAccount("ELSE");
    await nsc.applySignatures(request.toCommit, await signRequest(request.toSign, [OPERATOR]));
    expect(await store.paths()).toHaveLength(5);
  });

  test("may be a seed that somebody removed: no account comes to be whose key is lost", async () => {
    const { nsc, store } = await stage();
    const request = await nsc.requestSignatures(addApp, { keys });
    const response = await signRequest(request.toSign, [OPERATOR]);
    const [account] = request.tokens;
    await store.commit({ deletedKeys: [account?.claims.sub ?? ""] });
    const run = () => nsc.applySignatures(request.toCommit, response);
    const error = await refused(store, run, "ERR_STORE_CONFLICT", "removed");
    expect(keysIn(error)).toEqual([account?.claims.sub]);
  });
});

describe("signatures", () => {
  async function requested() {
    const { nsc, store } = await stage();
    const request = await nsc.requestSignatures(addApp, { keys });
    const response = JSON.parse(await signRequest(request.toSign, [OPERATOR])) as {
      signatures: { signer: string; path: string[]; signature: string }[];
    };
    return { nsc, store, request, response };
  }
  type Entry = Awaited<ReturnType<typeof requested>>["response"]["signatures"][number];
  const wrong: readonly [string, string, (entry: Entry, input: string) => Entry][] = [
    ["another's", "ERR_SIGNER_FAILED", (entry, input) => ({ ...entry, signature: base64(OTHER, input) })],
    ["of something else", "ERR_SIGNER_FAILED", (entry) => ({ ...entry, signature: base64(OPERATOR, "x") })],
    ["cut off", "ERR_SIGNER_FAILED", (entry) => ({ ...entry, signature: entry.signature.slice(0, 40) })],
    ["no base64url", "ERR_SIGNER_FAILED", (entry) => ({ ...entry, signature: "!" })],
    ["by another key", "ERR_REQUEST_MISMATCH", (entry) => ({ ...entry, signer: OTHER.publicKey })],
    ["of another token", "ERR_REQUEST_MISMATCH", (entry) => ({ ...entry, path: ["prod", "APP", "alice"] })],
    ["of nothing", "ERR_REQUEST_MISMATCH", (entry) => ({ ...entry, path: ["prod", "X"] })],
  ];

  test.each(wrong)("that are wrong commit nothing: %s", async (_, code, change) => {
    const { nsc, store, request, response } = await requested();
    const [entry] = response.signatures as [Entry];
    const text = JSON.stringify({ ...response, signatures: [change(entry, request.tokens[0]?.input ?? "")] });
    await refused(store, () => nsc.applySignatures(request.toCommit, text), code as "ERR_SIGNER_FAILED");
  });

  function base64(pair: KeyPair, text: string): string {
    return Buffer.from(pair.sign(Buffer.from(text))).toString("base64url");
  }

  test("are made by none but the keys that are asked for", async () => {
    const { request } = await requested();
    for (const none of [[], [OTHER], [ACCOUNT, held(SIGNING)]]) {
      const error = await signRequest(request.toSign, none).catch((reason: unknown) => reason);
      if (!isNscError(error, "ERR_SIGNER_MISSING")) throw error;
      expect(keysIn(error)).toEqual(keys);
      expect(error.message).toContain('account "APP"');
    }
    const lying: Signer = { publicKey: OPERATOR.publicKey, sign: (bytes) => OTHER.sign(bytes) };
    await expect(signRequest(request.toSign, [lying])).toThrowCode("ERR_SIGNER_FAILED");
    await expect(signRequest(request.toSign, OPERATOR as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(signRequest(request.toSign, [{}] as never)).toThrowCode("ERR_SIGNER_INVALID");
    await expect(signRequest(request.toSign, [OPERATOR], { now: 1 } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

test("the folders of nsc get the creds of users that waited for signatures", async () => {
  const allDirs = await mkdtemp(join(tmpdir(), "nsc-test-"));
  onTestFinished(() => rm(allDirs, { recursive: true }));
  const nsc = new Nsc({ store: nscDirectory({ allDirs }) });
  const request = await nsc.requestSignatures(
    async (tx) => {
      await tx.addOperator("prod", { key: OPERATOR.publicKey });
      await addApp(tx);
    },
    { keys },
  );
  const response = await signRequest(request.toSign, [OPERATOR]);
  await new Nsc({ store: nscDirectory({ allDirs }) }).applySignatures(request.toCommit, response);
  const creds = (await readdir(allDirs, { recursive: true })).filter((name) => name.endsWith("alice.creds"));
  expect(creds).toHaveLength(1);
  const { claims } = parseCreds(await readFile(join(allDirs, creds[0] ?? "")));
  expect(claims.name).toBe("alice");
});
