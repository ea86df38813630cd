import { cachedServer, describeOf } from "../server/servers.ts";
import { natsServer } from "../support/nats-server.ts";

/** The newest server and those of Debian 12 and 13, as far as they are there. */
const VERSIONS = [
  { title: "the newest nats-server", binary: natsServer?.path },
  { title: "nats-server 2.10", binary: cachedServer("2.10") },
  { title: "nats-server 2.9", binary: cachedServer("2.9") },
];

/** Tests for each version of the server; those for one that is not there are skipped, of which one loud line tells. */
export function describeVersions(name: string, tests: (binary: string) => void): void {
  for (const { title, binary } of VERSIONS) {
    describeOf(binary)(`${name}, ${title}`, () => tests(binary ?? ""));
  }
}
