import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { isNscError } from "../../src/errors.ts";
import { type FoundNatsServer, findNatsServer } from "../../src/testing/index.ts";

/**
 * The nats-server of this machine; `scripts/nats-server.mjs` fetches one. Without any, one loud line says why and the
 * tests of {@link describeWithServer} are skipped; where `CI` is "true", the file fails instead.
 */
export const natsServer: FoundNatsServer | undefined = await lookUp();

/** `describe` for tests that need {@link natsServer}. */
export const describeWithServer: ReturnType<typeof describe.skipIf> = describe.skipIf(natsServer === undefined);

/** `test` for a test that needs {@link natsServer}. */
export const testWithServer: ReturnType<typeof test.skipIf> = test.skipIf(natsServer === undefined);

async function lookUp(): Promise<FoundNatsServer | undefined> {
  try {
    return await findNatsServer();
  } catch (error) {
    if (process.env["CI"] === "true" || !isNscError(error, "ERR_SERVER_NOT_FOUND")) throw error;
    console.error(`!!! TESTS THAT NEED A NATS-SERVER ARE SKIPPED: ${error.message}; or run scripts/nats-server.mjs`);
    return undefined;
  }
}

/**
 * {@link natsServer} and the others that are cached, for what must work on old ones, too. `npm run test:compatibility`
 * brings those of Debian 12 and 13 into the cache.
 */
export const natsServers: readonly FoundNatsServer[] = await lookUpAll();

async function lookUpAll(): Promise<FoundNatsServer[]> {
  if (natsServer === undefined) return [];
  const cache = join(import.meta.dirname, "../../node_modules/.cache/nats-server");
  const folders = await readdir(cache).catch(() => []);
  const paths = folders
    .map((version) => join(cache, version, "nats-server"))
    .filter((path) => path !== natsServer.path);
  return [natsServer, ...(await Promise.all(paths.map((path) => findNatsServer({ path }))))];
}
