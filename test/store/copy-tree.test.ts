import { join } from "node:path";
import fc from "fast-check";
import { copyTree, createKeyPair, memoryStore, Nsc, type Store, type StoreCommit } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { contentsOf, testFolder } from "../node/folders.ts";

const decoder = new TextDecoder();

/** Two operators with accounts, roles and users, a managed one, keys that nothing names, and a rotation under way. */
async function furnish(store: Store): Promise<void> {
  const nsc = new Nsc({ store });
  const local = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
  for (const name of ["A", "B"]) {
    const account = await local.addAccount(name, { signingKey: true });
    await account.addRole("web", { pub: ["in.>"] });
    for (const user of ["u", "v"]) await account.addUser(user, user === "u" ? { role: "web" } : {});
  }
  const [from] = local.claims.nats.signing_keys ?? [];
  await local.rotateSigningKey({ from: from ?? "" });
  await nsc.importOperator((await new Nsc().addOperator("elsewhere")).token);
  await store.commit({ keys: [decoder.decode(createKeyPair("curve").getSeed())] });
}

/** Everything that a store shows. */
async function imageOf(store: Store): Promise<unknown> {
  const image: Record<string, unknown> = {};
  const walk = async (prefix: readonly string[]): Promise<void> => {
    const names: string[] = [];
    for await (const name of store.list(prefix as readonly [])) names.push(name);
    for (const name of names) {
      const path = [...prefix, name];
      image[JSON.stringify(path)] = await store.read(path as unknown as readonly [string]);
      if (path.length === 1) image[`meta of ${name}`] = [...(await store.readMeta(name))].sort();
      if (path.length < 3) await walk(path);
    }
  };
  await walk([]);
  for await (const publicKey of store.listKeys()) image[publicKey] = await store.getKey(publicKey);
  return image;
}

