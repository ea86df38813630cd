import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type NscDirectoryOptions, nscDirectory } from "nsc.js/node";
import { describe, expect, test } from "vitest";
import { contentsOf, testFolder } from "./folders.ts";

interface Row {
  readonly title: string;
  readonly options?: NscDirectoryOptions;
  readonly env?: Record<string, string>;
  /** Files and folders (with a slash at the end) that are there. */
  readonly there?: Record<string, string>;
  readonly config?: string;
  readonly stores?: string;
  readonly keys?: string;
}

/** Paths are relative to the home folder; `~` is left to the library. */
const ROWS: readonly Row[] = [
  { title: "nothing" },
  {
    title: "XDG folders",
    env: { XDG_CONFIG_HOME: "/xc", XDG_DATA_HOME: "/xd" },
    config: "/xc/nats/nsc",
    stores: "/xd/nats/nsc/stores",
    keys: "/xd/nats/nsc/keys",
  },
  { title: "empty variables", env: { XDG_CONFIG_HOME: "", XDG_DATA_HOME: "", NSC_HOME: "", NKEYS_PATH: "" } },
  {
    title: "old folders",
    there: { ".nsc/nsc.json": "{}", ".nsc/nats/": "", ".nkeys/": "" },
    config: ".nsc",
    stores: ".nsc/nats",
    keys: ".nkeys",
  },
  { title: "an old folder without nsc.json", there: { ".nsc/": "" } },
  {
    title: "old folders beside new ones",
    there: {
      ".nsc/nsc.json": "{}",
      ".nsc/nats/": "",
      ".nkeys/": "",
      ".config/nats/nsc/nsc.json": "{}",
      ".local/share/nats/nsc/stores/": "",
      ".local/share/nats/nsc/keys/": "",
    },
  },
  {
    title: "nsc.json",
    there: { ".config/nats/nsc/nsc.json": '{"store_root":"/s","operator":"O","account":"","last_update":1}' },
    stores: "/s",
  },
  { title: "nsc.json that Go takes for an empty one", there: { ".config/nats/nsc/nsc.json": "null" } },
  { title: "nsc.json without a store", there: { ".config/nats/nsc/nsc.json": '{"store_root":"","operator":""}' } },
  {
    title: "nsc.json of the old folder",
    there: { ".nsc/nsc.json": '{"store_root":"/s"}' },
    config: ".nsc",
    stores: "/s",
  },
  {
    title: "nsc.json that is not to be read",
    env: { NSC_CWD_ONLY: "" },
    options: { cwd: "~/w" },
    there: { ".config/nats/nsc/nsc.json": '{"store_root":"/s"}', "w/": "" },
    stores: "w",
  },
  {
    title: "variables",
    env: { NSC_HOME: "~/c", NKEYS_PATH: "~/k" },
    there: { "c/nsc.json": '{"store_root":"/s"}' },
    config: "c",
    stores: "/s",
    keys: "k",
  },
  {
    title: "folders that were named, over all else",
    options: { configDir: "~/1", storesDir: "/2", keystoreDir: "~" },
    env: { NSC_HOME: "/n", NKEYS_PATH: "/k" },
    there: { "1/nsc.json": '{"store_root":"/s"}' },
    config: "1",
    stores: "/2",
    keys: ".",
  },
  {
    title: "a configuration that was named",
    options: { configDir: "~/1" },
    there: { "1/nsc.json": '{"store_root":"/s"}' },
    config: "1",
    stores: "/s",
  },
  {
    title: "one folder for all, over all else",
    options: { allDirs: "~/all", configDir: "/1", storesDir: "/2", keystoreDir: "/3" },
    env: { NSC_HOME: "/n", NKEYS_PATH: "/k" },
    there: { "all/nsc.json": "not read" },
    config: "all",
    stores: "all",
    keys: "all",
  },
];

function homeWith(there: Record<string, string> = {}): string {
  const home = testFolder();
  for (const [path, content] of Object.entries(there)) {
    const file = join(home, path);
    mkdirSync(path.endsWith("/") ? file : dirname(file), { recursive: true });
    if (!path.endsWith("/")) writeFileSync(file, content);
  }
  return home;
}

describe("the folders are found as nsc finds them", () => {
  test.each(ROWS)("with $title", ({ options, env, there, config, stores, keys }) => {
    const home = homeWith(there);
    const before = contentsOf(home);
    const { configDir, storesDir, keystoreDir } = nscDirectory({ ...options, env: { HOME: home, ...env } });
    expect({ configDir, storesDir, keystoreDir }).toEqual({
      configDir: resolve(home, config ?? ".config/nats/nsc"),
      storesDir: resolve(home, stores ?? ".local/share/nats/nsc/stores"),
      keystoreDir: resolve(home, keys ?? ".local/share/nats/nsc/keys"),
    });
    expect(contentsOf(home)).toEqual(before);
  });

  test("from the working directory on", () => {
    const { storesDir, keystoreDir } = nscDirectory({ storesDir: "a/../b", keystoreDir: ".", env: { HOME: "/h" } });
    expect([storesDir, keystoreDir]).toEqual([resolve("b"), resolve(".")]);
  });

  test("without HOME, and with the variables of the process", () => {
    const { configDir } = nscDirectory({ storesDir: "/s", env: {} });
    expect(configDir.endsWith(join(".config", "nats", "nsc"))).toBe(true);
    const { keystoreDir } = nscDirectory({ storesDir: "/s", keystoreDir: "~/k" });
    expect(keystoreDir).toBe(join(homedir(), "k"));
  });
});

describe("what can't be right is refused", () => {
  test.each(["", "{", "[]", '"x"', '{"store_root":1}', '{"store_root":"SUAB'])("nsc.json with %j", (text) => {
    const home = homeWith({ ".config/nats/nsc/nsc.json": text });
    const open = () => nscDirectory({ env: { HOME: home } });
    expect(open).toThrowCode("ERR_STORE_DAMAGED");
    expect(open).toThrow(join(home, ".config/nats/nsc/nsc.json"));
    // Whoever says where the stores are does not need it.
    expect(nscDirectory({ storesDir: "/s", env: { HOME: home } }).storesDir).toBe(resolve("/s"));
  });

  test("nsc.json that is a folder", () => {
    const home = homeWith({ ".config/nats/nsc/nsc.json/": "" });
    expect(() => nscDirectory({ env: { HOME: home } })).toThrowCode("ERR_STORE_IO");
  });

  test.each([
    null,
    { allDirs: "" },
    { storesDir: 1 },
    { keystoreDir: "a\0b" },
    { configDir: "~other/x" },
    { allDirs: "/a", lockTimeout: 5 },
    { allDirs: "/a", lockTimeout: "5 days" },
    { allDirs: "/a", lockTimeout: "-1s" },
  ])("%j", (options) => {
    expect(() => nscDirectory(options as unknown as NscDirectoryOptions)).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
