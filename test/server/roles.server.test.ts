import { createKeyPair, formatCreds, type KeyPair, type RoleInit, type UserClaimsInit } from "nsc.js";
import { expect, test } from "vitest";
import { enter, expectRefused, RawClient } from "../nats/raw-client.ts";
import { ask, connectAs } from "./servers.ts";
import { describeWorlds, forge, issue } from "./worlds.ts";

interface UserInfo {
  readonly permissions?: {
    readonly publish?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] };
  };
}

const INFO = "$SYS.REQ.USER.INFO";

describeWorlds("a user of a role", {}, (world) => {
  /** An account with a role, and who signs users past the library, too. */
  async function withRole(init: RoleInit, tags: readonly string[] = []) {
    const { account } = await world().account({ tags: [...tags] });
    const key = createKeyPair("account");
    await account.addRole("role", { ...init, key });
    await world().push(account);
    const raw = (user: UserClaimsInit = {}, signer: KeyPair = key): Promise<string> =>
      forge(signer, { scoped: true, ...user, nats: { issuer_account: account.publicKey, ...user.nats } });
    return { account, key, raw };
  }

  const mayPublish = async (creds: string, ...subjects: readonly string[]): Promise<boolean[]> => {
    const client = await enter(world().server, creds);
    const outcomes: boolean[] = [];
    for (const subject of subjects) outcomes.push((await client.complaintOf(`PUB ${subject} 0\r\n`)) === undefined);
    return outcomes;
  };

  test("has nothing of its own, or is refused (53)", async () => {
    const { account, raw } = await withRole({ pub: ["a"] });
    expect(await mayPublish(await issue(account, { role: "role" }), "a", "b")).toEqual([true, false]);
    expect(await mayPublish(await raw(), "a", "b")).toEqual([true, false]);
    const own: NonNullable<UserClaimsInit["nats"]>[] = [
      { subs: -1 },
      { payload: 1 },
      { pub: { allow: ["a"] } },
      { sub: { deny: ["b"] } },
      { resp: { max: 1, ttl: 0 } },
      { src: ["127.0.0.1/32"] },
      { allowed_connection_types: ["STANDARD"] },
      { bearer_token: true },
    ];
    for (const nats of own) await expectRefused(world().server, await raw({ nats }));
    await expect(issue(account, { role: "role", pub: ["a"] })).toThrowCode("ERR_USER_SCOPED");
    await expect(issue(account, { role: "role", bearer: true })).toThrowCode("ERR_USER_SCOPED");
  });

  test("is what the variables of the role say (54)", async () => {
    const pub = "n.{{name()}} s.{{subject()}} an.{{account-name()}} as.{{account-subject()}} t.{{tag(team)}}".split(
      " ",
    );
    const { account } = await withRole({ pub: [...pub, "at.{{account-tag(env)}}", INFO], sub: ["_INBOX.>"] }, [
      "env:prod",
      "team:red",
    ]);
    const user = await account.issueUser("alice", { role: "role", expires: "1h", tags: ["team:blue", "env:dev"] });
    const allowed = [
      "n.alice",
      `s.${user.publicKey}`,
      `an.${account.name}`,
      `as.${account.publicKey}`,
      "t.blue",
      "at.prod",
    ];
    expect(await mayPublish(user.creds(), ...allowed)).toEqual(allowed.map(() => true));
    const others = ["n.bob", "s.x", "an.x", "as.x", "t.red", "at.dev"];
    expect(await mayPublish(user.creds(), ...others)).toEqual(others.map(() => false));
    // Servers tell users what they may do since 2.10.
    if (!world().isSince("2.10.0")) return;
    const { data } = await ask<UserInfo>(await connectAs(world().server, user.creds()), INFO);
    expect([...(data?.permissions?.publish?.allow ?? [])].sort()).toEqual([...allowed, INFO].sort());
  });

  test("has each combination of its tags; without one less is allowed, and nothing goes undenied (55)", async () => {
    const product = await withRole({ pub: ["d.{{tag(a)}}.{{tag(b)}}"] });
    const creds = await issue(product.account, { role: "role", tags: ["a:1", "a:2", "b:x", "b:y"] });
    expect(await mayPublish(creds, "d.1.x", "d.1.y", "d.2.x", "d.2.y", "d.1.2", "d.x.1")).toEqual([
      ...[true, true, true, true],
      ...[false, false],
    ]);
    const some = await withRole({ pub: ["ok", "m.{{tag(none)}}"] });
    expect(await mayPublish(await some.raw(), "ok", "m.x", "m")).toEqual([true, false, false]);
    // An empty list would allow everything.
    const emptied = await withRole({ pub: ["m.{{tag(none)}}"] });
    expect(await mayPublish(await emptied.raw(), "ok", "m.x")).toEqual([false, false]);
    const denied = await withRole({ pub: { deny: ["m.{{tag(none)}}"] } });
    await expectRefused(world().server, await denied.raw());
    await enter(world().server, await denied.raw({ nats: { tags: ["none:1"] } }));
  });

  test("has variables within tokens and with spaces since 2.11, and unknown ones keep it out (56)", async () => {
    const isNew = world().isSince("2.11.0");
    const inline = await withRole({ pub: ["ok", "KV_{{tag(a)}}.x", "{{tag(a)}}-{{tag(a)}}"] });
    const creds = await inline.raw({ nats: { tags: ["a:1", "a:2"] } });
    expect(await mayPublish(creds, "ok", "KV_1.x", "KV_2.x", "1-1", "1-2")).toEqual([true, isNew, isNew, isNew, false]);
    const spaced = await withRole({ pub: ["ok", "sp.{{ name() }}"] });
    expect(await mayPublish(await spaced.raw({ name: "alice" }), "ok", "sp.alice")).toEqual([true, isNew]);
    const upper = await withRole({ pub: ["ok", "n.{{NAME()}}"] });
    expect(await mayPublish(await upper.raw({ name: "alice" }), "ok", "n.alice")).toEqual([true, true]);
    const unknown = await withRole({ pub: ["ok"] });
    const pub = { allow: ["ok", "u.{{nobody()}}"] };
    const edited = unknown.account.editRole("role", ({ template }) => {
      template.pub = pub;
    });
    await expect(edited).toThrowCode("ERR_ROLE_TEMPLATE");
    await world().pushRaw(unknown.account, ({ nats }) => {
      const [scope] = nats.signing_keys ?? [];
      if (typeof scope === "object") scope.template.pub = pub;
    });
    if (isNew) await expectRefused(world().server, await unknown.raw());
    else expect(await mayPublish(await unknown.raw(), "ok", "u.x")).toEqual([true, false]);
  });

  test("is closed without a word when the role changes, and has the new one when it is back (57)", async () => {
    const { account } = await withRole({ pub: ["a"] });
    const other = await enter(world().server, await issue(account));
    const creds = await issue(account, { role: "role" });
    const client = await enter(world().server, creds);
    await world().pushWith(account, { resend: true });
    await world().edit(account, ({ limits }) => {
      limits.conn = 100;
    });
    expect(await client.isWell()).toBe(true);
    await account.editRole("role", ({ template }) => {
      template.pub = { allow: ["b"] };
    });
    await world().push(account);
    expect(await client.lastWords()).toEqual([]);
    expect(await mayPublish(creds, "a", "b")).toEqual([false, true]);
    expect(await other.isWell()).toBe(true);
  });

  test("would choose its subjects by its name and its tags, which the library refuses (58)", async () => {
    const { account, raw } = await withRole({ pub: ["n.{{name()}}", "t.{{tag(team)}}"] });
    for (const name of [">", "*", "a.b"]) {
      const subject = name === "a.b" ? "n.a.b" : "n.anything";
      expect(await mayPublish(await raw({ name }), subject, "n")).toEqual([true, false]);
      await expect(issue(account, { role: "role" }, name)).toThrowCode("ERR_ROLE_TEMPLATE");
      expect(await mayPublish(await raw({ nats: { tags: [`team:${name}`] } }), subject.replace("n.", "t."))).toEqual([
        true,
      ]);
      await expect(issue(account, { role: "role", tags: [`team:${name}`] })).toThrowCode("ERR_ROLE_TEMPLATE");
    }
    expect(await mayPublish(await raw({ name: "a b" }), "n.a", "n.b")).toEqual([false, false]);
    await expect(issue(account, { role: "role" }, "a b")).toThrowCode("ERR_ROLE_TEMPLATE");
  });

  test("needs no more than the least token of ADR-14 (59)", async () => {
    const { account, key } = await withRole({ pub: ["a"] });
    const user = createKeyPair("user");
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const nats = { issuer_account: account.publicKey, type: "user", version: 2 };
    const claims = { jti: "x", iat: Math.floor(Date.now() / 1000), iss: key.publicKey, sub: user.publicKey, nats };
    const signed = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part(claims)}`;
    const token = `${signed}.${Buffer.from(key.sign(new TextEncoder().encode(signed))).toString("base64url")}`;
    const creds = formatCreds(token, user);
    expect(await mayPublish(creds, "a", "b")).toEqual([true, false]);
    expect((await RawClient.connect(world().server, creds)).errors).toEqual([]);
  });
});
