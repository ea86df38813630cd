import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { createKeyPair, isNscError, type NatsContext, Nsc, type NscErrorCode, type Operator } from "nsc.js";
import { natsContexts, nscDirectory, userContext } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { contentsOf, testFolder } from "./folders.ts";

/** The operator `local` with the account `APP` and its user `bob`, in nsc's own folders. */
async function nscHome(urls: readonly string[] = ["nats://localhost:4222"]) {
  const home = testFolder();
  const env: Record<string, string> = { HOME: home };
  const directory = nscDirectory({ env });
  const operator: Operator = await new Nsc({ store: directory }).addOperator("local");
  if (urls.length > 0) {
    await operator.edit(({ nats }) => {
      nats.operator_service_urls = [...urls];
    });
  }
  const account = await operator.addAccount("APP");
  const bob = await account.addUser("bob");
  return { home, env, directory, account, bob, contexts: natsContexts({ env }) };
}

describe("the folder", () => {
  test("is where the nats command and nsc have it", () => {
    const home = testFolder();
    expect(natsContexts({ env: { HOME: home } }).folder).toBe(join(home, ".config/nats/context"));
    const xdg = { HOME: home, XDG_CONFIG_HOME: join(home, "xdg") };
    expect(natsContexts({ env: xdg }).folder).toBe(join(home, "xdg/nats/context"));
    expect(natsContexts({ env: { HOME: home, XDG_CONFIG_HOME: "" } }).folder).toBe(join(home, ".config/nats/context"));
    expect(natsContexts({ configBase: "~/base", env: xdg }).folder).toBe(join(home, "base/nats/context"));
    expect(natsContexts().folder).toMatch(/nats.context$/);
  });

  test("and what is no folder is refused", () => {
    for (const options of [{ configBase: "" }, { configBase: "a\0" }, { configBase: 1 }, { dir: "/tmp" }, null]) {
      expect(() => natsContexts(options as object)).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT_INVALID" }));
    }
  });
});

