import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findShell } from "../../../scripts/shells.mjs";
import { lacks } from "../../support/skips.ts";
import { CommandHome } from "../support/run-command.ts";

const run = promisify(execFile);
const TIMEOUT = 120_000;
const root = join(import.meta.dirname, "../../..");
const isPosix = process.platform !== "win32";

const zsh = findShell("zsh");
const fish = findShell("fish");

let home: CommandHome;
let env: Record<string, string>;

beforeAll(async () => {
  home = await CommandHome.make();
  const bin = join(home.path, "bin");
  await mkdir(join(home.path, "a folder"), { recursive: true });
  await mkdir(bin);
  const program = join(home.path, "nsc.mjs");
  await build({
    entryPoints: [join(root, "src/cli/bin.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
  await writeFile(join(bin, "nsc"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
  env = { HOME: home.path, PATH: `${bin}${delimiter}${process.env["PATH"]}`, TERM: "dumb" };
}, TIMEOUT);

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

/** Has a shell run lines of its own. */
async function shell(path: string, args: readonly string[], more: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(path, [...args], { cwd: home.path, env: { ...env, ...more }, timeout: TIMEOUT });
  return stdout;
}

describe.skipIf(lacks(isPosix, "a bash"))("bash", () => {
  /** What bash is offered for a line, whose words are given as bash splits them. */
  async function offered(line: string, words: readonly string[], type = 9): Promise<string[]> {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const script = `
      set -e
      source <(nsc completion bash)
      [[ $(complete -p nsc) == 'complete -F __nsc_complete nsc' ]]
      COMP_LINE='${line}' COMP_POINT=${line.length} COMP_TYPE=${type} COMP_WORDS=(${quoted}) COMP_CWORD=${words.length - 1}
      __nsc_complete nsc '' ''
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await shell("bash", ["--norc", "-c", script])).split("\n").slice(0, -1);
  }

  test("a word", { timeout: TIMEOUT }, async () => {
    expect(await offered("nsc sel", ["nsc", "sel"])).toEqual(["select"]);
  });

  test("words with what they are for, when bash lists them", { timeout: TIMEOUT }, async () => {
    const listed = await offered("nsc select ", ["nsc", "select", ""], 63);
    expect(listed.map((line) => line.split("  (")[0])).toEqual(["account", "operator"]);
    expect(listed.every((line) => line.endsWith(")"))).toBe(true);
  });

  test("the value behind =, which is a word to bash", { timeout: TIMEOUT }, async () => {
    expect(await offered("nsc select account --dry-run=", ["nsc", "select", "account", "--dry-run", "="])).toEqual([
      "true",
      "false",
    ]);
  });

  test("folders", { timeout: TIMEOUT }, async () => {
    expect(await offered("nsc --config-dir a", ["nsc", "--config-dir", "a"])).toEqual(["a folder"]);
  });

  test("nothing in the line is run", { timeout: TIMEOUT }, async () => {
    const line = "nsc select operator $(touch$IFS$0) `x` ";
    expect(await offered(line, ["nsc", "select", "operator", "$(touch$IFS$0)", "`x`", ""])).toEqual([""]);
  });
});

describe.skipIf(lacks(fish !== undefined, "fish (`node scripts/shells.mjs`)"))("fish", () => {
  async function offered(line: string): Promise<string[]> {
    const { path = "fish", folder } = fish ?? {};
    const functions = folder === undefined ? "" : `set fish_function_path '${folder}/usr/share/fish/functions';`;
    const libraries = folder === undefined ? {} : { LD_LIBRARY_PATH: await librariesOf(folder) };
    const script = `${functions} nsc completion fish | source; complete -C '${line}'`;
    return (await shell(path, ["--no-config", "-c", script], libraries)).split("\n").slice(0, -1);
  }

  test("words, values and folders", { timeout: TIMEOUT }, async () => {
    expect(await offered("nsc sel")).toEqual(["select\tSet the current operator or account"]);
    expect(await offered("nsc select account --dry-run=")).toEqual(["--dry-run=true", "--dry-run=false"]);
    expect((await offered("nsc --config-dir a")).map((line) => line.split("\t")[0])).toEqual(["a folder/"]);
  });
});

describe.skipIf(lacks(zsh !== undefined, "zsh (`node scripts/shells.mjs`)"))("zsh", () => {
  test("words and values, as they are typed", { timeout: TIMEOUT }, async () => {
    const { path = "zsh", folder } = zsh ?? {};
    const own =
      folder === undefined
        ? ""
        : `module_path=(${folder}/usr/lib/*/zsh/*(/)); fpath=(${folder}/usr/share/zsh/functions/{*,*/*}(/));`;
    // Completion needs a terminal; zsh can make one.
    const script = `
      ${own}
      zmodload zsh/zpty
      zpty nsc ${path} -f -i
      read_until() { local more; until [[ $seen == *$~1* ]]; do zpty -r nsc more || break; seen+=$more; done }
      seen=
      zpty -w nsc "module_path=($module_path); fpath=($fpath); unset zle_bracketed_paste; PS1=; autoload -Uz compinit"
      zpty -w nsc 'compinit -u -D; source <(nsc completion zsh); echo re""ady'
      read_until 'ready*'
      zpty -w -n nsc $'nsc sel\\tacc\\t--dry-run=t\\t\\x01echo "<\\x05>"\\n'
      read_until '<nsc*>*'
      print -r -- $seen
      zpty -d nsc`;
    const seen = await shell(path, ["-f", "-c", script]);
    expect(seen).toMatch(/<nsc select account --dry-run=true ?>/);
  });
});

/** The folder of a package's libraries, whose name has the kind of machine in it. */
async function librariesOf(folder: string): Promise<string> {
  const { stdout } = await run("sh", ["-c", 'echo "$1"/usr/lib/*-linux-*', "sh", folder]);
  return stdout.trim().replaceAll(" ", ":");
}
