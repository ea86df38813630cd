import { connect } from "@nats-io/transport-node";
import { createKeyPair, decode, encode, memoryStore, Nsc, type Operator } from "nsc.js";
import { type PullReport, type PushReport, pendingAccounts, pull, push } from "nsc.js/nats";
import { startNatsServer, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { expectNoSecret } from "../support/secrets.ts";
import { type FakeAccountServer, serveAccountsOverHttp } from "./account-servers.ts";
import { getsIn } from "./servers.ts";
import { manyAccounts, messageOf, pairOf, plant, summary } from "./tools.ts";

async function world(names: readonly string[] = ["A", "B"]) {
  const store = memoryStore();
  const accounts = Object.fromEntries(names.map((name) => [name, { users: ["u"] }]));
  const authority = await testAuthority({ accounts, store });
  const server = await serveAccountsOverHttp();
  return { ...authority, store, server, target: { url: server.url } };
}

async function pendingNames(operator: Operator): Promise<string[]> {
  return (await pendingAccounts(operator)).map(({ name }) => name);
}

/** The others of what a server is asked before accounts are. */
function accountRequests({ requests }: FakeAccountServer): string[] {
  return requests.filter((request) => request.includes("/accounts/"));
}

describeWithServer("a server with a URL resolver", () => {
  test("lets in whom an account server knows by a push", async () => {
    const { operator, creds, system, server, target } = await world();
    const report = await push(target, operator);
    report.assertComplete();
    expect(summary(report)).toEqual(["A pushed", "B pushed", "SYS pushed"]);
    const nats = await startNatsServer({
      config: `operator: ${operator.token}\nsystem_account: ${system.publicKey}\nresolver: URL("${server.url}/accounts/")`,
    });
    onTestFinished(() => nats.stop());
    expect(await getsIn(nats, creds["A"]?.["u"] ?? "")).toBe(true);
    server.accounts.delete((await operator.account("B")).publicKey);
    expect(await getsIn(nats, creds["B"]?.["u"] ?? "")).toBe(false);
  });
});

test("a push sends what the account server does not have, exporters first and the system account last", async () => {
  const { operator, server, target, system } = await world(["A", "B", "C"]);
  const [a, b, c] = await Promise.all(["A", "B", "C"].map((name) => operator.account(name)));
  await c?.addExport({ type: "service", subject: "q" });
  await a?.addImport({ from: c?.publicKey ?? "", type: "service", subject: "q" });
  (await push(target, operator)).assertComplete();
  const posts = accountRequests(server).filter((request) => request.startsWith("POST"));
  const at = (key: string | undefined): number => posts.indexOf(`POST /jwt/v1/accounts/${key}`);
  expect(at(c?.publicKey)).toBeLessThan(at(a?.publicKey));
  expect(at(system.publicKey)).toBe(3);
  expect(server.accounts.get(b?.publicKey ?? "")).toBe(b?.token);

  await b?.edit(({ nats }) => {
    nats.limits.conn = 3;
  });
  server.requests.length = 0;
  expect(summary(await push(target, operator))).toEqual(["A unchanged", "B pushed", "C unchanged", "SYS unchanged"]);
  expect(server.requests.filter((request) => request.startsWith("POST"))).toEqual([
    `POST /jwt/v1/accounts/${b?.publicKey}`,
  ]);
  const again = await push(target, operator, { accounts: ["A"], resend: true });
  expect(again.accounts[0]).toMatchObject({
    status: "pushed",
    servers: [{ server: { id: server.url, name: server.url }, outcome: "stored" }],
  });
});

test("what the account server has newer stays, unless it is forced", async () => {
  const { operator, server, target, store } = await world(["A"]);
  const account = await operator.account("A");
  const token = account.token;
  await push(target, operator);
  const newer = await plant(store, account, await pairOf(store, account.claims.iss ?? ""));
  server.accounts.set(account.publicKey, newer);
  await store.commit({ tokens: [{ path: ["test", "A"], token }] });
  expect((await push(target, operator, { accounts: ["A"] })).accounts[0]).toMatchObject({
    status: "refused",
    guard: "older",
    message: "servers have a token that is 1 s newer: pull it first",
  });
  expect(summary(await pull(target, operator, { accounts: ["A"] }))).toEqual(["A updated"]);
  expect(await store.read(["test", "A"])).toBe(newer);
  await store.commit({ tokens: [{ path: ["test", "A"], token }] });
  expect(summary(await push(target, operator, { accounts: ["A"], force: "older" }))).toEqual(["A pushed"]);
  expect(server.accounts.get(account.publicKey)).toBe(token);
});

test("accounts that its operator would not trust are refused", async () => {
  const { operator, server, target } = await world(["A"]);
  server.operator = (await new Nsc().addOperator("other")).token;
  const report = await push(target, operator);
  expect(report.accounts.map(({ guard }) => guard)).toEqual(["untrusted-issuer", "untrusted-issuer"]);
  expect(report.accounts[0]?.message).toContain(`is not trusted by ${server.url}`);
  expect(accountRequests(server)).toEqual([]);
  server.operator = operator.token;
  (await push(target, operator)).assertComplete();
});

test("an account of a managed operator is accepted to be signed, and pulled when it is", async () => {
  const home = await testAuthority();
  const elsewhere = await new Nsc().importOperator(home.operator.token);
  const account = await elsewhere.addAccount("TENANT");
  const server = await serveAccountsOverHttp();
  server.operator = home.operator.token;
  server.accepts = { status: 202, text: "visit\nour page" };
  const target = { url: server.url };
  const report = await push(target, elsewhere, { accounts: [account] });
  expect(report.accounts[0]).toMatchObject({ status: "accepted", servers: [{ outcome: "accepted" }] });
  expect(report.isComplete).toBe(false);
  expect(report.accounts[0]?.message).toContain("visit our page");

  const signed = await home.operator.importAccount(server.accounts.get(account.publicKey) ?? "");
  server.accounts.set(account.publicKey, signed.token);
  const pulled = await pull(target, elsewhere);
  expect(summary(pulled)).toEqual(["TENANT updated"]);
  expect(pulled.operator?.status).toBe("unchanged");
  expect((await elsewhere.account("TENANT")).claims.iss).toBe(signed.claims.iss);
});

test("a pull brings a newer token of the operator, and nobody else's", async () => {
  const { operator, server, target, store } = await world(["A"]);
  const managed = await new Nsc().importOperator(operator.token);
  await push(target, operator);
  const key = await operator.addSigningKey();
  server.operator = operator.token;
  await (await operator.account("A")).reissue({ signer: key });
  await push(target, operator);
  expect((await pull(target, managed)).operator?.status).toBe("updated");
  expect(managed.claims.nats.signing_keys).toContain(key);
  const pulled = await pull(target, managed, { accounts: [(await operator.account("A")).publicKey] });
  expect(summary(pulled)).toEqual(["A added"]);
  expect(pulled.operator).toBeUndefined();

  server.operator = (await new Nsc().addOperator("test")).token;
  const foreign = await pull(target, managed);
  expect(foreign.operator?.status).toBe("refused");
  expect(foreign.assertComplete).toThrow("its token is the one of O");

  // Anybody can make a token of it in which he is a signing key himself.
  const stranger = createKeyPair("operator");
  const forged = decode(operator.token, { kind: "operator" });
  forged.nats.signing_keys = [stranger.publicKey];
  server.operator = await encode(forged, stranger, { issuedAt: (forged.iat ?? 0) + 10 });
  expect((await pull(target, managed)).operator?.message).toContain(
    `it is signed by ${stranger.publicKey}, which is no key of it`,
  );

  server.operator = undefined;
  const nothing = await pull(target, operator);
  expect(nothing.operator).toBeUndefined();
  expect(await store.read(["test"])).toBe(operator.token);
});

test("it is asked for the older interface's operator in the newer format first", async () => {
  const { operator, server, target } = await world(["A"]);
  server.handler = (request, response) => {
    if (request.url !== "/jwt/v2/operator") return false;
    response.end(operator.token);
    return true;
  };
  await push(target, operator);
  expect(server.requests[0]).toBe("GET /jwt/v2/operator");
  expect(server.requests).not.toContain("GET /jwt/v1/operator");
});

test("decorated tokens are read, and accounts that it does not have are missing", async () => {
  const { operator, server, target } = await world(["A", "B"]);
  const [a, b] = [await operator.account("A"), await operator.account("B")];
  server.accounts.set(a.publicKey, `-----BEGIN NATS ACCOUNT JWT-----\n${a.token}\n------END NATS ACCOUNT JWT------\n`);
  const report = await pull(target, operator, { accounts: [a, b] });
  expect(summary(report)).toEqual(["A unchanged", "B missing"]);
  expect(report.assertComplete).toThrow('1 of 2 accounts are in the store; "B": no server gave its token');
});

test("a user in the address and headers are sent, and stay out of errors", async () => {
  const { operator, server } = await world(["A"]);
  const url = server.url.replace("http://", "http://ad%6Din:p%40ss@");
  const report = await push({ url, headers: { "x-tenant": "1" } }, operator, { accounts: ["A"] });
  expect(server.headers["authorization"]).toBe(`Basic ${btoa("admin:p@ss")}`);
  expect(server.headers["x-tenant"]).toBe("1");
  expect(JSON.stringify(report)).not.toContain("p%40ss");
  server.handler = (_, response) => {
    response.writeHead(401).end("go away");
    return true;
  };
  const refused = await push({ url }, operator, { accounts: ["A"] });
  expect(refused.accounts[0]).toMatchObject({ status: "failed", code: "ERR_NATS_AUTHORIZATION" });
  expect(refused.accounts[0]?.message).toMatch(/accounts\/A\w+ refuses the credentials: 401 go away$/);
  server.close();
  expect(await messageOf(() => push({ url }, operator))).not.toMatch(/p%40ss|p@ss/);
});

test("so many are under way at a time as it is said, and 16 otherwise", async () => {
  const { operator } = await testAuthority({ accounts: manyAccounts(40) });
  const server = await serveAccountsOverHttp();
  server.handler = (request, response) => {
    if (!request.url?.includes("/accounts/") || request.headers["x-late"] !== undefined) return false;
    request.headers["x-late"] = "1";
    setTimeout(() => {
      const handler = server.handler;
      server.handler = undefined;
      server.requests.pop();
      response.writeHead(404).end();
      server.handler = handler;
    }, 20);
    return true;
  };
  await push({ url: server.url }, operator, { concurrency: 3 });
  expect(server.mostAtOnce).toBe(3);
  await pull({ url: server.url }, operator);
  expect(server.mostAtOnce).toBe(16);
});

/** What came of the one account of a push and of a pull where each request is answered so. */
async function outcomes(
  handler: NonNullable<FakeAccountServer["handler"]>,
  options: { readonly timeout?: string } = {},
): Promise<{ readonly pushed: PushReport; readonly pulled: PullReport; readonly server: FakeAccountServer }> {
  const { operator, server, target } = await world(["A"]);
  server.handler = (request, response) => request.url?.includes("/accounts/") === true && handler(request, response);
  const pushed = await push(target, operator, { accounts: ["A"], ...options });
  const pulled = await pull(target, operator, { accounts: ["A"], ...options });
  expect(pushed.accounts[0]?.status).toBe("failed");
  expect(pulled.accounts[0]?.status).toBe("missing");
  expect(await pendingNames(operator)).toEqual(["A"]);
  expectNoSecret([pushed, pulled]);
  for (const { message } of [...pushed.accounts, ...pulled.accounts])
    expect(message).toContain(`${server.url}/accounts/A`);
  server.handler = undefined;
  (await push(target, operator, { accounts: "pending" })).assertComplete();
  expect(await pendingNames(operator)).toEqual([]);
  return { pushed, pulled, server };
}

test("one that dies in the middle of an answer", async () => {
  const { pushed, pulled } = await outcomes((_, response) => {
    response.writeHead(200, { "content-length": "1000" }).write("eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.");
    setTimeout(() => response.destroy(), 20);
    return true;
  });
  expect([pushed, pulled].map(({ accounts }) => accounts[0]?.code)).toEqual([
    "ERR_NATS_CONNECTION",
    "ERR_NATS_CONNECTION",
  ]);
});

test("one that is slow, in the head or in the body", async () => {
  for (const begin of [false, true]) {
    const { pushed, pulled } = await outcomes(
      (_, response) => {
        if (begin) response.writeHead(200).write("e");
        return true;
      },
      { timeout: "1s" },
    );
    expect([pushed, pulled].map(({ accounts }) => accounts[0]?.code)).toEqual(["ERR_NATS_TIMEOUT", "ERR_NATS_TIMEOUT"]);
    expect(pushed.accounts[0]?.message).toContain("did not answer within 1000 ms");
  }
});

test("one that answers garbage, or the token of another account", async () => {
  const other = await testAuthority({ accounts: { A: {} } });
  for (const [body, what] of [
    ["<html>", "something that is no token"],
    [other.accounts.A.token, `the token of ${other.accounts.A.publicKey}`],
    ["", "something that is no token"],
  ] as const) {
    const { pushed, pulled } = await outcomes((request, response) => {
      if (request.method === "POST") return false;
      response.end(body);
      return true;
    });
    expect([pushed, pulled].map(({ accounts }) => accounts[0]?.code)).toEqual(["ERR_NATS_REPLY", "ERR_NATS_REPLY"]);
    expect(pushed.accounts[0]?.message).toContain(what);
  }
});

test("one that answers with more than any token has", async () => {
  let sent = 0;
  const { pushed } = await outcomes((_, response) => {
    const piece = "x".repeat(64 * 1024);
    const write = (): void => {
      while (!response.destroyed && sent < 64 * 1024 * 1024 && response.write(piece)) sent += piece.length;
      if (sent >= 64 * 1024 * 1024) response.end();
    };
    response.on("drain", write);
    write();
    return true;
  });
  expect(pushed.accounts[0]).toMatchObject({ code: "ERR_NATS_REPLY" });
  expect(pushed.accounts[0]?.message).toContain("which is no token");
  expect(sent).toBeLessThan(32 * 1024 * 1024);
});

test("one that refuses says why, with what it quotes hidden", async () => {
  const token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJYIn0.c2ln";
  const { pushed, pulled } = await outcomes((_, response) => {
    response.writeHead(500).end(`no\u0007 room\n for ${token}${" and more".repeat(1000)}`);
    return true;
  });
  expect([pushed, pulled].map(({ accounts }) => accounts[0]?.code)).toEqual(["ERR_NATS_REFUSED", "ERR_NATS_REFUSED"]);
  expect(pushed.accounts[0]?.message).toMatch(/answers 500 no\\a room for \[redacted\] and more/);
  expect(pushed.accounts[0]?.message.length).toBeLessThan(600);
});

test("one that refuses only what it is given", async () => {
  const { operator, server, target } = await world(["A"]);
  server.handler = (request, response) => {
    if (request.method !== "POST") return false;
    response.writeHead(400).end("not signed by me");
    return true;
  };
  const report = await push(target, operator, { accounts: ["A"] });
  expect(report.accounts[0]).toMatchObject({
    status: "failed",
    code: "ERR_NATS_REFUSED",
    message: `${server.url} said: 400 not signed by me`,
    servers: [{ outcome: "failed", message: "400 not signed by me" }],
  });
  expect(report.assertComplete).toThrow(`"A": ${server.url} said: 400 not signed by me`);
});

test("redirects of questions are followed without headers of another host, and those of tokens are not", async () => {
  const { operator, server } = await world(["A"]);
  const front = await serveAccountsOverHttp();
  front.handler = (request, response) => {
    response.writeHead(302, { location: `${server.url}${request.url?.replace("/jwt/v1", "")}?from=front` }).end();
    return true;
  };
  const seen: (string | undefined)[] = [];
  server.handler = (request) => {
    seen.push(request.headers["x-secret"] as string | undefined);
    request.url = request.url?.replace(/\?.*/, "") ?? "";
    return false;
  };
  const account = await operator.account("A");
  server.accounts.set(account.publicKey, account.token);
  const target = { url: front.url, headers: { "x-secret": "s" } };
  expect(summary(await pull(target, operator, { accounts: ["A"] }))).toEqual(["A unchanged"]);
  expect(new Set(seen)).toEqual(new Set([undefined]));
  expect(front.headers["x-secret"]).toBe("s");
  const report = await push(target, operator, { accounts: ["A"], resend: true });
  expect(report.accounts[0]).toMatchObject({ status: "failed", code: "ERR_NATS_REPLY" });
  expect(report.accounts[0]?.message).toContain(
    `redirects to ${server.url}/accounts/${account.publicKey}, which is not`,
  );

  const circle = await serveAccountsOverHttp();
  circle.handler = (request, response) => {
    response.writeHead(307, { location: request.url ?? "" }).end();
    return true;
  };
  const lost = await pull({ url: circle.url }, operator, { accounts: ["A"] });
  expect(lost.accounts[0]).toMatchObject({ status: "missing", code: "ERR_NATS_REPLY" });
});

test("one that is not there: nothing is sent, and accounts that were asked for are pending", async () => {
  const { operator, server, target } = await world(["A"]);
  server.close();
  for (const run of [() => push(target, operator), () => pull(target, operator)]) {
    await expect(run()).toThrowCode("ERR_NATS_CONNECTION");
    await expect(run()).rejects.toThrow(/can't reach http:\/\/127.0.0.1:\d+\/jwt\/v2\/operator: .*ECONNREFUSED/);
  }
  expect(await pendingNames(operator)).toEqual([]);
  await expect(push(target, operator, { accounts: ["A"] })).toThrowCode("ERR_NATS_CONNECTION");
  expect(await pendingNames(operator)).toEqual(["A"]);
});

test("one that does not speak TLS is said to do so, without OpenSSL's sources", async () => {
  const { operator, server } = await world(["A"]);
  const target = { url: server.url.replace("http:", "https:") };
  await expect(pull(target, operator)).rejects.toThrow(/^can't reach https:\S+: TLS failed: [\w ]+$/);
});

test("one that goes away in the middle is given up, and what is missing is pending", async () => {
  const { operator } = await testAuthority({ accounts: manyAccounts(200) });
  const server = await serveAccountsOverHttp();
  const names = Array.from({ length: 200 }, (_, index) => `T${String(index).padStart(4, "0")}`);
  const report = await push({ url: server.url }, operator, {
    accounts: names,
    onProgress: ({ done }) => {
      if (done === 50) server.close();
    },
  });
  const failed = report.accounts.filter(({ status }) => status === "failed");
  expect(failed.length).toBeGreaterThan(100);
  expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(["ERR_NATS_CONNECTION"]));
  expect(await pendingNames(operator)).toEqual(failed.map(({ name }) => name));
  const successor = await serveAccountsOverHttp(Number(new URL(server.url).port));
  (await push({ url: successor.url }, operator, { accounts: "pending" })).assertComplete();
  expect(successor.accounts.size).toBe(failed.length);
});

test("aborting gives up", async () => {
  const { operator, server, target } = await world(["A"]);
  const aborting = new AbortController();
  server.handler = (request) => {
    if (!request.url?.includes("/accounts/")) return false;
    aborting.abort(new Error("enough"));
    return true;
  };
  await expect(push(target, operator, { signal: aborting.signal })).rejects.toThrow("enough");
  await expect(pull(target, operator, { signal: aborting.signal })).rejects.toThrow("enough");
});

test("what asks can be replaced", async () => {
  const { operator } = await world(["A"]);
  const asked: string[] = [];
  const report = await push(
    {
      url: "https://accounts.example/jwt/v1/",
      fetch: async (request) => {
        asked.push(`${request.method} ${request.url}`);
        return new Response("", { status: request.method === "GET" ? 404 : 200 });
      },
    },
    operator,
    { accounts: ["A"] },
  );
  report.assertComplete();
  const { publicKey } = await operator.account("A");
  expect(asked).toEqual([
    "GET https://accounts.example/jwt/v2/operator",
    "GET https://accounts.example/jwt/v1/operator",
    `GET https://accounts.example/jwt/v1/accounts/${publicKey}`,
    `POST https://accounts.example/jwt/v1/accounts/${publicKey}`,
  ]);
});

test("an address that is none is refused, and not quoted", async () => {
  const { operator } = await world([]);
  const wrong: readonly unknown[] = [
    { url: "nats://u:secret@h" },
    { url: "u:secret@h" },
    { url: "" },
    { url: 5 },
    { url: "http://u:secret@h/?a=secret" },
    { url: "http://h/#secret" },
    { url: "http://h", header: {} },
    { url: "http://h", headers: { "a b": "secret" } },
    { url: "http://h", headers: { a: "secret\n" + "b" } },
    { url: "http://h", headers: null },
    { url: "http://h", fetch: "secret" },
    "http://h",
    { connect, url: "http://h" },
  ];
  for (const target of wrong) {
    for (const run of [push, pull]) {
      const failing = run(target as { readonly url: string }, operator);
      await expect(failing).toThrowCode("ERR_ARGUMENT_INVALID");
      expect(await messageOf(() => run(target as { readonly url: string }, operator))).not.toContain("secret");
    }
  }
  for (const options of [{ expectServers: 1 }, { timeout: "never" }, { signal: 5 as never }]) {
    await expect(push({ url: "http://h" }, operator, options)).toThrowCode("ERR_ARGUMENT_INVALID");
  }
});
