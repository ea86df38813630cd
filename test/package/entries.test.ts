import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import ts from "typescript";
import { describe, expect, inject, test } from "vitest";
import { entries, manifest } from "../support/manifest.ts";

const { project, tarball } = inject("packed");
const specifiers = entries.map(({ specifier }) => specifier);

/** What a script of the user's project prints, as JSON. */
function evaluate(type: "module" | "commonjs", script: string): unknown {
  const options = { cwd: project, encoding: "utf8" } as const;
  return JSON.parse(execFileSync(process.execPath, [`--input-type=${type}`, "--eval", script], options));
}

describe.each(specifiers)("%s", (specifier) => {
  test("gives the same names to import and to require", () => {
    const names = "console.log(JSON.stringify(Object.keys(lib).sort()))";
    const imported = evaluate("module", `const lib = await import("${specifier}"); ${names}`);
    const required = evaluate("commonjs", `const lib = require("${specifier}"); ${names}`);
    expect(imported).not.toEqual([]);
    expect(required).toEqual(imported);
  });
});

test("package.json can be imported", () => {
  expect(evaluate("commonjs", `console.log(JSON.stringify(require("${manifest.name}/package.json").version))`)).toBe(
    manifest.version,
  );
});

test("what is not exported cannot be imported", () => {
  const script = `import("${manifest.name}/dist/index.js").catch(({ code }) => console.log(JSON.stringify(code)))`;
  expect(evaluate("module", script)).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED");
});

describe("the types", () => {
  const nodeNext = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const portable = entries.filter(({ nodeOnly }) => !nodeOnly).map(({ specifier }) => specifier);
  const lib = ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"];
  const node = { lib, types: ["node"] };
  const browser = { lib: [...lib, "lib.dom.d.ts"], types: [] };

  test.each([
    { resolution: "NodeNext", imports: specifiers, options: { ...nodeNext, ...node } },
    { resolution: "Bundler", imports: specifiers, options: { ...bundler, ...node } },
    { resolution: "Bundler in a browser", imports: portable, options: { ...bundler, ...browser } },
  ])("resolve under $resolution and check with the user's strictness", ({ imports, options }) => {
    const text = imports.map((specifier, index) => [
      `import * as lib${index} from "${specifier}";`,
      `export const names${index}: readonly (keyof typeof lib${index})[] = [];`,
      "// @ts-expect-error: were the types not found, everything would be any",
      `lib${index}.thisIsNoExport;`,
    ]);
    expect(diagnosticsOf(text.flat().join("\n"), options)).toEqual([]);
  });

  /** Compiles one file of the user's project, strictly and with the declarations of every dependency. */
  function diagnosticsOf(text: string, options: ts.CompilerOptions): string[] {
    const file = join(project, "user.ts");
    writeFileSync(file, text);
    const program = ts.createProgram([file], {
      target: ts.ScriptTarget.ES2022,
      typeRoots: [join(project, "node_modules", "@types")],
      strict: true,
      skipDefaultLibCheck: true,
      noEmit: true,
      ...options,
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map((found) => `${found.file?.fileName ?? ""} ${ts.flattenDiagnosticMessageText(found.messageText, "\n")}`);
  }
});

describe("a bundle for browsers", () => {
  const bundle = (specifier: string) =>
    build({
      stdin: { contents: `export * from "${specifier}";`, resolveDir: project },
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      metafile: true,
      logLevel: "silent",
    });

  test.each(entries)("of $specifier is all there, or refused", async ({ specifier, nodeOnly }) => {
    if (nodeOnly) {
      await expect(bundle(specifier)).rejects.toThrow(`Could not resolve "${specifier}"`);
      return;
    }
    const { metafile, warnings } = await bundle(specifier);
    expect(warnings).toEqual([]);
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    expect(imports).toEqual([]);
  });
});

describe("the checkers of packages", () => {
  test("publint has nothing to say", async () => {
    const bytes = readFileSync(tarball);
    const pack = { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) };
    const { messages, pkg } = await publint({ pack, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("attw finds the types of every entry right for ESM", () => {
    const attw = fileURLToPath(import.meta.resolve("@arethetypeswrong/cli/package.json"));
    const options = ["--profile", "esm-only", "--no-color", "--no-emoji"];
    const { status, stdout, stderr } = spawnSync(process.execPath, [binaryOf(attw), tarball, ...options], {
      encoding: "utf8",
    });
    expect(status, stdout + stderr).toBe(0);
  });

  function binaryOf(packageJson: string): string {
    const { bin } = JSON.parse(readFileSync(packageJson, "utf8")) as { bin: { attw: string } };
    return join(packageJson, "..", bin.attw);
  }
});
