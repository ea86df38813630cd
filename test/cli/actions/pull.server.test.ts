import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { createKeyPair, decode, encode } from "nsc.js";
import { push } from "nsc.js/nats";
import { expect, test } from "vitest";
import { pairOf } from "../../nats/tools.ts";
import { describeWithServer } from "../../support/nats-server.ts";
import { servedHome } from "../servers/served-home.ts";

interface Pulled {
  readonly accounts: readonly { readonly name: string; readonly status: string }[];
}

describeWithServer("nsc pull", () => {
  test("brings all accounts of the servers into the store, as they are", async () => {
    const { home, operator, directory } = await servedHome(["A", "B"]);
    const { token } = await operator.account("B");
    await home.nsc("push", "-A");
    await rm(join(directory.storesDir, "local/accounts/B"), { recursive: true });

    const dry = await home.nsc("pull", "-A", "--dry-run", "--json");
    expect((dry.json as Pulled).accounts.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "A unchanged",
      "B added",
      "SYS unchanged",
    ]);
    expect(await directory.read(["local", "B"])).toBeUndefined();

    const { stdout } = await home.nsc("pull", "-A");
    expect(stdout).toBe(
      [
        '[ OK ] pulled "SYS" from the account server:',
        '       [ OK ] stored account "A"',
        '       [ OK ] stored account "B"',
        '       [ OK ] stored account "SYS"',
        "",
      ].join("\n"),
    );
    expect(await directory.read(["local", "B"])).toBe(token);
  });

  test("keeps what is newer in the store, unless it is told otherwise", async () => {
    const { home, operator, directory } = await servedHome(["A"]);
    await home.nsc("push", "-A");
    const a = await operator.account("A");
    const before = a.token;
    await a.edit(({ nats }) => {
      nats.limits.conn = 3;
    });
    const { code, stderr } = await home.run(["pull", "-A"]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      '[ERR ] local jwt for "A" is newer than remote version - specify --overwrite-newer to overwrite',
    );
    expect(stderr).toContain("Error: 1 job failed - 1 job succeeded and 0 had warnings\n");
    expect(await directory.read(["local", "A"])).toBe(a.token);
    await home.nsc("pull", "-A", "-F");
    expect(await directory.read(["local", "A"])).toBe(before);
  });

  test("says that all failed only where all did, and of tokens of one second that neither is newer", async () => {
    const { home, operator, server, directory } = await servedHome(["A"]);
    await home.nsc("push", "-A");
    const key = await pairOf(directory, operator.publicKey);
    for (const name of ["A", "SYS"]) {
      const { token, publicKey } = await operator.account(name);
      const claims = decode(token, { kind: "account" });
      claims.nats.description = "another one";
      const planted = await encode(claims, key, { issuedAt: claims.iat as number });
      await writeFile(join(server.dir, "jwt", `${publicKey}.jwt`), planted);
    }
    const { code, stderr } = await home.run(["pull", "-A"]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'local jwt for "A" is another one of the same second as the remote version - specify --ov',
    );
    expect(stderr).toContain("Error: all jobs failed\n");
  });

  test("says that servers have no accounts", async () => {
    const { home, server, system } = await servedHome();
    await rm(join(server.dir, "jwt", `${system}.jwt`));
    const { stdout } = await home.nsc("pull", "-A");
    expect(stdout).toBe("[ OK ] pull from cluster using system account:\n       [ OK ] the servers have no accounts\n");
  });

  test("takes nothing that no key of the operator signed", async () => {
    const { home, operator, server, directory } = await servedHome(["A"]);
    await home.nsc("push", "-A");
    const a = await operator.account("A");
    const claims = decode(a.token, { kind: "account" });
    claims.iat = (claims.iat ?? 0) + 5;
    const planted = await encode(claims, createKeyPair("operator"), { issuedAt: claims.iat });
    await writeFile(join(server.dir, "jwt", `${a.publicKey}.jwt`), planted);
    const { code, stderr } = await home.run(["pull", "-A"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\[ERR \] error storing "A": it is signed by O\w+, which is no key of the operator/);
    expect(await directory.read(["local", "A"])).toBe(a.token);
  });

  test("asks with the keys that a strict operator allows", async () => {
    const { home, operator, directory, server } = await servedHome(["A"]);
    await operator.requireSigningKeys();
    // The server does not know of it, and takes what a signing key signed.
    const system = await operator.account("SYS");
    expect(system.claims.nats.signing_keys).toHaveLength(1);
    await push({ connect, servers: server.url }, operator);
    const pair = await pairOf(directory, system.publicKey);
    await directory.commit({ deletedKeys: [pair.publicKey] });
    await home.nsc("pull", "-A");
    await home.nsc("pull", "-A", "--system-user", "sys");
  });

  test("refuses one account of nats-servers, an operator without servers, and nothing to pull", async () => {
    const { home, operator } = await servedHome(["A", "B"]);
    const one = await home.run(["pull", "-a", "A"]);
    expect([one.code, one.stderr.split("\n")[0]]).toEqual([
      1,
      'Error: operator "local" can only pull all jwt - unable to pull by account',
    ]);
    const none = await home.run(["pull"]);
    expect([none.code, none.stderr.split("\n")[0]]).toEqual([1, "Error: specify --all or --account"]);
    await operator.edit(({ nats }) => {
      nats.account_server_url = "ftp://localhost";
    });
    const unknown = await home.run(["pull", "-A"]);
    expect([unknown.code, unknown.stderr.split("\n")[0]]).toEqual([
      1,
      'Error: scheme "ftp" is not supported (http, https, nats, tls, ws, wss)',
    ]);
    await operator.edit(({ nats }) => {
      delete nats.account_server_url;
    });
    const nowhere = await home.run(["pull", "-A"]);
    expect([nowhere.code, nowhere.stderr.split("\n")[0]]).toEqual([
      1,
      'Error: operator "local" doesn\'t set account server url - unable to pull',
    ]);
  });
});
