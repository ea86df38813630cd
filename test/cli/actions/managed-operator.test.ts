import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAccountClaims, createKeyPair, createOperatorClaims, encode, type KeyPair } from "nsc.js";
import { describe, expect, test } from "vitest";
import { filesOf } from "../support/files-of.ts";
import { HostedOperator } from "../support/hosted-operator.ts";
import { CommandHome } from "../support/run-command.ts";
import { storedTree } from "../support/stored-tree.ts";

const STORES = ".local/share/nats/nsc/stores";
const KEY = createKeyPair("operator");

interface TokenInit {
  readonly name?: string;
  readonly key?: KeyPair;
  readonly by?: KeyPair;
  readonly issuedAt?: number;
  readonly url?: string;
}

async function tokenOf({ name = "Hosted", key = KEY, by = key, issuedAt = 1_700_000_000, url }: TokenInit = {}) {
  const claims = createOperatorClaims(key.publicKey, { name });
  if (url !== undefined) claims.nats.account_server_url = url;
  return await encode(claims, by, { issuedAt });
}

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

describe("add operator -u", () => {
  test("imports from a file, also between lines of dashes, and makes it current", async () => {
    await using home = await CommandHome.make();
    const token = await tokenOf();
    await writeFile(
      join(home.path, "op.jwt"),
      `-----BEGIN NATS OPERATOR JWT-----\n${token}\n------END NATS OPERATOR JWT------\n`,
    );
    const { stdout } = await home.nsc("add", "operator", "-u", "op.jwt");
    expect(stdout).toBe(
      '[ OK ] imported operator "Hosted"\n[ OK ] When running your own nats-server, make sure they run at least version 2.2.0\n',
    );
    expect(await readFile(join(home.path, STORES, "Hosted/Hosted.jwt"), "utf8")).toBe(token);
    expect(JSON.parse(await readFile(join(home.path, STORES, "Hosted/.nsc"), "utf8"))).toMatchObject({ managed: true });
    const context = JSON.parse(await readFile(join(home.path, ".config/nats/nsc/nsc.json"), "utf8"));
    expect(context.operator).toBe("Hosted");
  });

  test("names what comes from a well known operator after it, whatever the case", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    const env = { NSC_acme_OPERATOR: hosted.operatorUrl, NSC_OPERATOR: "http://127.0.0.1:1" };
    expect((await home.run(["add", "operator", "-u", "ACME"], { env })).stdout).toContain('"acme"');
    expect((await home.run(["add", "operator", "-u", hosted.operatorUrl], { env })).stderr).toContain("acme exists");
    const again = await home.nsc("add", "operator", "-u", hosted.operatorUrl);
    expect(again.stdout).toContain('[WARN] it is the same operator as "acme", under another name\n');
    expect(again.stdout).toContain('imported operator "Hosted"');
  });

  test("says what is wrong with where it looked", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    const at = `${hosted.url}/nothing`;
    const missing = await home.run(["add", "operator", "-u", at]);
    expect(missing.stderr).toContain(`error reading \`${at}\`: error reading response from "${at}": 404 Not Found`);
    const secret = await home.run(["add", "operator", "-u", `${at.replace("//", "//me:pass@")}?token=abc`]);
    expect(secret.code).toBe(1);
    expect(secret.stderr).not.toMatch(/pass|abc/);
    expect((await home.run(["add", "operator", "-u", "no.jwt"])).stderr).toContain(
      `error reading \`no.jwt\`: open ${join(home.path, "no.jwt")}: no such file or directory`,
    );
    expect((await home.run(["add", "operator", "-u", "."])).stderr).toContain("is a directory");
    const port = await closedPort();
    const unreachable = await home.run(["add", "operator", "-u", `http://127.0.0.1:${port}/operator`]);
    expect([unreachable.code, unreachable.stderr]).toEqual([1, expect.stringContaining("ECONNREFUSED")]);
  });

  test.each(["../../evil", "a/b", "..", "a\nb"])("refuses the name %j from the network", async (name) => {
    await using home = await CommandHome.make();
    await writeFile(join(home.path, "op.jwt"), await tokenOf({ name }));
    await home.run(["completion", "bash"]);
    const before = await filesOf(home.path);
    const { code, stderr } = await home.run(["add", "operator", "-u", "op.jwt"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("name")]);
    expect((await filesOf(home.path)).filter((file) => file.endsWith(".jwt"))).toEqual(
      before.filter((file) => file.endsWith(".jwt")),
    );
    await home.nsc("add", "operator", "-u", "op.jwt", "-n", "sound");
  });

  test("replaces with --force alone, and says what it replaces", async () => {
    await using home = await CommandHome.make();
    const file = join(home.path, "op.jwt");
    const path = join(home.path, STORES, "Hosted/Hosted.jwt");
    await writeFile(file, await tokenOf());
    await home.nsc("add", "operator", "-u", file);
    const again = await home.run(["add", "operator", "-u", file]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("use --force to overwrite")]);

    const older = await tokenOf({ issuedAt: 1_600_000_000 });
    await writeFile(file, older);
    expect((await home.nsc("add", "operator", "-u", file, "--force")).stdout).toContain(
      "[WARN] the token that was there",
    );
    expect(await readFile(path, "utf8")).toBe(older);

    const other = await tokenOf({ key: createKeyPair("operator") });
    await writeFile(file, other);
    const outcome = await home.nsc("add", "operator", "-u", file, "--force");
    expect(outcome.stdout).toContain(
      "[WARN] existing and new operator represent different entities, forced to continue",
    );
    expect(await readFile(path, "utf8")).toBe(other);

    await writeFile(file, await tokenOf({ by: createKeyPair("operator"), issuedAt: 1_500_000_000 }));
    const forged = await home.run(["add", "operator", "-u", file, "--force"]);
    expect([forged.code, await readFile(path, "utf8")]).toEqual([1, other]);
  });

  test("changes nothing in a dry run, and takes no system account", async () => {
    await using home = await CommandHome.make();
    await writeFile(join(home.path, "op.jwt"), await tokenOf());
    const dry = await home.run(["add", "operator", "-u", "op.jwt", "--dry-run", "--json"]);
    expect(dry.json).toMatchObject({ dry_run: true, changes: [{ kind: "operator", path: ["Hosted"] }] });
    expect(await filesOf(home.path)).toEqual(["op.jwt"]);
    expect((await home.run(["add", "operator", "-u", "op.jwt", "--sys"])).stderr).toContain(
      "importing an operator is not compatible with system account generation",
    );
    expect((await home.run(["add", "operator", "x", "--force"])).stderr).toContain("force only works with -u");
  });
});

