import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { manifest, ROOT } from "../support/manifest.ts";

/** Where the packed files are, and nothing else: no package is installed, here or above. */
const folder = mkdtempSync(join(tmpdir(), "nsc-js-command-"));
const command = join(folder, "package", "dist", "cli");
const chunks: string[] = [];

beforeAll(() => {
  execFileSync("tar", ["-xzf", inject("packed").tarball, "-C", folder]);
  chunks.push(...readdirSync(command).filter((file) => /\.js$/.test(file) && file !== "bin.js"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: readonly string[]) {
  const env = { PATH: process.env["PATH"], HOME: folder };
  const bin = join(folder, "package", manifest.bin["nsc"] ?? "");
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

async function bundle(absWorkingDir: string, entry: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    preserveSymlinks: true,
    outdir: "bundle",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return metafile;
}

describe("the packed command, with nothing else installed", () => {
  test.each(["--version", "-v"])("says its version for %s", (flag) => {
    expect(run(flag)).toEqual({ status: 0, stdout: `nsc version ${manifest.version}\n`, stderr: "" });
  });

  test("is an executable script", () => {
    expect(readFileSync(join(command, "bin.js"), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test("has all that it loads when it is needed", () => {
    expect(chunks.length).toBeGreaterThan(3);
    const urls = chunks.map((file) => pathToFileURL(join(command, file)).href);
    const script = `for (const url of ${JSON.stringify(urls)}) await import(url);`;
    const options = { cwd: folder, encoding: "utf8" } as const;
    const { stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], options);
    expect(stderr).toBe("");
  });

  test("has the functions that it calls in chunks which are loaded with the first call", () => {
    const require = createRequire(join(command, "bin.js"));
    const calls = chunks.flatMap((file) =>
      [...readFileSync(join(command, file), "utf8").matchAll(/\brequire\("(\.\/[\w-]+\.js)"\)\.(\w+)\(/g)].map(
        ([, chunk, name]) => [chunk as string, name as string] as const,
      ),
    );
    expect(calls.length).toBeGreaterThan(20);
    const missing = calls.filter(([chunk, name]) => {
      return typeof (require(chunk) as Record<string, unknown>)[name] !== "function";
    });
    expect(missing).toEqual([]);
    // What is assigned later than it is exported would stay nothing for whoever imports it.
    const others = chunks.filter((file) => file !== "signature-worker.js");
    const empty = others.flatMap((file) =>
      Object.entries(require(join(command, file)) as Record<string, unknown>)
        .filter(([, value]) => value === undefined)
        .map(([name]) => `${file} ${name}`),
    );
    expect(empty).toEqual([]);
    expect(require(join(command, "tweetnacl.js"))).toMatchObject({ default: { scalarMult: expect.any(Function) } });
  });

  test("imports nothing but its own files and what Node has", async () => {
    const { outputs } = await bundle(command, "bin.js");
    const imports = Object.values(outputs).flatMap((output) => output.imports.map(({ path }) => path));
    expect(imports).toContain("node:fs");
    expect(imports.filter((path) => !isBuiltin(path))).toEqual([]);
  });
});

test("every package in the command is named with its version and its licence", async () => {
  const inputs = Object.keys((await bundle(ROOT, "src/cli/bin.ts")).inputs).filter((file) =>
    file.includes("node_modules/"),
  );
  const folders = new Set(inputs.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? file));
  expect(folders.size).toBeGreaterThan(3);
  const text = readFileSync(join(command, "LICENSES.txt"), "utf8");
  const missing = [...folders].filter((folder) => {
    const packageJson = readFileSync(join(ROOT, folder, "package.json"), "utf8");
    const { name, version, license } = JSON.parse(packageJson) as Record<string, string>;
    return !text.includes(`${name} ${version} (${license})\n`);
  });
  expect(missing).toEqual([]);
  for (const words of ["Permission is hereby granted", "Apache License"]) expect(text).toContain(words);
});
