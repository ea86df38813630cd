import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestProject } from "vitest/node";
import { manifest, ROOT } from "../support/manifest.ts";

/** Where the tests of this folder find what a user would get. */
export interface Packed {
  /** The file that would be published. */
  readonly tarball: string;
  /** A user's project that has it installed. */
  readonly project: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly packed: Packed;
  }
}

/** Packs the library as it was built, and installs it into a project of its own without asking a registry. */
// biome-ignore lint/style/noDefaultExport: vitest wants it
export default function setup({ provide }: TestProject): () => void {
  if (!existsSync(join(ROOT, "dist"))) throw new Error("there is no dist/: run `npm run build` first");
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nsc-js-package-")));
  const project = join(folder, "project");
  const modules = join(project, "node_modules");
  mkdirSync(modules, { recursive: true });

  const options = { cwd: ROOT, stdio: "pipe", shell: process.platform === "win32" } as const;
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], options);
  const tarball = join(folder, `${manifest.name}-${manifest.version}.tgz`);
  execFileSync("tar", ["-xzf", tarball, "-C", folder]);
  renameSync(join(folder, "package"), join(modules, manifest.name));

  for (const name of [...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }), "@types/node"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name), "junction");
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));

  provide("packed", { tarball, project });
  return () => rmSync(folder, { recursive: true, force: true });
}
