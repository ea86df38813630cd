import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isNscError, Nsc } from "nsc.js";
import { type NscContextChange, type NscDirectoryOptions, nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { readLines } from "../jwt/tokens.ts";
import { isPosix } from "../support/posix.ts";
import { contentsOf, testFolder } from "./folders.ts";

/** A home folder with the stores of the operators O (accounts A and B) and P (account A). */
async function home(operators: Readonly<Record<string, readonly string[]>> = { O: ["A", "B"], P: ["A"] }) {
  const folder = testFolder();
  const open = (options: NscDirectoryOptions = {}) => nscDirectory({ env: { HOME: folder }, ...options });
  const nsc = new Nsc({ store: open() });
  for (const [name, accounts] of Object.entries(operators)) {
    const operator = await nsc.addOperator(name);
    for (const account of accounts) await operator.addAccount(account);
  }
  const stores = join(folder, ".local/share/nats/nsc/stores");
  const file = join(folder, ".config/nats/nsc/nsc.json");
  const write = (text: string) => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  };
  return { folder, open, stores, file, write };
}

describe("what is read", () => {
  test.each([
    [{ O: ["A"] }, { operator: "O", account: "A" }],
    [{ O: [] }, { operator: "O", account: undefined }],
    [{ O: ["A", "B"] }, { operator: "O", account: undefined }],
    [
      { O: ["A"], P: [] },
      { operator: undefined, account: undefined },
    ],
    [{}, { operator: undefined, account: undefined }],
  ])("without a file, of %j", async (operators, expected) => {
    const { open, file } = await home(operators);
    expect(await open().context()).toEqual(expected);
    expect(existsSync(file)).toBe(false);
  });

  test.each([
    ["O", "B", "O", "B"],
    ["P", "B", "P", "A"],
    ["O", "C", "O", undefined],
    ["Q", "A", undefined, undefined],
    ["", "", undefined, undefined],
  ])("of a file with %j and %j", async (operator, account, expectedOperator, expectedAccount) => {
    const { open, write, stores } = await home();
    write(JSON.stringify({ store_root: stores, operator, account }));
    expect(await open().context()).toEqual({ operator: expectedOperator, account: expectedAccount });
  });

  test("as it is written where there are no stores", async () => {
    const { open, write, folder } = await home({});
    write(JSON.stringify({ store_root: join(folder, "gone"), operator: "O", account: "A" }));
    expect(await open().context()).toEqual({ operator: "O", account: "A" });
  });

  test("from the corpus of nsc's own files", async () => {
    const { open, write, stores } = await home({ local: ["APP", "SYS"] });
    interface Story {
      readonly files: Readonly<Record<string, { readonly json?: Record<string, unknown> }>>;
    }
    const files = readLines<Story>("cli-core.jsonl").map((story) => story.files[".config/nats/nsc/nsc.json"]?.json);
    const complete = files.filter((json) => json?.["account"] === "APP" && json?.["operator"] === "local");
    expect(complete.length).toBeGreaterThan(0);
    for (const json of complete) {
      write(JSON.stringify({ ...json, store_root: stores, last_update: 1 }));
      expect(await open().context()).toEqual({ operator: "local", account: "APP" });
    }
  });

  test.each(["", "{", "[]", '"O"', '{"operator":1}', '{"account":[]}', '{"last_update":"x"}', '{"last_update":1.5}'])(
    "damaged: %j",
    async (text) => {
      const { open, write, stores, file } = await home();
      write(text);
      const directory = open({ storesDir: stores });
      await expect(directory.context()).toThrowCode("ERR_STORE_DAMAGED");
      await expect(directory.setContext({ operator: "O" })).toThrowCode("ERR_STORE_DAMAGED");
      expect(readFileSync(file, "utf8")).toBe(text);
    },
  );

  test("any text is read or refused, and never anything else", async () => {
    const { open, write, stores } = await home();
    const directory = open({ storesDir: stores });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        write(text);
        const error: unknown = await directory.context().catch((thrown: unknown) => thrown);
        if (error instanceof Error) expect(isNscError(error, "ERR_STORE_DAMAGED")).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the working directory", () => {
  test.each([
    ["", undefined, undefined],
    ["O", "O", undefined],
    ["O/accounts", "O", undefined],
    ["O/accounts/B", "O", "B"],
    ["P/accounts/A", "P", "A"],
  ])("%j says", async (path, operator, account) => {
    const { folder, open, stores, write } = await home();
    write(JSON.stringify({ store_root: join(folder, "elsewhere"), operator: "", account: "" }));
    const directory = open({ cwd: join(stores, path) });
    expect(directory.storesDir).toBe(stores);
    const expected = operator === "P" ? { operator, account: "A" } : { operator, account };
    expect(await directory.context()).toEqual(expected);
  });

  test("says nothing of others, nor where it says nothing", async () => {
    const { folder, open, stores } = await home();
    const elsewhere = testFolder();
    expect(open({ cwd: elsewhere }).storesDir).toBe(stores);
    const other = open({ cwd: join(stores, "O"), storesDir: join(folder, "x") });
    expect(await other.context()).toEqual({ operator: undefined, account: undefined });
    mkdirSync(join(elsewhere, "X"));
    for (const text of ["{", '{"name":"X"}', '{"name":"","kind":"operator"}']) {
      writeFileSync(join(elsewhere, "X/.nsc"), text);
      expect(open({ cwd: join(elsewhere, "X") }).storesDir).toBe(stores);
    }
  });

  test("overrules the file, and alone counts with NSC_CWD_ONLY", async () => {
    const { folder, open, stores, write, file } = await home();
    const text = JSON.stringify({ store_root: stores, operator: "P", account: "A" });
    write(text);
    const cwd = join(stores, "O/accounts/B");
    expect(await open({ cwd }).context()).toEqual({ operator: "O", account: "B" });
    const only = open({ cwd, env: { HOME: folder, NSC_CWD_ONLY: "" } });
    expect(await only.context()).toEqual({ operator: "O", account: "B" });
    await expect(only.setContext({ operator: "P" })).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(open({ env: { HOME: folder, NSC_CWD_ONLY: "1" } }).storesDir).toBe(process.cwd());
  });
});

describe("what is written", () => {
  test("is one line as nsc writes it, for its owner alone", async () => {
    const { open, stores, file, folder } = await home({ "O<1>": ["A", "B"], P: ["A"] });
    const before = Math.floor(Date.now() / 1000);
    expect(await open().setContext({ operator: "O<1>", account: "B" })).toEqual({ operator: "O<1>", account: "B" });
    const text = readFileSync(file, "utf8");
    const { last_update } = JSON.parse(text);
    expect(text).toBe(
      `{"store_root":${JSON.stringify(stores)},"operator":"O\\u003c1\\u003e","account":"B","github_updates":"nats-io/nsc","last_update":${last_update}}`,
    );
    expect(last_update).toBeGreaterThanOrEqual(before);
    const contents = contentsOf(join(folder, ".config/nats"));
    if (isPosix) expect(contents).toEqual({ "nsc/": "0700", "nsc/nsc.json": `0600 ${text}` });
  });

  test("keeps what we don't know, and follows nsc where the account is another operator's", async () => {
    const { open, stores, write, file } = await home();
    write(`{"more":{"a":[1]},"store_root":${JSON.stringify(stores)},"operator":"O","account":"B","last_update":5}`);
    expect(await open().setContext({ operator: "P" })).toEqual({ operator: "P", account: "A" });
    expect(readFileSync(file, "utf8")).toBe(
      `{"store_root":${JSON.stringify(stores)},"operator":"P","account":"A","github_updates":"","last_update":5,"more":{"a":[1]}}`,
    );
    expect(await open().setContext({ operator: "O" })).toEqual({ operator: "O", account: "A" });
    expect(await open().setContext({ account: "B" })).toEqual({ operator: "O", account: "B" });
  });

  test("keeps a link to where somebody keeps the file", async () => {
    const { open, stores, file, folder } = await home();
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(join(folder, "dotfile"), JSON.stringify({ store_root: stores }));
    symlinkSync(join(folder, "dotfile"), file);
    await open().setContext({ operator: "O" });
    expect(JSON.parse(readFileSync(join(folder, "dotfile"), "utf8"))).toMatchObject({ operator: "O" });
    expect(readdirSync(join(file, ".."))).toEqual(["nsc.json"]);
  });

  test("folders that were asked for only here don't get into the file", async () => {
    const { open, stores, write, file, folder } = await home();
    const text = JSON.stringify({ store_root: join(folder, "theirs"), operator: "X", account: "Y" });
    write(text);
    const directory = open({ storesDir: stores });
    await expect(directory.setContext({ operator: "O" })).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(readFileSync(file, "utf8")).toBe(text);
    await directory.setContext({ operator: "O", storesDir: true });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ store_root: stores, operator: "O", account: "" });
  });

  test("is what several write at the same time", async () => {
    const { open, file } = await home();
    const changes: NscContextChange[] = [{ operator: "O", account: "B" }, { operator: "P" }];
    await Promise.all([...changes, ...changes, ...changes].map((change) => open().setContext(change)));
    expect(["O/B", "P/A"]).toContain(`${(await open().context()).operator}/${(await open().context()).account}`);
    expect(readdirSync(join(file, ".."))).toEqual(["nsc.json"]);
  });

  test.each([
    [{ operator: "Q" }, "ERR_ENTITY_NOT_FOUND"],
    [{ operator: "O", account: "C" }, "ERR_ENTITY_NOT_FOUND"],
    [{ operator: "P", account: "B" }, "ERR_ENTITY_NOT_FOUND"],
    [{ account: "A" }, "ERR_ENTITY_NOT_FOUND"],
    [{ operator: "../O" }, "ERR_ENTITY_NOT_FOUND"],
    [{}, "ERR_ARGUMENT_INVALID"],
    [{ operator: "" }, "ERR_ARGUMENT_INVALID"],
    [{ operator: 1 }, "ERR_ARGUMENT_INVALID"],
    [{ operatr: "O" }, "ERR_ARGUMENT_INVALID"],
    [{ operator: "O", storesDir: "yes" }, "ERR_ARGUMENT_INVALID"],
    [null, "ERR_ARGUMENT_INVALID"],
  ] as const)("not %j", async (change, code) => {
    const { open, file } = await home();
    await expect(open().setContext(change as NscContextChange)).toThrowCode(code);
    expect(existsSync(file)).toBe(false);
  });

  test("not where the folder can't be written", async () => {
    const { open, file, folder } = await home();
    writeFileSync(join(folder, ".config"), "no folder");
    await expect(open().setContext({ operator: "O" })).toThrowCode("ERR_STORE_IO");
    await expect(open().setContext({ operator: "O" })).rejects.toThrow("a file is in the way of this folder");
    expect(existsSync(file)).toBe(false);
    chmodSync(join(folder, ".config"), 0o600);
  });
});
