import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createKeyPair, decode, encode } from "nsc.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FakeAccountServer, serveAccountsOverHttp } from "../../nats/account-servers.ts";
import { CERTIFICATE, PRIVATE_KEY } from "../../support/certificate.ts";
import { expectNoSecret } from "../../support/secrets.ts";
import { emptyHome, type OperatorHome, operatorHome } from "../servers/served-home.ts";

async function worldWith(accounts: readonly string[]): Promise<OperatorHome & { readonly http: FakeAccountServer }> {
  const http = await serveAccountsOverHttp();
  const world = await operatorHome(accounts);
  await world.operator.edit(({ nats }) => {
    nats.account_server_url = http.url;
  });
  http.operator = world.operator.token;
  return { ...world, http };
}

describe("nsc push and pull with an account server", () => {
  test("bring an account there and back, in nsc's words", async () => {
    const { home, operator, http } = await worldWith(["A", "B"]);
    http.accepts = { status: 200, text: "account stored" };
    const a = await operator.account("A");
    const { stdout } = await home.nsc("push", "-a", "A");
    expect(stdout).toBe(
      [
        '[ OK ] pushed "A" to account server:',
        "       [ OK ] pushed account jwt to the account server",
        "       > account stored",
        "",
      ].join("\n"),
    );
    expect(http.accounts.get(a.publicKey)).toBe(a.token);
    const late = await home.nsc("push", "-a", "A", "--timeout", "0");
    expect(late.stderr).toContain("servers are waited for 1 to 60 seconds, so --timeout is 1\n");
    const all = await home.nsc("push", "-A", "--timeout", "60");
    expect(all.stderr).not.toContain("are waited for");
    expect(all.stdout).toContain('[ OK ] pushed "B" to account server:\n');
    expect(all.stdout).toMatch(/\nall jobs succeeded\n$/);

    const pulled = await home.nsc("pull", "-a", "B");
    expect(pulled.stdout).toBe('[ OK ] pulled "B" from the account server\n');
    const everything = await home.nsc("pull", "-A");
    expect(everything.stdout).toBe(
      [
        '[ OK ] pulled "local" from the account server',
        '[ OK ] pulled "A" from the account server',
        '[ OK ] pulled "B" from the account server',
        '[ OK ] pulled "SYS" from the account server',
        "all jobs succeeded",
        "",
      ].join("\n"),
    );
    const unknown = await home.run(["pull", "-A", "-a", "NOPE"]);
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('"NOPE" not in accounts for operator')]);
  });

  test("say what the server says when it refuses, and when it has to have an account signed", async () => {
    const { home, http } = await worldWith(["A"]);
    http.accepts = { status: 400, text: "no thanks" };
    const refused = await home.run(["push", "-a", "A"]);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain("[ERR ] push A to account server:\n");
    expect(refused.stderr).toContain("       [ERR ] failed to push account to remote server\n       > 400 no thanks\n");
    http.accepts = { status: 202, text: "sent to the owner" };
    const accepted = await home.nsc("push", "-a", "A");
    expect(accepted.stdout).toContain("[WARN] pushed account jwt was accepted by the account server");
    expect(accepted.stdout).toContain("> sent to the owner");
  });

  test("push again what the account server of a managed operator has signed anew", async () => {
    const { operator, http } = await worldWith([]);
    const hosted = await emptyHome();
    const elsewhere = await hosted.nsc.importOperator(operator.token);
    expect(elsewhere.isManaged).toBe(true);
    const account = await elsewhere.addAccount("HOSTED");
    await hosted.home.nsc("push", "-a", "HOSTED");
    const claims = decode(http.accounts.get(account.publicKey) as string, { kind: "account" });
    const signed = await encode(claims, createKeyPair("operator"), { issuedAt: (claims.iat ?? 0) + 60 });
    http.accounts.set(account.publicKey, signed);
    await hosted.home.nsc("push", "-A");
    expect(http.accounts.get(account.publicKey)).toBe(account.token);
  });

  test("compare and try without a change", async () => {
    const { home, http } = await worldWith(["A"]);
    const dry = await home.nsc("push", "-A", "--dry-run");
    expect(dry.stdout).toContain('[ OK ] would push "A": no server has it');
    expect(http.accounts.size).toBe(0);
    await home.nsc("push", "-A");
    const { stdout } = await home.nsc("push", "-D", "--json");
    expectNoSecret(stdout);
    expect(JSON.parse(stdout)).toMatchObject({ diff: { accounts: [{ name: "A", status: "same" }, { name: "SYS" }] } });
  });

  test("say how Node comes to know an authority, and nothing of OpenSSL's sources", async () => {
    const { home, http } = await worldWith(["A"]);
    const server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/jwt/v1`;
    const { code, stderr } = await home.run(["push", "-A", "-u", url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Error: can't reach https:.*: self-signed certificate\nno authority .* NODE_EXTRA_CA_CERTS in/,
    );
    const plain = await home.run(["push", "-A", "-u", http.url.replace("http:", "https:")]);
    expect([plain.code, plain.stderr]).toEqual([
      1,
      expect.stringMatching(/: TLS failed: (?:wrong version number|[\w ]+)\n$/),
    ]);
  });

  test("fail when there is nobody", async () => {
    const { home, http } = await worldWith(["A"]);
    http.close();
    for (const words of [
      ["push", "-A"],
      ["pull", "-A"],
      ["push", "-D"],
    ]) {
      const { code, stderr, stdout } = await home.run(words);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/^Error: can't reach http:\/\/127\.0\.0\.1/);
    }
  });
});
