import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCreds } from "nsc.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { classicFlow } from "../../examples/classic-flow.ts";
import { natsServers } from "../support/nats-server.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nsc-test-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function play(server: string): Promise<{ played: boolean; story: string }> {
  const lines: string[] = [];
  const played = await classicFlow({ folder, server, tell: (line) => lines.push(line) });
  return { played, story: lines.join("\n") };
}

describe.each(natsServers)("the classic flow on nats-server $version", ({ path, version }) => {
  test("is told to its end", async () => {
    const { played, story } = await play(path);
    expect(played).toBe(true);
    expect(story).toMatch(new RegExp(`^ {3}nats-server ${version.replaceAll(".", "\\.")}, N[A-Z2-7]{55}$`, "m"));
    // Pushed are the account, its tiers, the limit there and back, the retired key, and the revocation.
    expect(story.match(/^ {3}APP pushed, SYS unchanged$/gm)).toHaveLength(6);
    expect(story).toMatch(/^ {3}APP A[A-Z2-7]{55}, SYS A|^ {3}SYS A[A-Z2-7]{55}, APP A/m);
    expect(story).toMatch(/^ {3}Permissions Violation for Publish to "payroll\.raise"$/m);
    expect(story).toMatch(/^ {3}.*maximum account active connections exceeded$/m);
    expect(story).toMatch(/^ {3}A[A-Z2-7]{55} -> A[A-Z2-7]{55}, distributed$/m);
    expect(story).toMatch(/^ {3}Authorization Violation$/m);
    expect(story).toMatch(/^ {3}.*User Authentication Revoked$/m);

    const keys = "[A-Z2-7]{55}";
    const rotated = new RegExp(`-> (A${keys}), distributed`).exec(story)?.[1];
    expect(story).toMatch(new RegExp(`^local {2}O${keys} {2}signed by itself, does not expire$`, "m"));
    expect(story).toMatch(new RegExp(`^ {2}APP {2}A${keys} {2}signed by O${keys}, does not expire$`, "m"));
    expect(story).toMatch(new RegExp(`^ {4}user {2}U${keys} {2}signed by ${rotated}, expires 20`, "m"));
    expect(story).toMatch(new RegExp(`^ {4}sys {2}U${keys} {2}signed by A${keys}, does not expire$`, "m"));

    const creds = join(folder, "creds", "local", "APP", "user.creds");
    expect((await stat(creds)).mode & 0o777).toBe(0o600);
    expect(parseCreds(await readFile(creds)).claims.iss).toBe(rotated);
    expect((await stat(join(folder, "server.conf"))).mode & 0o777).toBe(0o600);
  });
});

test("the classic flow without a nats-server does what needs none and says what it skipped", async () => {
  const { played, story } = await play(join(folder, "no-such-server"));
  expect(played).toBe(false);
  expect(story).toMatch(/NATS_SERVER/);
  expect(story).toMatch(/Skipped: all that needs a server/);
  expect(await readFile(join(folder, "server.conf"), "utf8")).toMatch(/type: "full"/);
});
