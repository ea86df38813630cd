import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { natsServer } from "./nats-server.ts";

/** What `nats-server -t` says of configurations: whether it can read them. It does not start. */
export interface ConfigChecker {
  /** Where the configuration lies and the server runs: relative paths start here. */
  readonly dir: string;
  /** What the server has against the configuration; nothing if it takes it. */
  check(text: string, env?: Readonly<Record<string, string>>): Promise<string | undefined>;
  close(): void;
}

export function configChecker(binary: string | undefined = natsServer?.path): ConfigChecker {
  const dir = mkdtempSync(join(tmpdir(), "nats-config-"));
  let count = 0;
  return {
    dir,
    check(text, env = {}) {
      const file = `check-${count++}.conf`;
      writeFileSync(join(dir, file), text);
      return new Promise((resolve) => {
        execFile(binary as string, ["-t", "-c", file], { cwd: dir, env: { ...env } }, (error, stdout, stderr) => {
          rmSync(join(dir, file));
          resolve(error === null ? undefined : `${stdout}${stderr}` || String(error));
        });
      });
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