describe("accounts of a managed operator", () => {
  test("are signed by its account server", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    hosted.change = ({ nats }) => {
      nats.limits.conn = 10;
    };
    await home.nsc("add", "operator", "-u", hosted.operatorUrl);
    const added = await home.nsc("add", "account", "A");
    expect(added.stdout).toMatch(
      /^\[ OK \] generated and stored account key "A\w+"\n\[ OK \] push jwt to account server:\n {7}\[ OK \] pushed account jwt to the account server\n {7}> account stored\n\[ OK \] pull jwt from account server\n\[ OK \] added account "A"\n$/,
    );
    const account = await hosted.account("A");
    const path = join(home.path, STORES, "Hosted/accounts/A/A.jwt");
    expect(await readFile(path, "utf8")).toBe(account.token);
    expect(account.claims.iss).toBe(hosted.operator.claims.nats.signing_keys?.[0]);

    const edited = await home.nsc("edit", "account", "A", "--conns", "50", "--tag", "eu");
    expect(edited.stdout).toContain("account server modifications:\n       > max connections changed from 50 to 10\n");
    expect(account.claims.nats).toMatchObject({ tags: ["eu"], limits: { conn: 10 } });
    expect(await readFile(path, "utf8")).toBe(account.token);
  });

  test("are kept, signed by themselves, where it refuses, waits or does not answer", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    await home.nsc("add", "operator", "-u", hosted.operatorUrl);
    const again = "[WARN] perform push/pull again or exchange self-signed JWT manually";

    hosted.refuse = ({ method }) => (method === "POST" ? new Response("not you", { status: 400 }) : undefined);
    const refused = await home.run(["add", "account", "A"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("[ERR ] failed to push account to remote server");
    expect(refused.stderr).toContain("not you");
    expect(refused.stderr).toContain(again);
    expect(refused.stderr).not.toContain("added account");

    hosted.refuse = ({ method }) => (method === "POST" ? new Response("later", { status: 202 }) : undefined);
    const accepted = await home.nsc("add", "account", "B");
    expect(accepted.stdout).toContain("[WARN] pushed account jwt was accepted by the account server\n       > later\n");
    expect(accepted.stdout).toContain(again);

    hosted.refuse = ({ method }) => (method === "GET" ? new Response("", { status: 500 }) : undefined);
    const unpulled = await home.run(["add", "account", "C"]);
    expect([unpulled.code, unpulled.stderr]).toEqual([1, expect.stringContaining('[ERR ] error pulling account "C"')]);

    // As in nsc, what failed is not what commands are about from now on.
    const { account } = JSON.parse(await readFile(join(home.path, ".config/nats/nsc/nsc.json"), "utf8"));
    expect(account).toBe("B");

    for (const name of ["A", "B", "C"]) {
      const token = await readFile(join(home.path, STORES, `Hosted/accounts/${name}/${name}.jwt`), "utf8");
      const { iss, sub } = JSON.parse(Buffer.from(token.split(".")[1] as string, "base64url").toString());
      expect(iss).toBe(sub);
    }
    hosted.refuse = () => undefined;
    expect((await home.nsc("edit", "account", "A", "--tag", "x")).stdout).toContain("> account stored");
  });

  test("are signed by its account server at each step of a rotation that changes them", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    await home.nsc("add", "operator", "-u", hosted.operatorUrl);
    await home.nsc("add", "account", "A");
    await home.nsc("edit", "signing-key", "--sk", "generate", "--role", "web");
    await home.nsc("add", "user", "u", "-K", "web");
    const account = await hosted.account("A");
    const keys = (): readonly string[] =>
      (account.claims.nats.signing_keys ?? []).map((key) => (typeof key === "string" ? key : key.key));
    const rotate = async (...words: readonly string[]): Promise<Record<string, unknown>> =>
      (await home.nsc("rotate", ...words, "--json")).json as Record<string, unknown>;
    const stored = (): Promise<string> => readFile(join(home.path, STORES, "Hosted/accounts/A/A.jwt"), "utf8");

    const web = ["signing-key", "web", "-a", "A"];
    const { from, to } = await rotate(...web);
    expect(keys()).toEqual(expect.arrayContaining([from, to]));
    expect(await stored()).toBe(account.token);
    await rotate(...web, "--cancel");
    expect(keys()).toEqual([from]);

    const begun = await home.nsc("rotate", ...web);
    expect(begun.stdout).toContain("[ OK ] pushed account jwt to the account server\n");
    const early = await home.run(["rotate", ...web, "--advance"]);
    expect([early.code, early.stderr.split("\n")[0]]).toEqual([
      1,
      `Error: nats-servers can't be asked by "${hosted.url}", whether they have the new key`,
    ]);
    await rotate(...web, "--advance", "--distributed");
    const sent = hosted.requests.length;
    const { to: key } = await rotate(...web, "--advance", "--distributed");
    expect(hosted.requests.length).toBe(sent);
    await rotate(...web, "--retire");
    expect(keys()).toEqual([key]);

    expect(await rotate("user", "u", "-a", "A")).toMatchObject({ stage: "cut-over" });
    const { from: old } = await rotate("user", "u", "-a", "A", "--retire");
    expect(Object.keys(account.claims.nats.revocations ?? {})).toEqual([old]);
    expect(await stored()).toBe(account.token);
  });

  test("wait for the operator's signature, and are pulled as they are meanwhile", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    await home.nsc("add", "operator", "-u", hosted.operatorUrl);
    const file = join(home.path, STORES, "Hosted/accounts/A/A.jwt");
    hosted.refuse = ({ method, path }) => {
      if (!path.includes("/accounts/")) return undefined;
      return new Response(method === "POST" ? "is looked at" : readFileSync(file, "utf8"));
    };
    const { stdout } = await home.nsc("add", "account", "A");
    expect(stdout).toContain("[WARN] the account server has not signed it yet\n");
    const before = await readFile(file, "utf8");
    expect((await home.nsc("pull", "-a", "A")).stdout).toBe('[ OK ] pulled "A" from the account server\n');
    expect(await readFile(file, "utf8")).toBe(before);
  });

  test("are kept under no name that the server makes up", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    await home.nsc("add", "operator", "-u", hosted.operatorUrl);
    const key = createKeyPair("account");
    const evil = await encode(createAccountClaims(key.publicKey, { name: "../../../../evil" }), hosted.key);
    hosted.refuse = ({ method, path }) =>
      method === "GET" && path.includes("/accounts/") ? new Response(evil) : undefined;
    const { code, stderr } = await home.run([
      "add",
      "account",
      "A",
      "--public-key",
      new TextDecoder().decode(key.getSeed()),
    ]);
    expect(code).toBe(1);
    expect(stderr).not.toContain("defect");
    expect((await filesOf(home.path)).filter((file) => file.includes("evil"))).toEqual([]);
  });

  test("sign themselves where -K says so", async () => {
    await using home = await CommandHome.make();
    const remote = join(home.path, "remote");
    await home.nsc("-H", remote, "add", "operator", "theirs");
    await home.nsc("add", "operator", "-u", join(remote, "theirs/theirs.jwt"));
    await home.nsc("import", "keys", "--recurse", "--dir", remote);
    await home.nsc("add", "account", "A");
    const account = async () => await (await storedTree(home).operator("theirs")).account("A");
    const { publicKey, claims } = await account();
    expect(claims.iss).not.toBe(publicKey);
    await home.nsc("edit", "account", "A", "--tag", "x", "-K", publicKey);
    expect((await account()).claims.iss).toBe(publicKey);
  });

  test("are not sent in a dry run, nor where there is no account server", async () => {
    await using hosted = await HostedOperator.start();
    await using home = await CommandHome.make();
    await home.nsc("add", "operator", "-u", hosted.operatorUrl);
    const asked = hosted.requests.length;
    const dry = await home.run(["add", "account", "A", "--dry-run"]);
    expect([dry.code, dry.stderr]).toEqual([0, expect.stringContaining(`would send account "A" to ${hosted.url}`)]);
    expect(hosted.requests.length).toBe(asked);
    await writeFile(
      join(home.path, "op.jwt"),
      await tokenOf({ name: "Closed", url: "http://me:pass@127.0.0.1:1/jwt" }),
    );
    await home.nsc("add", "operator", "-u", "op.jwt");
    const { stderr } = await home.run(["add", "account", "A", "--dry-run"]);
    expect(stderr).toContain('would send account "A" to http://127.0.0.1:1/jwt\n');

    await writeFile(join(home.path, "op.jwt"), await tokenOf({ name: "Plain", url: "nats://127.0.0.1:4222" }));
    await home.nsc("add", "operator", "-u", "op.jwt", "-n", "here");
    expect((await home.nsc("add", "account", "A")).stdout).toContain(
      `[WARN] unable to push to "Plain" - operator doesn't set an account server url or manual exchange necessary\n[WARN] perform push/pull again or exchange self-signed JWT manually\n[ OK ] added account "A"\n`,
    );
    await home.nsc("add", "user", "u");
    const deleted = await home.nsc("delete", "user", "u", "-R");
    expect(deleted.stdout).toMatch(
      /^\[WARN\] delete users:\n[\s\S]*\n {7}\[WARN\] unable to push[\s\S]*\n {7}\[ OK \] edited account "A"\n$/,
    );
    const renamed = await home.nsc("rename", "account", "A", "B", "--OK");
    expect(renamed.stdout).toContain(
      '[WARN] rename account "A" to "B":\n       [WARN] copy account "A" to "B":\n              [WARN] unable to push to "Plain"',
    );
  });
});
