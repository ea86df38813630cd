import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { firstConnection } from "../../examples/first-connection.ts";
import { parseCreds } from "../../src/index.ts";
import { natsServers } from "../support/nats-server.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nsc-test-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function play(server: string): Promise<{ played: boolean; story: string }> {
  const lines: string[] = [];
  const played = await firstConnection({ folder, server, tell: (line) => lines.push(line) });
  return { played, story: lines.join("\n") };
}

describe.each(natsServers)("the demo on nats-server $version", ({ path, version }) => {
  test("plays with both resolvers and leaves its files behind", async () => {
    const { played, story } = await play(path);
    expect(played).toBe(true);
    expect(story.match(new RegExp(`nats-server ${version} at nats://127\\.0\\.0\\.1:\\d+`, "g"))).toHaveLength(2);
    expect(story.match(/Permissions Violation for Publish to "orders\.new"/g)).toHaveLength(2);
    expect(story.match(/^ {3}server N[A-Z2-7]{55}$/gm)).toHaveLength(2);

    for (const name of ["sys", "alice", "bob"]) {
      const file = join(folder, `${name}.creds`);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(parseCreds(await readFile(file)).claims.name).toBe(name);
    }
    expect((await stat(join(folder, "auth.conf"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, "auth.conf"), "utf8")).toMatch(/^operator: "eyJ/m);
  });
});

test("the demo without a nats-server does what needs none and says what it skipped", async () => {
  const { played, story } = await play(join(folder, "no-such-server"));
  expect(played).toBe(false);
  expect(story).toMatch(/NATS_SERVER/);
  expect(story).toMatch(/Skipped: starting a server/);
  expect(await readFile(join(folder, "auth.conf"), "utf8")).toMatch(/type: "full"/);
});
