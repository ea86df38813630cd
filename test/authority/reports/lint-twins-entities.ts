/** What is wrong with operators and accounts. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AccountClaims, createKeyPair, type OperatorClaims, type UserClaims } from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { vi } from "vitest";
import { damage } from "../tree-fixtures.ts";
import { forge } from "./lint-fixtures.ts";
import { enter, HOUR, hear, loginOf, loginToApp, now, type Twins } from "./lint-twins.ts";

const APP = ["local", "APP"] as const;

const accounts: readonly Twins[] = [
  {
    code: "DAMAGED",
    title: "an account whose token lost its end",
    make: async ({ store }, isWrong) => {
      if (isWrong) await damage(store, APP);
    },
    see: loginToApp,
    wrong: /^does not start: .*invalid account JWT/s,
    sound: /^works$/,
  },
  {
    code: "DAMAGED",
    title: "an account whose token is larger than servers read",
    since: "2.15.0",
    make: (tree, isWrong) =>
      tree.plant<AccountClaims>(APP, ({ nats }) => {
        const users = Array.from(
          { length: isWrong ? 12_000 : 8000 },
          (_, index) => `U${String(index).padStart(55, "A")}`,
        );
        nats.revocations = Object.fromEntries(users.map((user) => [user, now]));
      }),
    see: loginToApp,
    wrong: /^does not start: .*invalid account JWT/s,
    sound: /^works$/,
  },
  {
    code: "CLAIMS",
    title: "an account whose exports overlap",
    make: (tree, isWrong) =>
      tree.plant<AccountClaims>(APP, ({ nats }) => {
        nats.exports = [
          { subject: "a.>", type: "stream" },
          { subject: isWrong ? "a.b" : "b", type: "stream" },
        ];
      }),
    see: loginToApp,
    wrong: /^refused: Authorization Violation/,
    sound: /^works$/,
  },
  {
    code: "CLAIMS",
    title: "an account whose callout has a key of another kind to seal for",
    since: "2.10.0",
    make: async (tree, isWrong) => {
      const { publicKey } = await tree.app.addUser("service");
      await tree.plant<AccountClaims>(APP, ({ nats }) => {
        nats.authorization = { auth_users: [publicKey], xkey: createKeyPair(isWrong ? "account" : "curve").publicKey };
      });
    },
    see: loginOf("APP", "service"),
    wrong: /^refused: Authorization Violation/,
    sound: /^works$/,
  },
  {
    code: "EXPIRED",
    title: "an account",
    make: (tree, isWrong) =>
      tree.plant<AccountClaims>(APP, (claims) => {
        claims.exp = now + (isWrong ? -HOUR : 10_000 * HOUR);
      }),
    see: loginToApp,
    wrong: /^refused: Authorization Violation/,
    sound: /^works$/,
  },
  {
    code: "EXPIRED",
    title: "an operator, with which servers go on",
    make: (tree, isWrong) =>
      tree.plant<OperatorClaims>(["local"], (claims) => {
        claims.exp = now + (isWrong ? -HOUR : 10_000 * HOUR);
      }),
    see: loginToApp,
    wrong: /^works$/,
    sound: /^works$/,
  },
  {
    code: "NOT_YET_VALID",
    title: "an account",
    make: (tree, isWrong) =>
      tree.plant<AccountClaims>(APP, (claims) => {
        claims.nbf = now + (isWrong ? HOUR : -HOUR);
      }),
    see: loginToApp,
    wrong: /^refused: Authorization Violation/,
    sound: /^works$/,
  },
  {
    code: "ISSUER_GONE",
    title: "an account",
    make: async (tree, isWrong) => {
      const keys = (await tree.nsc.operator("local")).claims.nats.signing_keys ?? [];
      await tree.plant<AccountClaims>(
        APP,
        () => undefined,
        isWrong ? createKeyPair("operator") : await tree.pairOf(keys[0]),
      );
    },
    see: loginToApp,
    wrong: /^refused: Authorization Violation/,
    sound: /^works$/,
  },
  {
    code: "ISSUER_STRICT",
    title: "an account",
    make: async (tree, isWrong) => {
      const operator = await tree.nsc.operator("local");
      await operator.requireSigningKeys({ addSigningKeys: true });
      if (isWrong) await tree.plant<AccountClaims>(APP, () => undefined, await tree.pairOf(operator.publicKey));
    },
    see: loginToApp,
    wrong: /^refused: Authorization Violation/,
    sound: /^works$/,
  },
  {
    code: "ACCOUNT_TWICE",
    title: "two accounts with one key, of which a server knows one",
    make: async (tree, isWrong) => {
      await (await tree.nsc.operator("local")).addAccount("TWIN", { signingKey: true });
      const twin = await (await tree.nsc.operator("local")).account("TWIN");
      await twin.addUser("t");
      if (!isWrong) return;
      const signing = await tree.signingKey(twin);
      const { publicKey } = tree.app;
      await tree.plant<AccountClaims>(["local", "TWIN"], (claims) => {
        claims.sub = publicKey;
      });
      await tree.plant<UserClaims>(
        ["local", "TWIN", "t"],
        ({ nats }) => {
          nats.issuer_account = publicKey;
        },
        signing,
      );
      // Of two entries of a map a server has one.
      const later = { path: ["local", "ZAPP"] as const, token: (await tree.store.read(APP)) ?? "" };
      await tree.store.commit({ tokens: [later], deletes: [{ path: APP }] });
    },
    see: loginOf("TWIN", "t"),
    wrong: /^refused: Authorization Violation/,
    sound: /^works$/,
  },
];

const mappings: readonly Twins[] = (
  [
    ["of a wildcard that there is not", ["b.$2"], ["b.$1"]],
    ["by a function that there is not", ["b.{{none(1)}}"], ["b.{{wildcard(1)}}"]],
    ["that is there twice", ["b.$1", "b.$1"], ["b.$1", "c.$1"]],
  ] as const
).map(
  ([title, wrong, right]): Twins => ({
    code: "MAPPING_INVALID",
    title: `a destination ${title}`,
    make: (tree, isWrong) =>
      tree.plant<AccountClaims>(APP, ({ nats }) => {
        const subjects = isWrong ? wrong : right;
        nats.mappings = { "a.*": subjects.map((subject) => ({ subject, weight: 100 / subjects.length })) };
      }),
    see: async (server, tree) => (await hear(server, tree, [[tree.app, "a.x"]])).replace("hears c.x", "hears b.x"),
    wrong: /^hears a\.x$/,
    sound: /^hears b\.x$/,
  }),
);

const limits: readonly Twins[] = [
  ...(
    [
      ["conn", 0, /^refused: .*maximum account active connections exceeded/],
      ["conn", -2, /^refused: .*maximum account active connections exceeded/],
      ["subs", 0, /^cut off: .*maximum subscriptions exceeded/],
      ["subs", -2, /^cut off: .*maximum subscriptions exceeded/],
      ["payload", 0, /^can't send: .*max_payload size exceeded/],
      ["payload", -2, /^can't send: .*max_payload size exceeded/],
    ] as const
  ).map(
    ([limit, value, wrong]): Twins => ({
      code: "LIMIT_ZERO",
      title: `an account with a limit of ${value} for ${limit}`,
      make: (tree, isWrong) =>
        tree.plant<AccountClaims>(APP, ({ nats }) => {
          nats.limits[limit] = isWrong ? value : 10;
          nats.limits.data = 0;
        }),
      see: loginToApp,
      wrong,
      sound: /^works$/,
    }),
  ),
  ...(
    [
      ["subs", /^cut off: .*maximum subscriptions exceeded/],
      ["payload", /^can't send: .*max_payload size exceeded/],
    ] as const
  ).map(
    ([limit, wrong]): Twins => ({
      code: "LIMIT_ZERO",
      title: `a role with a limit of 0 for ${limit} in its token`,
      make: async (tree, isWrong) => {
        await tree.app.addRole("web", {});
        await tree.app.addUser("u", { role: "web" });
        const signer = await tree.pairOf(tree.app.claims.iss);
        const token = await forge<AccountClaims>(tree.app.token, signer, ({ nats }) => {
          for (const key of nats.signing_keys ?? []) {
            if (typeof key === "object") Object.assign(key.template, { [limit]: isWrong ? 0 : 10, data: 0 });
          }
        });
        await tree.put(APP, token);
      },
      see: loginOf("APP", "u"),
      wrong,
      sound: /^works$/,
    }),
  ),
  {
    code: "LIMIT_ZERO",
    title: "a user for leaf nodes where there may be none",
    make: async (tree, isWrong) => {
      await tree.plant<AccountClaims>(APP, ({ nats }) => {
        nats.limits.leaf = isWrong ? 0 : 1;
      });
      await tree.plantUser(tree.app, await tree.signingKey(tree.app), {
        nats: { issuer_account: tree.app.publicKey, allowed_connection_types: ["LEAFNODE"] },
      });
    },
    config: () => ({ leafnodes: { listen: "127.0.0.1:-1" } }),
    see: async (server, tree) => {
      const [, port] = /Listening for leafnode connections on 127\.0\.0\.1:(\d+)/.exec(server.log()) ?? [];
      const credentials = join(server.dir, "leaf.creds");
      await writeFile(credentials, await tree.creds("APP", "u"), { mode: 0o600 });
      const remotes = `leafnodes { remotes = [{ url: "nats-leaf://127.0.0.1:${port}", credentials: "${credentials}" }] }`;
      await using _leaf = await startNatsServer({ config: remotes });
      const verdict = /Authenticated JWT: Leafnode|maximum account active connections exceeded/;
      const [seen] = await vi.waitFor(() => verdict.exec(server.log()) ?? Promise.reject(new Error(server.log())), {
        timeout: 10_000,
      });
      return seen.startsWith("Authenticated") ? "works" : "refused";
    },
    wrong: /^refused$/,
    sound: /^works$/,
  },
  {
    code: "JETSTREAM_TIERS",
    title: "limits of JetStream beside those of tiers",
    jetstream: true,
    make: async (tree, isWrong) => {
      const flat = { mem_storage: 1_000_000, disk_storage: 1_000_000 };
      await tree.plant<AccountClaims>(APP, ({ nats }) => {
        Object.assign(nats.limits, flat, isWrong && { tiered_limits: { R3: flat } });
      });
    },
    see: async (server, tree) => {
      const connection = await enter(server, await tree.anybody(tree.app));
      const stream = { name: "S", subjects: ["s"], storage: "file", num_replicas: 1, max_bytes: 1000 };
      const reply = await connection.request("$JS.API.STREAM.CREATE.S", JSON.stringify(stream));
      await connection.close();
      const { error } = reply.json<{ error?: { err_code: number } }>();
      return error === undefined ? "created" : `not created: ${error.err_code}`;
    },
    // no JetStream default or applicable tiered limit present
    wrong: /^not created: 10120$/,
    sound: /^created$/,
  },
];

const system: readonly Twins[] = [
  {
    code: "SYSTEM_ACCOUNT",
    title: "none, with which a server takes no accounts that are pushed",
    make: (tree, isWrong) =>
      tree.plant<OperatorClaims>(["local"], ({ nats }) => {
        if (isWrong) delete nats.system_account;
      }),
    config: () => ({ resolver: { type: "full", dir: "jwt" } }),
    wrong: /^does not start: .*the system account needs to be specified/s,
    sound: /^starts$/,
  },
  {
    code: "SYSTEM_ACCOUNT",
    title: "one that is not there",
    make: (tree, isWrong) =>
      tree.plant<OperatorClaims>(["local"], ({ nats }) => {
        if (isWrong) nats.system_account = createKeyPair("account").publicKey;
      }),
    wrong: /^does not start: .*error resolving system account/s,
    sound: /^starts$/,
  },
  {
    code: "SYSTEM_JETSTREAM",
    title: "JetStream on the system account",
    jetstream: true,
    make: (tree, isWrong) =>
      tree.plant<AccountClaims>(["local", "SYS"], ({ nats }) => {
        if (isWrong) nats.limits.disk_storage = -1;
      }),
    wrong: /^does not start: .*Not allowed to enable JetStream on the system account/s,
    sound: /^starts$/,
  },
];

export const entityTwins: readonly Twins[] = [...accounts, ...mappings, ...limits, ...system];