describe("copyTree", () => {
  test("from folders to memory and back gives the same files", async () => {
    const [first, second] = [testFolder(), testFolder()];
    const from = nscDirectory({ allDirs: first });
    await furnish(from);
    const between = memoryStore();
    const report = await copyTree(from, between);
    expect(await imageOf(between)).toEqual(await imageOf(from));
    const tokens = Object.keys((await imageOf(from)) as object).filter((key) => key.startsWith("["));
    expect(report.tokens).toBe(tokens.length);
    await copyTree(between, nscDirectory({ allDirs: second }));
    expect(contentsOf(second)).toEqual(contentsOf(first));
  });

  test("of what is there already changes nothing, and says so", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    await furnish(from);
    const first = await copyTree(from, to);
    const commits: StoreCommit[] = [];
    const watched: Store = Object.assign(Object.create(to) as Store, {
      read: to.read.bind(to),
      list: to.list.bind(to),
      getKey: to.getKey.bind(to),
      readMeta: to.readMeta.bind(to),
      commit: async (commit: StoreCommit) => {
        commits.push(commit);
        await to.commit(commit);
      },
    });
    expect(await copyTree(from, watched)).toEqual({ tokens: 0, keys: 0, unchanged: first.tokens + first.keys });
    expect(commits).toEqual([]);
  });

  test("goes on where one was cut off", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    await furnish(from);
    let left = 1;
    const failing: Store = {
      read: (path) => to.read(path),
      list: (prefix) => to.list(prefix),
      find: (publicKey) => to.find(publicKey),
      getKey: (publicKey) => to.getKey(publicKey),
      listKeys: () => to.listKeys(),
      readMeta: (operator) => to.readMeta(operator),
      commit: async (commit) => {
        if (left === 0) throw new Error("cut off");
        left -= 1;
        await to.commit(commit);
      },
    };
    await expect(copyTree(from, failing)).rejects.toThrow("cut off");
    await copyTree(from, to);
    expect(await imageOf(to)).toEqual(await imageOf(from));
  });

  test("takes some operators, and leaves seeds where it is told to", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    await furnish(from);
    await copyTree(from, to, { operators: ["elsewhere"], keys: false });
    const names: string[] = [];
    for await (const name of to.list([])) names.push(name);
    expect(names).toEqual(["elsewhere"]);
    expect((await new Nsc({ store: to }).operator("elsewhere")).isManaged).toBe(true);
    expect(await imageOf(to)).not.toMatchObject({ [`meta of local`]: expect.anything() });
    for await (const key of to.listKeys()) expect.unreachable(key);
  });

  test("commits many accounts bit by bit, with and without users", async () => {
    const from = memoryStore();
    const token = (await (await new Nsc({ store: from }).addOperator("O")).addAccount("A")).token;
    const tokens = Array.from({ length: 1200 }, (_, index) => ({ path: ["O", `A${index}`] as const, token }));
    await from.commit({ tokens });
    const told: number[] = [];
    await copyTree(from, memoryStore(), { keys: false, onProgress: (progress) => told.push(progress.tokens) });
    expect(told).toEqual([500, 1000, 1202]);
  });

  test("refuses options that it would take for others", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    await furnish(from);
    for (const options of [{ operators: "local" }, { operators: [5] }, { keys: "no" }, { overwrite: 1 }, null, 5]) {
      await expect(copyTree(from, to, options as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    }
    for await (const name of to.list([])) expect.unreachable(name);
  });

  test("makes no operator managed that is there and is not", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    const operator = await new Nsc({ store: to }).addOperator("O");
    await new Nsc({ store: from }).importOperator(operator.token);
    await expect(copyTree(from, to)).toThrowCode("ERR_ENTITY_EXISTS");
    expect((await new Nsc({ store: to }).operator("O")).isManaged).toBe(false);
    await copyTree(from, to, { overwrite: true });
    expect((await new Nsc({ store: to }).operator("O")).isManaged).toBe(true);
  });

  test("replaces nothing unless it is told to", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    await furnish(from);
    await copyTree(from, to);
    const account = await (await new Nsc({ store: from }).operator("local")).account("A");
    await account.edit(({ nats }) => {
      nats.limits.conn = 3;
    });
    const before = await imageOf(to);
    await expect(copyTree(from, to)).toThrowCode("ERR_ENTITY_EXISTS");
    expect(await imageOf(to)).toEqual(before);
    await copyTree(from, to, { overwrite: true });
    expect(await to.read(["local", "A"])).toBe(account.token);
  });

  test("tells how far it is, and of names that can't be kept", async () => {
    const from = memoryStore();
    const account = await (await new Nsc({ store: from }).addOperator("O")).addAccount("A");
    for (let index = 0; index < 3; index++) await account.addUser(`u${index}`);
    const told: number[] = [];
    await copyTree(from, memoryStore(), { onProgress: ({ tokens }) => told.push(tokens) });
    expect(told.at(-1)).toBe(5);

    const hostile = memoryStore();
    const operator = await new Nsc({ store: hostile }).addOperator("O");
    const token = (await operator.addAccount("A")).token;
    await hostile.commit({ tokens: [{ path: ["O", "../x"], token }], deletes: [{ path: ["O", "A"] }] });
    const folder = testFolder();
    await expect(copyTree(hostile, nscDirectory({ allDirs: join(folder, "tree") }))).toThrowCode("ERR_STORE_NAME");
  });

  test("refuses what it does not know", async () => {
    const store = memoryStore();
    await expect(copyTree(store, store, { operator: ["O"] } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(copyTree(store, memoryStore(), { operators: ["none"] })).toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("copies any tree", async () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12, unit: "binary" }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(names, names, async (accounts, users) => {
        const from = memoryStore();
        const nsc = new Nsc({ store: from });
        const operator = await nsc.addOperator("O");
        for (const name of accounts) {
          const account = await operator.addAccount(name).catch(() => undefined);
          for (const user of users) await account?.addUser(user).catch(() => undefined);
        }
        const to = memoryStore();
        await copyTree(from, to);
        expect(await imageOf(to)).toEqual(await imageOf(from));
      }),
      { numRuns: 20 },
    );
  });
});
