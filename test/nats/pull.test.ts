import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { type Account, createKeyPair, memoryStore, Nsc, serverConfig } from "nsc.js";
import { distribute, pull, push } from "nsc.js/nats";
import { nscDirectory } from "nsc.js/node";
import { testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { ask } from "../server/servers.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { connectAs, full, serve } from "./servers.ts";
import { pairOf, plant, summary, withPublish } from "./tools.ts";

const UPDATE = "$SYS.REQ.CLAIMS.UPDATE";

/** An authority whose accounts a server has, and what a colleague pushes past its store. */
async function world() {
  const store = memoryStore();
  const authority = await testAuthority({
    accounts: { A: { users: ["a"] }, B: { users: ["b"] } },
    resolver: full(),
    store,
  });
  const server = await serve(authority, { name: "n1" });
  const connection = await connectAs(server, authority.systemCreds);
  (await push(connection, authority.operator)).assertComplete();
  const elsewhere = async (account: Account, change: Parameters<typeof plant>[3]): Promise<string> => {
    const before = account.token;
    const token = await plant(store, account, await pairOf(store, account.claims.iss ?? ""), change);
    await store.commit({ tokens: [{ path: ["test", account.name], token: before }] });
    expect((await ask<{ code: number }>(connection, UPDATE, token)).data?.code).toBe(200);
    return token;
  };
  return { ...authority, store, server, connection, elsewhere };
}

async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "nats-pull-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

describeWithServer("a pull", () => {
  test("brings what a colleague changed", async () => {
    const { operator, accounts, connection, elsewhere } = await world();
    const token = await elsewhere(accounts.A, ({ nats }) => {
      nats.limits.conn = 8;
    });
    expect(summary(await pull(connection, operator))).toEqual(["A updated", "B unchanged", "SYS unchanged"]);
    await accounts.A.refresh();
    expect(accounts.A.token).toBe(token);
    expect(accounts.A.claims.nats.limits.conn).toBe(8);
    expect(summary(await push(connection, operator))).toEqual(["A unchanged", "B unchanged", "SYS unchanged"]);
  });

  test("knows an account by its key, so that another name moves it with its users", async () => {
    const { operator, accounts, users, connection, elsewhere } = await world();
    await elsewhere(accounts.A, (claims) => {
      claims.name = "RENAMED";
    });
    expect(summary(await pull(connection, operator))).toEqual(["B unchanged", "RENAMED updated", "SYS unchanged"]);
    const moved = await operator.account("RENAMED");
    expect(moved.publicKey).toBe(accounts.A.publicKey);
    expect((await moved.user("a")).token).toBe(users.A.a.token);
    await expect(operator.account("A")).toThrowCode("ERR_ENTITY_NOT_FOUND");
  });

  test("refuses an account with the name of another one, and takes the rest", async () => {
    const { operator, accounts, connection, elsewhere } = await world();
    await elsewhere(accounts.A, (claims) => {
      claims.name = "B";
    });
    await elsewhere(accounts.B, ({ nats }) => {
      nats.limits.conn = 2;
    });
    const before = accounts.A.token;
    const report = await pull(connection, operator);
    expect(report.accounts.find(({ publicKey }) => publicKey === accounts.A.publicKey)?.status).toBe("refused");
    expect(report.accounts.find(({ publicKey }) => publicKey === accounts.B.publicKey)?.status).toBe("updated");
    expect(report.isComplete).toBe(false);
    expect(report.assertComplete).toThrow(/^2 of 3 accounts are in the store; "B": .*B/);
    await accounts.A.refresh();
    expect(accounts.A.token).toBe(before);
  });

  test.each([
    ["a folder", "a/b"],
    ["a step up", ".."],
    ["a line", "a\nb"],
    ["nothing", ""],
    ["a device of some systems", "NUL"],
  ])("refuses the name of %s where it can't be kept, and takes the rest", async (_, name) => {
    const { operator, accounts, connection, elsewhere } = await world();
    await elsewhere(accounts.A, (claims) => {
      claims.name = name;
    });
    const allDirs = await temporaryFolder();
    const folders = await new Nsc({ store: nscDirectory({ allDirs, env: {} }) }).importOperator(operator.token);
    const report = await pull(connection, folders);
    const statuses = new Map(report.accounts.map(({ publicKey, status }) => [publicKey, status]));
    expect(statuses.get(accounts.A.publicKey)).toBe("refused");
    expect(statuses.get(accounts.B.publicKey)).toBe("added");
    expect((await folders.account("B")).token).toBe(accounts.B.token);
    expect(report.assertComplete).toThrow("2 of 3 accounts are in the store");
  });

  test("passes over a file of the server that is damaged", async () => {
    const { operator, accounts, server, connection } = await world();
    writeFileSync(join(server.dir, "jwt", `${accounts.A.publicKey}.jwt`), "garbage");
    const report = await pull(connection, operator);
    const found = report.accounts.find(({ publicKey }) => publicKey === accounts.A.publicKey);
    expect(found?.status).toMatch(/^(?:refused|missing)$/);
    expect(report.isComplete).toBe(false);
    await accounts.A.refresh();
    expect(accounts.A.claims.name).toBe("A");
    expect(report.accounts.filter(({ status }) => status === "unchanged").map(({ name }) => name)).toEqual([
      "B",
      "SYS",
    ]);
  });
});

describeWithServer("a pull of what can't be had", () => {
  test("names an account as the store does", async () => {
    const { operator, connection } = await world();
    await operator.addAccount("NEW");
    const report = await pull(connection, operator, { accounts: ["A", "NEW"] });
    expect(summary(report)).toEqual(["A unchanged", "NEW missing"]);
    expect(report.isComplete).toBe(false);
  });

  test("passes over one that is damaged in the store, and takes the rest", async () => {
    const { operator, accounts, store, connection, elsewhere } = await world();
    await elsewhere(accounts.B, ({ nats }) => {
      nats.limits.conn = 8;
    });
    const damaged = `${accounts.A.token.slice(0, -6)}AAAAAA`;
    await store.commit({ tokens: [{ path: ["test", "A"], token: damaged }] });
    const report = await pull(connection, operator, { force: "newer" });
    expect(summary(report)).toEqual(["A refused", "B updated", "SYS unchanged"]);
    expect(report.accounts[0]?.message).toContain("can't be read");
    expect(await store.read(["test", "A"])).toBe(damaged);
  });
});

describeWithServer("a distribution", () => {
  test("is complete when servers have the accounts and trust the keys", async () => {
    const { operator, accounts, connection } = await world();
    await accounts.A.edit(({ nats }) => {
      nats.limits.conn = 8;
    });
    const trustedKeys = [operator.publicKey, ...(operator.claims.nats.signing_keys ?? [])];
    const report = await distribute(connection, { operator, accounts: [accounts.A, accounts.B], trustedKeys });
    report.assertComplete();
    expect(report).toMatchObject({ distrusting: [], unheard: [], servers: [{ name: "n1" }] });
    expect(report.push && summary(report.push)).toEqual(["A pushed", "B unchanged"]);
  });

  test("is not complete before servers are started again with the operator's new key", async () => {
    const { operator, server, connection } = await world();
    const key = await operator.addSigningKey();
    const stranger = createKeyPair("operator").publicKey;
    const what = { operator, accounts: [], trustedKeys: [key, operator.publicKey] };
    const report = await distribute(connection, what);
    expect(report.push).toBeUndefined();
    expect(report.distrusting).toMatchObject([{ server: { name: "n1" }, keys: [key] }]);
    expect(report.assertComplete).toThrow(`"n1": n1 does not trust ${key}: restart it`);
    expect(report.isComplete).toBe(false);

    await server.stop();
    const config = await serverConfig(operator, { resolver: full() });
    const again = await serve({ config }, { name: "n1" });
    const target = { connect, servers: again.url };
    (await distribute(target, what)).assertComplete();
    const wrong = await distribute(target, { ...what, trustedKeys: [stranger] });
    expect(wrong.distrusting.map(({ keys }) => keys)).toEqual([[stranger]]);
  });

  test("is not complete when a server was missed by the push, and was back for the rest", async () => {
    const { operator, accounts, connection, server, systemCreds } = await world();
    const member = await connectAs(server, systemCreds);
    let isThere = false;
    const told = withPublish(connection, (subject, payload, options) => {
      const publish = (): void => connection.publish(subject, payload, options);
      if (isThere || !subject.endsWith("STATSZ")) return publish();
      isThere = true;
      const answer = { server: { id: "NX", name: "n2" }, statsz: { routes: [{ name: "n3" }] } };
      const answerFirst = async (): Promise<void> => {
        await connection.flush();
        member.publish(options?.reply ?? "", JSON.stringify(answer));
        await member.flush();
        publish();
      };
      void answerFirst();
    });
    const what = { operator, accounts: [accounts.A], trustedKeys: [operator.publicKey] };
    const report = await distribute(told, what);
    expect(report.push?.unheard).toEqual(["n3"]);
    expect(report).toMatchObject({ unheard: ["n3"], isComplete: false });
    (await distribute(connection, what)).assertComplete();
  });

  test("is not complete when an account is refused", async () => {
    const { operator, accounts, store, connection } = await world();
    await plant(store, accounts.A, createKeyPair("operator"));
    const report = await distribute(connection, { operator, accounts: [accounts.A], trustedKeys: [] });
    expect(report.isComplete).toBe(false);
    expect(report.assertComplete).toThrow(/"A": it is signed by O\w{55}, which is no key of the operator/);
  });
});
