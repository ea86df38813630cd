import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The root of the repository. */
export const ROOT: string = join(import.meta.dirname, "../..");

/** What these checks read of `package.json`. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;

/** One module that the package exports. */
export interface Entry {
  /** What users import: `nsc.js/testing`. */
  readonly specifier: string;
  /** Its declarations and its script, from the root of the package on: `./dist/testing/index.js`. */
  readonly types: string;
  readonly script: string;
  /** Without a `default` condition, browsers and bundlers for them find no such module. */
  readonly nodeOnly: boolean;
}

export const entries: readonly Entry[] = Object.entries(manifest.exports).flatMap(([subpath, target]) => {
  if (typeof target === "string") return [];
  const script = target["default"] ?? target["node"] ?? "";
  const nodeOnly = target["default"] === undefined;
  return [{ specifier: manifest.name + subpath.slice(1), types: target["types"] ?? "", script, nodeOnly }];
});
