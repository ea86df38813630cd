import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, posix } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { manifest, ROOT } from "../support/manifest.ts";

const installed = join(inject("packed").project, "node_modules", manifest.name);
const files = readdirSync(installed, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) =>
    join(entry.parentPath, entry.name)
      .slice(installed.length + 1)
      .replaceAll("\\", "/"),
  )
  .sort();

const textOf = (file: string): string => readFileSync(join(installed, file), "utf8");
const containing = (pattern: RegExp): string[] => files.filter((file) => pattern.test(textOf(file)));

describe("the packed files", () => {
  test("are the built code, its sources and the documents", () => {
    const documents = ["LICENSE", "README.md", "package.json", ...manifest.files.filter((file) => /\./.test(file))];
    expect(files.filter((file) => !/^(?:dist|src)\//.test(file))).toEqual(documents.sort());
  });

  test("are all of those that package.json lists", () => {
    expect(manifest.files.filter((file) => !existsSync(join(installed, file)))).toEqual([]);
  });

  test("hold no test and nothing that is not code", () => {
    const sources = files.filter((file) => file.startsWith("src/"));
    expect(sources.filter((file) => !file.endsWith(".ts"))).toEqual([]);
    const built = files.filter((file) => file.startsWith("dist/"));
    // The command is made of CommonJS modules, and brings the licences of what is bundled into it.
    const others = ["dist/cli/LICENSES.txt", "dist/cli/package.json"];
    expect(built.filter((file) => !/\.(?:js|d\.ts)(?:\.map)?$/.test(file))).toEqual(others);
    expect(files.filter((file) => /[.-](?:test|spec|bench)(?:-d)?\./.test(file))).toEqual([]);
  });

  test("hold no seed", () => {
    expect(containing(/\bS[OAUNCX][A-Z2-7]{56}\b/)).toEqual([]);
  });

  test("hold no path of the machine that packed them", () => {
    const paths = [ROOT, `${homedir()}/`].map((path) => path.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&"));
    expect(containing(new RegExp(paths.join("|")))).toEqual([]);
  });

  test("have source maps that lead to packed sources", () => {
    const lost = files
      .filter((file) => file.endsWith(".map"))
      .flatMap((file) => {
        const { sources, sourceRoot } = JSON.parse(textOf(file)) as { sources: string[]; sourceRoot?: string };
        return sources.map((source) => posix.join(posix.dirname(file), sourceRoot ?? "", source));
      })
      .filter((source) => !files.includes(source));
    expect(lost).toEqual([]);
  });
});

test("the version is the one on top of the changelog", () => {
  const top = /^## \[?(\d+\.\d+\.\d+[^\s\]]*)/m.exec(readFileSync(join(ROOT, "CHANGELOG.md"), "utf8"))?.[1];
  expect(top).toBe(manifest.version);
});
