import { type AnsweredRequest, accountServer, createKeyPair, memoryStore, Nsc, type PostedAccount } from "nsc.js";
import { drift, pull, push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, test } from "vitest";
import { pairOf, plant, withRead } from "../nats/tools.ts";

const HOST = "https://accounts.example.com";

async function world() {
  const store = memoryStore();
  const authority = await testAuthority({ accounts: { A: {}, B: {} }, store });
  const answers: AnsweredRequest[] = [];
  const answer = accountServer(authority.operator, { onAnswer: (given) => answers.push(given) });
  const get = (path: string, init: RequestInit = {}) => answer(new Request(`${HOST}${path}`, init));
  return { ...authority, store, answers, get };
}

test("gives accounts and the operator as they are in the store", async () => {
  const { get, operator, accounts, answers } = await world();
  const at = `/jwt/v1/accounts/${accounts.A.publicKey}`;
  const response = await get(at);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/jwt");
  expect(response.headers.get("etag")).toBe(`"${accounts.A.claims.jti}"`);
  expect(await response.text()).toBe(accounts.A.token);
  expect(await (await get("/jwt/v1/operator")).text()).toBe(operator.token);

  await accounts.A.edit(({ nats }) => {
    nats.limits.conn = 2;
  });
  await operator.addSigningKey();
  expect(await (await get(at)).text()).toBe(accounts.A.token);
  expect(await (await get("/jwt/v1/operator")).text()).toBe(operator.token);
  expect(answers.map(({ method, path, status }) => `${method} ${path} ${status}`).slice(0, 2)).toEqual([
    `GET /accounts/${accounts.A.publicKey} 200`,
    "GET /operator 200",
  ]);
});

test("says that it is there, and nothing of what it has", async () => {
  const { get } = await world();
  for (const path of ["/jwt/v1", "/jwt/v1/", "/jwt/v1/accounts", "/jwt/v1/accounts/"]) {
    const response = await get(path);
    expect([path, response.status, await response.text()]).toEqual([path, 200, ""]);
  }
});

test("answers 304 for what is known, and bare to HEAD", async () => {
  const { get, accounts } = await world();
  const at = `/jwt/v1/accounts/${accounts.A.publicKey}`;
  const etag = `"${accounts.A.claims.jti}"`;
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
    const response = await get(at, { headers: { "if-none-match": known } });
    expect([known, response.status, await response.text()]).toEqual([known, 304, ""]);
    expect(response.headers.get("etag")).toBe(etag);
  }
  expect((await get(at, { headers: { "if-none-match": '"x"' } })).status).toBe(200);
  const head = await get(at, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("shows tokens as text and decoded, and leaves out expired ones if it is asked to", async () => {
  const { get, accounts, store } = await world();
  const at = `/jwt/v1/accounts/${accounts.A.publicKey}`;
  const text = await get(`${at}?text=true`);
  expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await text.text()).toBe(accounts.A.token);
  const decoded = await get(`${at}?notify=x&decode=true`);
  expect(decoded.headers.get("content-type")).toBe("application/json");
  expect(await decoded.json()).toMatchObject({ sub: accounts.A.publicKey, name: "A", nats: { type: "account" } });
  expect(decoded.headers.get("etag")).not.toBe(text.headers.get("etag"));

  const clock = (): Date => new Date(Date.now() + 3_600_000);
  const late = accountServer(await new Nsc({ store, clock }).operator("test"));
  await accounts.A.setValidity({ expires: "30m" });
  expect((await get(`${at}?check=true`)).status).toBe(200);
  expect((await late(new Request(`${HOST}${at}?check=true`))).status).toBe(404);
  expect((await late(new Request(`${HOST}${at}`))).status).toBe(200);
});

test("does not give what servers would not take, or what is not there", async () => {
  const { get, store, accounts } = await world();
  await plant(store, accounts.B, createKeyPair("operator"));
  const cases: readonly (readonly [string, number])[] = [
    [`/jwt/v1/accounts/${accounts.B.publicKey}`, 404],
    [`/jwt/v1/accounts/${createKeyPair("account").publicKey}`, 404],
    [`/jwt/v1/accounts/${createKeyPair("user").publicKey}`, 400],
    ["/jwt/v1/accounts/../../etc/passwd", 404],
    ["/jwt/v1/accounts/A%00", 400],
    [`/jwt/v1/accounts/${accounts.A.publicKey}/`, 404],
    ["/jwt/v1x/operator", 404],
    ["/operator", 404],
    ["/", 404],
    ["/jwt/v1/pack", 404],
  ];
  for (const [path, status] of cases) expect([path, (await get(path)).status]).toEqual([path, status]);
  for (const method of ["POST", "PUT", "DELETE"]) {
    const response = await get(`/jwt/v1/accounts/${accounts.A.publicKey}`, { method, body: accounts.A.token });
    expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "GET, HEAD"]);
  }
});

