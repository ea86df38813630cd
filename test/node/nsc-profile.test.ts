import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatProfile, Nsc, type NscErrorCode } from "nsc.js";
import { nscDirectory, nscProfile } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { readLines } from "../jwt/tokens.ts";
import { testFolder } from "./folders.ts";
import { KeyNames } from "./parity/normalize.ts";

/** What nsc 2.14 printed for a URL. */
interface Golden {
  readonly story: string;
  readonly url: string;
  readonly profile?: unknown;
  readonly error?: string;
}

const STORIES: Record<string, (nsc: Nsc) => Promise<void>> = {
  "generate-profile": async (nsc) => {
    const operator = await addBob(nsc);
    await operator.edit(({ nats }) => {
      nats.operator_service_urls = ["nats://h:4222"];
    });
  },
  "generate-profile-partial": async (nsc) => {
    await addBob(nsc);
  },
  "generate-profile-signing-seed": async (nsc) => {
    await (await nsc.addOperator("local")).addAccount("APP", { signingKey: true });
  },
};

async function addBob(nsc: Nsc) {
  const operator = await nsc.addOperator("local");
  await (await operator.addAccount("APP")).addUser("bob");
  return operator;
}

/** What stands for nsc's refusals here. */
const REFUSALS: readonly (readonly [RegExp, NscErrorCode])[] = [
  [/not in (?:accounts|`)/, "ERR_ENTITY_NOT_FOUND"],
  [/was not found/, "ERR_ENTITY_NOT_FOUND"],
  [/expecting 'nsc:\/\/'/, "ERR_ARGUMENT_INVALID"],
];

const golden = readLines<Golden>("cli-profiles.jsonl");

describe("nscProfile says what nsc says", () => {
  test.each(golden)("$story $url", async ({ story, url, profile, error }) => {
    const home = testFolder();
    const env = { HOME: home };
    const store = nscDirectory({ env });
    const nsc = new Nsc({ store, signerPolicy: "identity-first" });
    await STORIES[story]?.(nsc);
    const names = new KeyNames();
    await names.look(store.storesDir);
    let asked = url;
    if (url.includes("${sk:")) {
      const account = await (await nsc.operator("local")).account("APP");
      asked = url.replace(/\$\{.*\}/, account.claims.nats.signing_keys?.[0] as string);
    }
    if (error === undefined) {
      const text = formatProfile(await nscProfile(asked, { env }));
      expect(JSON.parse(names.apply(text).replaceAll(home, "<home>"))).toEqual(profile);
    } else {
      const [, code] = REFUSALS.find(([text]) => text.test(error)) ?? [];
      if (code === undefined) throw new Error(`what stands for ${error}?`);
      await expect(nscProfile(asked, { env })).toThrowCode(code);
    }
  });
});

describe("nscProfile", () => {
  test("looks into the folders of the URL, in which letters have a case", async () => {
    const home = testFolder();
    const folders = { storesDir: join(home, "My Stores"), keystoreDir: join(home, "Keys+1") };
    await addBob(new Nsc({ store: nscDirectory({ ...folders, configDir: home }) }));
    const query = `store=${home}/My+Stores&keystore=${home}/Keys%2B1&userSeed`;
    for (const options of [{ allDirs: join(home, "elsewhere") }, { env: { HOME: join(home, "other") } }]) {
      const found = await nscProfile(`nsc://local/APP/bob?${query}`, options);
      expect(found.user_creds).toBe(join(folders.keystoreDir, "creds/local/APP/bob.creds"));
      expect(found.user?.seed).toMatch(/^SU/);
    }
  });

  test("has no creds file where there is none", async () => {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs });
    await addBob(new Nsc({ store }));
    const file = join(allDirs, "creds/local/APP/bob.creds");
    expect(await store.credsFile(["local", "APP", "bob"])).toBe(file);
    await rename(file, `${file}.moved`);
    expect(await nscProfile("nsc://local/APP/bob", { allDirs })).toEqual({ operator: {} });
    await mkdir(file);
    expect(await store.credsFile(["local", "APP", "bob"])).toBeUndefined();
  });

  test("looks for creds under the name of the store, as nsc does, and nowhere else", async () => {
    const allDirs = testFolder();
    const store = nscDirectory({ allDirs });
    await addBob(new Nsc({ store }));
    await rename(join(allDirs, "local"), join(allDirs, "renamed"));
    expect(await store.credsFile(["renamed", "APP", "bob"])).toBe(join(allDirs, "creds/local/APP/bob.creds"));
    const descriptor = { managed: false, name: "../creds/local", kind: "operator", version: "1" };
    await writeFile(join(allDirs, "renamed/.nsc"), JSON.stringify(descriptor));
    expect(await store.credsFile(["renamed", "APP", "bob"])).toBeUndefined();
    expect(await store.credsFile(["..", "APP", "bob"])).toBeUndefined();
    await expect(store.credsFile("bob" as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("refuses what is no URL and what are no options", async () => {
    for (const call of [
      () => nscProfile(undefined as unknown as string),
      () => nscProfile("nsc://"),
      () => nscProfile("nsc://O", { store: "/tmp" } as object),
      () => nscProfile("nsc://O", null as unknown as object),
    ]) {
      await expect(call()).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });
});