describe("contexts", () => {
  test("are written, read, listed, replaced and deleted", async () => {
    const base = testFolder();
    const contexts = natsContexts({ configBase: base });
    expect(await contexts.list()).toEqual([]);
    const file = await contexts.write("b", { url: "nats://b" });
    expect(file).toBe(join(base, "nats/context/b.json"));
    await contexts.write("a.b", { url: "nats://a", nsc: "nsc://O/A/u" }, { compact: true });
    expect(contentsOf(base)).toEqual({
      "nats/": "0700",
      "nats/context/": "0700",
      "nats/context/a.b.json": '0600 {"url":"nats://a","nsc":"nsc://O/A/u"}',
      "nats/context/b.json": expect.stringMatching(/^0600 \{\n {2}"description": "",\n {2}"url": "nats:\/\/b",\n/),
    });
    expect(await contexts.list()).toEqual(["a.b", "b"]);
    expect(await contexts.read("b")).toEqual({ url: "nats://b" });

    await expect(contexts.write("b", { url: "nats://c" })).toThrowCode("ERR_ENTITY_EXISTS");
    expect(await contexts.read("b")).toEqual({ url: "nats://b" });
    await contexts.write("b", { url: "nats://c" }, { replace: true });
    expect(await contexts.read("b")).toEqual({ url: "nats://c" });

    await contexts.delete("a.b");
    expect(await contexts.list()).toEqual(["b"]);
    await expect(contexts.delete("a.b")).toThrowCode("ERR_ENTITY_NOT_FOUND");
    await expect(contexts.read("a.b")).toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("of one name are written by one of several at once", async () => {
    const contexts = natsContexts({ configBase: testFolder() });
    const writes = ["nats://1", "nats://2", "nats://3"].map((url) => contexts.write("same", { url }));
    const outcomes = await Promise.allSettled(writes);
    const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(failures.filter((failure) => isNscError(failure, "ERR_ENTITY_EXISTS"))).toHaveLength(2);
    expect(failures).toHaveLength(2);
    const { url } = await contexts.read("same");
    expect(url).toBe(`nats://${outcomes.findIndex(({ status }) => status === "fulfilled") + 1}`);
    expect(Object.keys(contentsOf(contexts.folder))).toEqual(["same.json"]);
  });

  test("keep the link that their file is", async () => {
    const base = testFolder();
    const contexts = natsContexts({ configBase: base });
    await contexts.write("a", { url: "nats://a" });
    await symlink("a.json", join(contexts.folder, "b.json"));
    await contexts.write("b", { url: "nats://b" }, { replace: true });
    expect(await contexts.read("a")).toEqual({ url: "nats://b" });
  });

  test("of others are passed over where they can't be one", async () => {
    const contexts = natsContexts({ configBase: testFolder() });
    await mkdir(join(contexts.folder, "folder.json"), { recursive: true });
    await writeFile(join(contexts.folder, "note.txt"), "");
    await writeFile(join(contexts.folder, "bad.json"), '{"password":"hunter2');
    expect(await contexts.list()).toEqual(["bad"]);
    const error: unknown = await contexts.read("bad").catch((thrown: unknown) => thrown);
    expect(isNscError(error, "ERR_STORE_DAMAGED")).toBe(true);
    expect(inspect(error)).not.toContain("hunter2");
  });

  test.each(["", "..", "a..b", "a/b", "a\\b", "a\0", " a", "a\n"])("have no name such as %j", async (name) => {
    const contexts = natsContexts({ configBase: testFolder() });
    for (const call of [contexts.read(name), contexts.write(name, {}), contexts.delete(name), contexts.select(name)]) {
      await expect(call).toThrowCode("ERR_NAME_INVALID");
    }
    expect(existsSync(contexts.folder)).toBe(false);
  });

  test("are refused as formatNatsContext does", async () => {
    const contexts = natsContexts({ configBase: testFolder() });
    await expect(contexts.write("a", { url: 1 } as unknown as NatsContext)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(contexts.write("a", {}, { replace: 1 } as object)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(contexts.write("a", {}, { force: true } as object)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(contexts.read(1 as unknown as string)).toThrowCode("ERR_NAME_INVALID");
  });

  test("can be where no folder can be made", async () => {
    const base = testFolder();
    await writeFile(join(base, "nats"), "");
    const contexts = natsContexts({ configBase: base });
    await expect(contexts.write("a", {})).toThrowCode("ERR_STORE_IO");
    expect(await contexts.list()).toEqual([]);
  });
});

describe("the selection", () => {
  test("is where the nats command has it", async () => {
    const base = testFolder();
    const contexts = natsContexts({ configBase: base });
    const file = join(base, "nats/context.txt");
    expect(await contexts.selected()).toBeUndefined();
    for (const name of ["a", "b"]) await contexts.write(name, { url: `nats://${name}` });
    expect(await contexts.select("a")).toBeUndefined();
    expect(readFileSync(file, "utf8")).toBe("a");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await contexts.select("b")).toBe("a");
    expect([await contexts.selected(), await contexts.previous()]).toEqual(["b", "a"]);
    await writeFile(file, " a\n");
    expect(await contexts.selected()).toBe("a");
    await expect(contexts.select("c")).toThrowCode("ERR_ENTITY_NOT_FOUND");
    expect((await contexts.resolve()).servers).toEqual(["nats://a"]);

    await contexts.delete("a");
    expect([await contexts.selected(), await contexts.previous()]).toEqual([undefined, "a"]);
    await contexts.select("b");
    expect(await contexts.select(undefined)).toBe("b");
    expect(existsSync(file)).toBe(false);
    expect((await contexts.resolve()).servers).toEqual(["nats://127.0.0.1:4222"]);
  });
});

describe("userContext", () => {
  test("is what nsc generate context writes", async () => {
    const { home, directory, contexts } = await nscHome();
    const context = await userContext(directory, ["local", "APP", "bob"]);
    const file = await contexts.write("mine", context, { compact: true });
    // As nsc 2.14 wrote it, with its home folder.
    const creds = `${home}/.local/share/nats/nsc/keys/creds/local/APP/bob.creds`;
    expect(readFileSync(file, "utf8")).toBe(
      `{"nsc":"nsc://local/APP/bob","url":"nats://localhost:4222","creds":${JSON.stringify(creds)}}`,
    );
  });

  test("has no URL where the operator has none, and none without creds", async () => {
    const { directory, account } = await nscHome([]);
    expect(Object.keys(await userContext(directory, ["local", "APP", "bob"]))).toEqual(["nsc", "creds"]);
    await account.addUser("eve", { key: createKeyPair("user").publicKey });
    for (const name of ["eve", "nobody"]) {
      await expect(userContext(directory, ["local", "APP", name])).toThrowCode("ERR_ENTITY_NOT_FOUND");
    }
    await expect(userContext({} as never, ["local", "APP", "bob"])).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(userContext(directory, ["local", "APP"] as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});

describe("resolve", () => {
  test.each<[string, NatsContext]>([
    ["nsc", { nsc: "nsc://local/APP/bob" }],
    ["nsc without its scheme", { nsc: "local/APP/bob" }],
    ["creds of nsc", { creds: "NSC://local/APP/bob", url: "nats://localhost:4222" }],
    ["creds beside nsc", { nsc: "nsc://local/APP/nobody", creds: "~/bob.creds", url: "nats://localhost:4222" }],
    ["a path with a variable", { creds: ["$", "{WHERE}/bob.creds"].join(""), url: "nats://localhost:4222" }],
    ["a URL of a file", { creds: "file://$WHERE/bob.creds", url: " nats://localhost:4222 ," }],
    ["a variable", { creds: "env://BOB", url: "nats://localhost:4222" }],
    ["data", { creds: "data:", url: "nats://localhost:4222" }],
  ])("finds creds by %s", async (_, context) => {
    const { home, env, bob, contexts } = await nscHome();
    const creds = await bob.creds();
    await writeFile(join(home, "bob.creds"), creds);
    Object.assign(env, { WHERE: home, BOB: creds });
    const given = { ...context, ...(context.creds?.startsWith("data:") && { creds: `data:;base64,${btoa(creds)}` }) };
    await contexts.write("it", given);
    const found = await contexts.resolve("it");
    expect(found).toMatchObject({ name: "it", servers: ["nats://localhost:4222"], tls: undefined });
    expect(found.authentication()).toEqual({ type: "creds", creds });
    expect(inspect(found, { depth: 9, showHidden: true })).not.toContain(creds.slice(300, 330));
  });

  test("finds the other ways to say who one is", async () => {
    const { home, env, bob, contexts } = await nscHome();
    const pair = createKeyPair("user");
    const seed = new TextDecoder().decode(pair.getSeed());
    await writeFile(join(home, "user.nk"), `${seed}\n`);
    Object.assign(env, { SEED: `${seed}\n` });
    const asked = async (context: NatsContext) => {
      await contexts.write("it", context, { replace: true });
      return (await contexts.resolve("it")).authentication();
    };
    expect(await asked({})).toBeUndefined();
    expect(await asked({ nkey: "~/user.nk" })).toEqual({ type: "nkey", seed });
    expect(await asked({ user_jwt: bob.token, user_seed: "env://SEED" })).toEqual({
      type: "jwt",
      token: bob.token,
      seed,
    });
    expect(await asked({ user_jwt: bob.token })).toEqual({ type: "jwt", token: bob.token, seed: undefined });
    expect(await asked({ user: "u", password: "p:w" })).toEqual({ type: "password", user: "u", password: "p:w" });
    expect(await asked({ token: "t" })).toEqual({ type: "token", token: "t" });
    expect(await asked({ token: "data:text/plain;base64,dA==" })).toEqual({ type: "token", token: "t" });
  });

  test("has the rest with the names of the clients", async () => {
    const { home, contexts } = await nscHome();
    await contexts.write("it", {
      url: "nats://a,nats://b",
      cert: "~/cert.pem",
      key: "/key.pem",
      ca: "file:///ca.pem",
      tls_first: true,
      inbox_prefix: "_I",
      jetstream_domain: "hub",
      jetstream_api_prefix: "JS.hub.API",
      socks_proxy: "socks5://p",
    });
    expect(await contexts.resolve("it")).toEqual({
      name: "it",
      servers: ["nats://a", "nats://b"],
      authentication: expect.any(Function),
      tls: { certFile: join(home, "cert.pem"), keyFile: "/key.pem", caFile: "/ca.pem", handshakeFirst: true },
      inboxPrefix: "_I",
      jetstreamDomain: "hub",
      jetstreamApiPrefix: "JS.hub.API",
      socksProxy: "socks5://p",
    });
  });

  test.each<[NatsContext, NscErrorCode]>([
    [{ nsc: "nsc://local/APP/nobody" }, "ERR_ENTITY_NOT_FOUND"],
    [{ nsc: "nsc://local/APP" }, "ERR_ENTITY_NOT_FOUND"],
    [{ nsc: "nsc://local//x" }, "ERR_ARGUMENT_INVALID"],
    [{ creds: "~/missing.creds" }, "ERR_STORE_IO"],
    [{ creds: "$MISSING/bob.creds" }, "ERR_ARGUMENT_INVALID"],
    [{ creds: "env://MISSING" }, "ERR_ARGUMENT_INVALID"],
    [{ creds: "op://vault/item" }, "ERR_ARGUMENT_INVALID"],
    [{ creds: "ftp://host/bob.creds" }, "ERR_ARGUMENT_INVALID"],
    [{ creds: "data:text/plain,abc" }, "ERR_ARGUMENT_INVALID"],
    [{ creds: "data:;base64,?" }, "ERR_ARGUMENT_INVALID"],
    [{ creds: "data:;base64,YQ==" }, "ERR_CREDS_FORMAT"],
    [{ nkey: "data:;base64,YQ==" }, "ERR_CREDS_FORMAT"],
    [{ ca: "env://CA" }, "ERR_ARGUMENT_INVALID"],
  ])("refuses %j", async (context, code) => {
    const { contexts } = await nscHome();
    await contexts.write("it", context);
    await expect(contexts.resolve("it")).toThrowCode(code);
  });

  test("refuses the seed of another kind of key", async () => {
    const { contexts, home } = await nscHome();
    await writeFile(join(home, "a.nk"), createKeyPair("account").getSeed());
    await contexts.write("it", { nkey: "~/a.nk" });
    await expect(contexts.resolve("it")).toThrowCode("ERR_CREDS_KIND");
  });

  test("refuses a context that is not there, also a selected one", async () => {
    const { contexts } = await nscHome();
    await expect(contexts.resolve("none")).toThrowCode("ERR_ENTITY_NOT_FOUND");
    await contexts.write("some", {});
    await writeFile(join(contexts.folder, "../context.txt"), "none");
    await expect(contexts.resolve()).toThrowCode("ERR_ENTITY_NOT_FOUND");
  });
});