test("a store that fails is its own affair", async () => {
  const { store } = await world();
  let isBroken = false;
  const reading = withRead(store, async (path) => {
    if (isBroken) throw new Error("/secret/place");
    return store.read(path);
  });
  const operator = await new Nsc({ store: reading }).operator("test");
  const answers: AnsweredRequest[] = [];
  const answer = accountServer(operator, { onAnswer: (given) => answers.push(given) });
  isBroken = true;
  const response = await answer(new Request(`${HOST}/jwt/v1/operator`));
  expect([response.status, await response.text()]).toEqual([500, "the account server failed"]);
  expect(String(answers[0]?.error)).toContain("/secret/place");
});

/** A server that takes what comes with a password, and an `Nsc` that sends to it. */
async function taking() {
  const { store, operator, accounts } = await world();
  const elsewhere = await testAuthority({ store: memoryStore() });
  const copy = memoryStore();
  await copy.commit({
    tokens: [
      { path: ["test"], token: operator.token },
      { path: ["test", "A"], token: accounts.A.token },
    ],
  });
  const stored: string[] = [];
  const served = await new Nsc({ store: copy }).operator("test");
  const answer = accountServer(served, {
    path: "",
    accept: (_: PostedAccount, request) => request.headers.get("authorization") === "Bearer good",
    onStored: ({ publicKey }) => {
      stored.push(publicKey);
    },
  });
  const target = { url: HOST, headers: { authorization: "Bearer good" }, fetch: answer };
  return { store, operator, accounts, copy, stored, answer, target, elsewhere };
}

test("takes what is sent by whom it accepts", async () => {
  const { operator, accounts, copy, stored, target } = await taking();
  await accounts.A.edit(({ nats }) => {
    nats.limits.conn = 3;
  });
  const report = await push(target, operator, { resend: true });
  const statuses = report.accounts.map(({ name, status, message }) => `${name} ${status} ${message.slice(0, 4)}`);
  expect(statuses.slice(1)).toEqual([expect.stringMatching(/^B pushed/), expect.stringMatching(/^SYS pushed/)]);
  expect(await copy.read(["test", "B"])).toBe(accounts.B.token);
  expect(stored).toContain(accounts.B.publicKey);
  expect((await drift(target, operator, { accounts: ["B"] })).isComplete).toBe(true);
  expect((await pull(target, operator, { accounts: ["B"] })).accounts[0]?.status).toBe("unchanged");

  const refused = await push({ ...target, headers: {} }, operator, { accounts: ["B"], resend: true });
  expect(refused.accounts[0]).toMatchObject({ status: "failed", code: "ERR_NATS_AUTHORIZATION" });
});

test("refuses what servers would break on, and what is older, whoever sends it", async () => {
  const { store, operator, accounts, copy, stored, answer, elsewhere } = await taking();
  const send = async (key: string, body: string) => {
    const headers = { authorization: "Bearer good", "content-type": "application/jwt" };
    const response = await answer(new Request(`${HOST}/accounts/${key}`, { method: "POST", headers, body }));
    return [response.status, await response.text()] as const;
  };
  const { publicKey, token } = accounts.A;
  const signer = await pairOf(store, accounts.A.claims.iss ?? "");
  const older = await plant(store, { name: "A", token }, signer, (claims) => {
    claims.iat = (claims.iat ?? 0) - 100;
  });
  const expired = await plant(store, { name: "A", token }, signer, (claims) => {
    claims.exp = 1_000_000;
  });
  const invalid = await plant(store, { name: "A", token }, signer, (claims) => {
    claims.nats.exports = [{ subject: "a b", type: "stream" }];
  });
  const cases: readonly (readonly [string, string, number, string])[] = [
    [publicKey, "no token", 400, "this can't be read"],
    [publicKey, "", 400, "this can't be read"],
    [publicKey, token.replace(/.$/, ""), 400, "this can't be read"],
    [publicKey, operator.token, 400, "this can't be read"],
    [accounts.B.publicKey, token, 400, "the token of another account"],
    [elsewhere.system.publicKey, elsewhere.system.token, 400, "no key of the operator"],
    [publicKey, older, 409, "newer"],
    [publicKey, expired, 400, "expired"],
    [publicKey, invalid, 400, ""],
    [publicKey, "x".repeat(1024 * 1024 + 5000), 413, "larger than any token"],
    ["UNKNOWN", token, 400, "no public key"],
  ];
  for (const [key, body, status, text] of cases) {
    const [given, said] = await send(key, body);
    expect([given, said]).toEqual([status, expect.stringContaining(text)]);
    expect(said).not.toContain("eyJ");
  }
  expect(await copy.read(["test", "A"])).toBe(token);
  expect(stored).toEqual([]);
  expect(
    (await send(publicKey, `-----BEGIN NATS ACCOUNT JWT-----\n${token}\n------END NATS ACCOUNT JWT------\n`))[0],
  ).toBe(200);
});

test("bad input is refused", async () => {
  const { operator, nsc } = await world();
  for (const options of [
    { path: "jwt" },
    { path: "/a b" },
    { path: "/a/" },
    { accept: true },
    { onAnswer: 1 },
    { x: 1 },
  ]) {
    expect(() => accountServer(operator, options as object)).toThrowCode("ERR_ARGUMENT_INVALID");
  }
  expect(() => accountServer(undefined as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  await nsc.transaction(async (tx) => {
    const inside = await tx.operator("test");
    expect(() => accountServer(inside)).toThrowCode("ERR_TRANSACTION");
  });
});
