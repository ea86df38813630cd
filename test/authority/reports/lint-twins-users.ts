/** What is wrong with users. */

import { type AccountClaims, createKeyPair, decode, type UserClaimsInit } from "nsc.js";
import { enter, HOUR, loginOf, now, type Tree, type Twins } from "./lint-twins.ts";

const refused = /^refused: .*(?:Authorization Violation|Authentication Expired)/;
const works = /^works$/;

/** A user of APP that a signing key of it signed. */
async function plant(tree: Tree, init: UserClaimsInit, isUnnamed = false): Promise<void> {
  const { app } = tree;
  const nats = { ...init.nats, ...(!isUnnamed && { issuer_account: app.publicKey }) };
  await tree.plantUser(app, await tree.signingKey(app), { ...init, nats });
}

/** A user of APP whose role has a template. */
async function plantOfRole(
  tree: Tree,
  { init = {}, pub = [], deny = [] }: { init?: UserClaimsInit; pub?: string[]; deny?: string[] },
): Promise<void> {
  const { app } = tree;
  await app.addRole("web", {
    ...(pub.length > 0 && { pub }),
    template: (template) => {
      template.sub = deny.length > 0 ? { deny } : {};
    },
  });
  const [role] = app.roles;
  const nats = { ...init.nats, issuer_account: app.publicKey };
  await tree.plantUser(app, await tree.pairOf(role?.key), { scoped: true, ...init, nats });
}

export const userTwins: readonly Twins[] = [
  {
    code: "EXPIRED",
    title: "a user",
    make: (tree, isWrong) => plant(tree, { exp: now + (isWrong ? -HOUR : 10_000 * HOUR) }),
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "EXPIRES_SOON",
    title: "a user, which is cut off then",
    make: (tree, isWrong) => plant(tree, { exp: isWrong ? Math.floor(Date.now() / 1000) + 8 : now + 10_000 * HOUR }),
    see: async (server, tree) => {
      const connection = await enter(server, await tree.creds("APP", "u"));
      const closed = connection.closed().then((error) => `cut off: ${(error as Error | undefined)?.message}`);
      const { exp = 0 } = decode((await tree.store.read(["local", "APP", "u"])) ?? "");
      // Nobody waits for what expires years from now.
      const patience = exp - now < HOUR ? 30_000 : 500;
      const waited = new Promise<string>((resolve) => setTimeout(() => resolve("works"), patience));
      const outcome = await Promise.race([closed, waited]);
      await connection.close();
      return outcome;
    },
    wrong: /^cut off: .*User Authentication Expired/i,
    sound: works,
  },
  {
    code: "NOT_YET_VALID",
    title: "a user",
    make: (tree, isWrong) => plant(tree, { nbf: now + (isWrong ? HOUR : -HOUR) }),
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "ISSUER_GONE",
    title: "a user",
    make: async (tree, isWrong) => {
      await plant(tree, {});
      const keys = tree.app.claims.nats.signing_keys ?? [];
      if (isWrong) await tree.app.removeSigningKey(String(keys[0]), { force: true });
    },
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "ISSUER_STRICT",
    title: "a user",
    make: async (tree, isWrong) => {
      await (await tree.nsc.operator("local")).requireSigningKeys({ addSigningKeys: true });
      if (isWrong) await tree.plantUser(tree.app, await tree.pairOf(tree.app.publicKey));
      else await plant(tree, {});
    },
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "LIMIT_ZERO",
    title: "a user without subscriptions",
    make: (tree, isWrong) => plant(tree, { nats: { subs: isWrong ? 0 : 10, data: 0 } }),
    see: loginOf("APP", "u"),
    wrong: /^cut off: .*maximum subscriptions exceeded/,
    sound: works,
  },
  {
    code: "LIMIT_ZERO",
    title: "a user who can send nothing",
    make: (tree, isWrong) => plant(tree, { nats: { payload: isWrong ? 0 : 10, data: -2 } }),
    see: loginOf("APP", "u"),
    wrong: /^can't send: .*max_payload size exceeded/,
    sound: works,
  },
  {
    code: "TOKEN_SIZE",
    title: "a user with many permissions, which a role keeps out of its token",
    make: async (tree, isWrong) => {
      const allow = ["a", ...Array.from({ length: 200 }, (_, index) => `a.subject.that.is.rather.long.${index}`)];
      if (isWrong) await plant(tree, { nats: { pub: { allow } } });
      else await plantOfRole(tree, { pub: allow });
    },
    see: loginOf("APP", "u"),
    wrong: /^refused: .*(?:maximum control line exceeded|ECONNRESET|EPIPE|timeout|closed)/i,
    sound: works,
  },
  {
    code: "USER_ACCOUNT",
    title: "one that does not name its account",
    make: (tree, isWrong) => plant(tree, {}, isWrong),
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "USER_ACCOUNT",
    title: "one that names another account",
    make: async (tree, isWrong) => {
      const named = isWrong ? tree.shop : tree.app;
      await tree.plantUser(tree.app, await tree.signingKey(tree.app), { nats: { issuer_account: named.publicKey } });
    },
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "USER_CONNECTIONS",
    title: "connections that nobody knows",
    make: (tree, isWrong) =>
      plant(tree, {
        nats: { allowed_connection_types: isWrong ? ["CARRIER_PIGEON"] : ["CARRIER_PIGEON", "STANDARD"] },
      }),
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "USER_REVOKED",
    title: "a user",
    make: async (tree, isWrong) => {
      const { app } = tree;
      const user = await app.addUser("u");
      await app.revoke(isWrong ? user : createKeyPair("user").publicKey);
    },
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "USER_SCOPE",
    title: "limits of its own beside a role",
    make: (tree, isWrong) => plantOfRole(tree, { init: isWrong ? { nats: { subs: -1 } } : {} }),
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "USER_TEMPLATE",
    title: "a tag that its role denies, and which it does not have",
    make: (tree, isWrong) =>
      plantOfRole(tree, {
        deny: ["x.{{tag(team)}}"],
        init: { nats: { tags: isWrong ? [] : ["team:blue"] } },
      }),
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
  {
    code: "USER_TEMPLATE",
    title: "a name that lets it publish anything",
    make: (tree, isWrong) => plantOfRole(tree, { pub: ["in.{{name()}}"], init: { name: isWrong ? ">" : "alice" } }),
    see: async (server, tree) => {
      const connection = await enter(server, await tree.creds("APP", "u"));
      const errors: string[] = [];
      const listening = (async () => {
        for await (const status of connection.status()) if (status.type === "error") errors.push(status.error.message);
      })();
      connection.publish("in.of.somebody.else");
      await connection.flush();
      await connection.close();
      await listening;
      return errors.length === 0 ? "published" : errors.join();
    },
    wrong: /^published$/,
    sound: /Permissions Violation for Publish to "in.of.somebody.else"/i,
  },
  {
    code: "USER_BEARER",
    title: "a bearer token where none may be",
    make: async (tree, isWrong) => {
      await plant(tree, { nats: { bearer_token: true } });
      await tree.plant<AccountClaims>(["local", "APP"], ({ nats }) => {
        nats.limits.disallow_bearer = isWrong;
      });
    },
    see: loginOf("APP", "u"),
    wrong: refused,
    sound: works,
  },
];
