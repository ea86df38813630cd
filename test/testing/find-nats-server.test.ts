import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { findNatsServer } from "../../src/testing/index.ts";
import { describeWithServer, natsServer } from "../support/nats-server.ts";
import { describeOnPosix } from "../support/posix.ts";

// Shell scripts stand in for servers: what is looked for is a program that answers --version.
const root = realpathSync(mkdtempSync(join(tmpdir(), "nsc-find-")));
afterAll(() => rmSync(root, { recursive: true }));

function fakeServer(version: string, ...folders: readonly string[]): string {
  const folder = join(root, ...folders);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "nats-server");
  writeFileSync(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  chmodSync(path, 0o755);
  return path;
}

describeOnPosix("findNatsServer", () => {
  const project = join(root, "project");
  const cache = ["project", "node_modules", ".cache", "nats-server"] as const;
  const inPath = fakeServer("2.12.0", "path");
  const oldInPath = fakeServer("2.9.10", "old-path");
  mkdirSync(join(project, "packages", "deep"), { recursive: true });

  beforeEach(() => {
    vi.stubEnv("NATS_SERVER", "");
    vi.stubEnv("PATH", [join(root, "empty"), join(root, "old-path"), join(root, "path")].join(delimiter));
    vi.spyOn(process, "cwd").mockReturnValue(join(project, "packages", "deep"));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(join(root, ...cache), { recursive: true, force: true });
  });

  test("takes the first one in PATH that is new enough", async () => {
    expect(await findNatsServer()).toEqual({ path: inPath, version: "2.12.0" });
  });

  test("takes an older one if that is said to be enough", async () => {
    expect(await findNatsServer({ minVersion: "2.9.0" })).toEqual({ path: oldInPath, version: "2.9.10" });
  });

  test("prefers the cache of a folder above, highest version first", async () => {
    fakeServer("2.10.27", ...cache, "2.10.27");
    const newest = fakeServer("2.15.1", ...cache, "2.15.1");
    fakeServer("2.9.10", ...cache, "2.9.10");
    fakeServer("9.9.9", ...cache, ".tmp-unfinished");
    expect(await findNatsServer()).toEqual({ path: newest, version: "2.15.1" });
  });

  test("passes over what does not run", async () => {
    chmodSync(fakeServer("2.15.1", ...cache, "2.15.1"), 0o644);
    mkdirSync(join(root, ...cache, "2.15.0"), { recursive: true });
    expect(await findNatsServer()).toEqual({ path: inPath, version: "2.12.0" });
  });

  test("prefers $NATS_SERVER, of any version", async () => {
    fakeServer("2.15.1", ...cache, "2.15.1");
    vi.stubEnv("NATS_SERVER", oldInPath);
    expect(await findNatsServer()).toEqual({ path: oldInPath, version: "2.9.10" });
  });

  test("prefers the path that it is given, relative ones from the working directory", async () => {
    vi.stubEnv("NATS_SERVER", oldInPath);
    const path = relative(process.cwd(), inPath);
    expect(await findNatsServer({ path })).toEqual({ path: inPath, version: "2.12.0" });
  });

  test("says what was looked at and what would do, if there is none", async () => {
    await expect(findNatsServer({ minVersion: "99.0.0" })).rejects.toMatchObject({
      code: "ERR_SERVER_NOT_FOUND",
      message: expect.stringMatching(/99\.0\.0 or newer.*PATH.*nats-server is 2\.12\.0.*set NATS_SERVER.*install/s),
    });
  });

  test("never replaces one that was named", async () => {
    const missing = join(root, "missing");
    const other = join(root, "path", "other");
    writeFileSync(other, "#!/bin/sh\necho 'nats: v1.0.0'\n", { mode: 0o755 });
    for (const path of [missing, other, root]) {
      const failure = { code: "ERR_SERVER_NOT_FOUND", message: expect.stringContaining(path) };
      await expect(findNatsServer({ path })).rejects.toMatchObject(failure);
      vi.stubEnv("NATS_SERVER", path);
      await expect(findNatsServer()).rejects.toMatchObject(failure);
    }
    vi.stubEnv("NATS_SERVER", oldInPath);
    await expect(findNatsServer({ minVersion: "2.10.0" })).rejects.toMatchObject({
      code: "ERR_SERVER_NOT_FOUND",
      message: expect.stringContaining("which is 2.9.10; 2.10.0 or newer is needed"),
    });
  });

  test("refuses a minVersion that is none", async () => {
    await expect(findNatsServer({ minVersion: "2.10" })).rejects.toMatchObject({ code: "ERR_ARGUMENT_INVALID" });
  });
});

describeWithServer("a real nats-server", () => {
  test("is found and tells its version", () => {
    expect(natsServer?.version).toMatch(/^2\.\d+\.\d+/);
  });
});
