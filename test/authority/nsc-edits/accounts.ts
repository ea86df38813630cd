import { addPermissions, addTags, createKeyPair, removePermissions, removeTags, setJetStream } from "nsc.js";
import { type Play, refused, type Stories, withAccount } from "./stage.ts";

const OTHER_KEY = "AD7VTS72WOTIVKJUG4ZQTZJY72RTRF7KFKB22L2YCRUXMKJDZMYCR5FE";
const THIRD_KEY = "ADZTEYRSFJ5BMCY6LZNFVNVUP2HODEDKNQ4SSKJQADN4JZSF4WSZXSUT";

const KIB = 1024;

const withKey =
  (kept: boolean): Play =>
  async ({ nsc }) => {
    const key = createKeyPair("account");
    const account = await (await nsc.addOperator("local")).addAccount("A", { key: kept ? key : key.publicKey });
    if (kept) await account.addUser("u");
    else await refused(account.addUser("u"), "ERR_SIGNER_MISSING");
  };

/** Accounts: made, and edited in all that is not about others. */
export const ACCOUNTS: Stories = {
  "add-account-public-key": withKey(false),
  "add-account-seed": withKey(true),
  "add-account-dates": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    await operator.addAccount("A", { notBefore: new Date("2023-01-01"), expires: new Date("2033-01-01") });
    await operator.addAccount("B", { expires: "2h" });
    await operator.addAccount("C", { notBefore: new Date("2026-02-01"), expires: "13M" });
    await operator.addAccount("D", { expires: "never" });
  },
  "add-account-default-permissions": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    const { A, B, C } = {
      A: { pub: ["a.>", "b"], sub: { allow: ["d q"], deny: ["c"] } },
      B: {
        pub: { allow: ["x"], deny: ["y"] },
        sub: { allow: ["x"], deny: ["y"] },
        responses: { max: 5, ttl: "1h" },
      },
      C: { responses: true },
    };
    await operator.addAccount("A", { defaultPermissions: A });
    await operator.addAccount("B", { defaultPermissions: B });
    await operator.addAccount("C", { defaultPermissions: C });
  },
  "add-account-signing-key": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { signingKey: true });
    const [first] = operator.claims.nats.signing_keys as readonly [string];
    const second = await operator.addSigningKey();
    await operator.addAccount("A");
    await operator.addAccount("B", { signer: second });
    await operator.addAccount("C", { signer: first });
  },
  "add-account-strict": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { signingKey: true });
    await operator.requireSigningKeys();
    await operator.addAccount("A");
    await refused(operator.addAccount("B", { signer: operator.publicKey }), "ERR_SIGNER_STRICT");
  },
  "edit-account-connections": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats: { limits } }) => void Object.assign(limits, { conn: 10, leaf: 3 }));
    await account.edit(({ nats: { limits } }) => void Object.assign(limits, { conn: -1 }));
  },
  "edit-account-sizes": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats: { limits } }) => {
      Object.assign(limits, { data: 5 * KIB * KIB, payload: 64_000, subs: 100 });
    });
    await account.edit(({ nats: { limits } }) => void Object.assign(limits, { payload: KIB, data: 1500 }));
  },
  "edit-account-import-export-limits": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats: { limits } }) => void Object.assign(limits, { exports: 2, imports: 3 }));
    await account.addExport({ subject: "a", type: "stream" });
    await account.addExport({ subject: "b", type: "stream" });
    await account.edit(({ nats: { limits } }) => void Object.assign(limits, { exports: 5, imports: -1 }));
  },
  "edit-account-wildcards": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats: { limits } }) => {
      limits.wildcards = false;
    });
    await account.addExport({ subject: "plain", type: "stream" });
  },
  "edit-account-bearer": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats: { limits } }) => {
      limits.disallow_bearer = true;
    });
    await refused(account.addUser("b", { bearer: true }), "ERR_BEARER_DISALLOWED");
    const c = await account.addUser("c");
    await refused(
      c.edit(({ nats }) => void Object.assign(nats, { bearer_token: true })),
      "ERR_BEARER_DISALLOWED",
    );
  },
  "edit-account-bearer-in-use": async (stage) => {
    const account = await withAccount(stage);
    const b = await account.addUser("b", { bearer: true });
    const disallow = () =>
      account.edit(({ nats: { limits } }) => {
        limits.disallow_bearer = true;
      });
    await refused(disallow(), "ERR_BEARER_DISALLOWED");
    await b.edit(({ nats }) => {
      nats.bearer_token = false;
    });
    await disallow();
  },
  "edit-account-js-basic": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      setJetStream(nats.limits, { memory: "1G", disk: "10G", streams: 10, consumers: 20 });
    });
  },
  "edit-account-js-unlimited": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => setJetStream(nats.limits, "unlimited"));
    await account.edit(({ nats }) => {
      nats.limits.streams = 3;
    });
  },
  "edit-account-js-all": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      setJetStream(nats.limits, {
        memory: "512MiB",
        disk: "2GiB",
        streams: 4,
        consumers: 5,
        maxMemoryStream: "64MiB",
        maxDiskStream: "128MiB",
        maxBytesRequired: true,
        maxAckPending: 500,
      });
    });
  },
  "edit-account-js-tiers": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      const R1 = { disk: "1G", streams: 2 };
      setJetStream(nats.limits, { tiers: { R1, R3: { disk: "3G", memory: "1M" } } });
    });
    await account.edit(({ nats }) => {
      const { R1, R3: _, ...others } = nats.limits.tiered_limits ?? {};
      nats.limits.tiered_limits = { ...others, R1: { ...R1, consumer: 7 } };
    });
    const both = account.edit(({ nats }) => {
      nats.limits.disk_storage = 5;
    });
    await refused(both, "ERR_CLAIMS_INVALID");
  },
  "edit-account-js-enable": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => setJetStream(nats.limits, "unlimited"));
    await account.edit(({ nats }) => setJetStream(nats.limits, undefined));
    await account.edit(({ nats }) => {
      nats.limits.tiered_limits = { R3: { disk_storage: -1, mem_storage: -1 } };
    });
  },
  "edit-account-js-disable": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => setJetStream(nats.limits, { tiers: { R2: { memory: "10M" } } }));
    await account.edit(({ nats }) => setJetStream(nats.limits, undefined));
  },
  "edit-account-js-system-account": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
    const system = await operator.account("SYS");
    const [signer] = operator.claims.nats.signing_keys as readonly [string];
    const jetstream = system.edit(({ nats }) => setJetStream(nats.limits, { disk: "1G" }));
    await refused(jetstream, "ERR_SYSTEM_ACCOUNT");
    await system.edit(({ nats }) => addTags(nats, "ok"), { signer });
  },
  "edit-account-sk": async (stage) => {
    const account = await withAccount(stage);
    await account.addSigningKey();
    await account.removeSigningKey(await account.addSigningKey());
  },
  "edit-account-sk-given": async (stage) => {
    const account = await withAccount(stage);
    await account.addSigningKey({ key: OTHER_KEY });
    const key = createKeyPair("account");
    await account.addSigningKey({ key: key.publicKey });
    await account.removeSigningKey(OTHER_KEY);
    await account.addUser("u");
    await account.addUser("v", { signer: key });
  },
  "edit-account-permissions": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      addPermissions(nats.default_permissions, {
        pub: { allow: ["a", "b", "f"], deny: ["d", "g"] },
        sub: { allow: ["c", "f"], deny: ["e", "g"] },
      });
    });
    await account.edit(({ nats }) => removePermissions(nats.default_permissions, ["a", "f", "g"]));
    await account.edit(({ nats }) => {
      addPermissions(nats.default_permissions, { responses: { max: 3, ttl: "10s" } });
    });
    await account.edit(({ nats }) => addPermissions(nats.default_permissions, { responses: false }));
  },
  "edit-account-info": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      nats.description = "our application";
      nats.info_url = "https://example.com/app";
    });
    await account.edit(({ nats }) => {
      delete nats.description;
    });
  },
  "edit-account-tags-expiry": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => addTags(nats, "B", "a"));
    await account.setValidity({ expires: "4w", notBefore: new Date("2021-05-06") });
    await account.edit(({ nats }) => removeTags(nats, "b"));
    await account.setValidity({ expires: "never" });
  },
  "edit-account-trace": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      nats.trace = { dest: "trace.here", sampling: 25 };
    });
    await account.edit(({ nats }) => {
      delete nats.trace;
    });
  },
  "edit-account-cluster-traffic": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      nats.cluster_traffic = "owner";
    });
    await account.edit(({ nats }) => {
      delete nats.cluster_traffic;
    });
  },
  "edit-account-signer": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { signingKey: true });
    const [signer] = operator.claims.nats.signing_keys as readonly [string];
    const account = await operator.addAccount("A", { signer });
    await account.edit(({ nats }) => addTags(nats, "one"), { signer: operator.publicKey });
    await account.edit(({ nats }) => addTags(nats, "two"));
    await account.edit(({ nats }) => addTags(nats, "three"), { signer });
  },
  "edit-account-strict-signer": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { signingKey: true });
    const account = await operator.addAccount("A", { signer: operator.publicKey });
    const demand = operator.edit(({ nats }) => {
      nats.strict_signing_key_usage = true;
    });
    await refused(demand, "ERR_SIGNING_KEY_REQUIRED");
    await account.edit(({ nats }) => addTags(nats, "x"));
    await operator.requireSigningKeys(); // signs it again by itself
    await account.edit(({ nats }) => addTags(nats, "y"));
  },
  "auth-callout-set": async (stage) => {
    const account = await withAccount(stage);
    await account.addUser("bob");
    await account.setAuthCallout({ users: [await account.addUser("auth")], accounts: [account] });
  },
  "auth-callout-curve": async (stage) => {
    const account = await withAccount(stage);
    await account.setAuthCallout({ users: [await account.addUser("bob")], xkey: true });
    await account.setAuthCallout({ xkey: false });
    await account.setAuthCallout({ xkey: createKeyPair("curve").publicKey });
  },
  "auth-callout-any-account": async (stage) => {
    const account = await withAccount(stage);
    await account.setAuthCallout({ users: [await account.addUser("bob")], accounts: "*" });
    await account.removeAuthCallout();
  },
  "auth-callout-remove": async (stage) => {
    const account = await withAccount(stage);
    stage.names.add(THIRD_KEY, "A?2");
    const eve = await account.addUser("eve");
    await account.setAuthCallout({ users: [await account.addUser("bob"), eve], accounts: [OTHER_KEY, THIRD_KEY] });
    await account.setAuthCallout({ users: [eve], accounts: [THIRD_KEY] });
  },
  "mapping-add": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      nats.mappings = {
        a: [{ subject: "b" }],
        c: [
          { subject: "d", weight: 30 },
          { subject: "e", weight: 70 },
        ],
      };
    });
  },
  "mapping-change": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      nats.mappings = { a: [{ subject: "b", weight: 60 }] };
    });
    await account.edit(({ nats }) => {
      nats.mappings = { ...nats.mappings, a: [{ subject: "c", weight: 40 }] };
    });
  },
  "mapping-cluster": async (stage) => {
    const account = await withAccount(stage);
    const east = { subject: "b", weight: 45, cluster: "east" };
    await account.edit(({ nats }) => {
      nats.mappings = { a: [east, { subject: "b", weight: 40, cluster: "west" }] };
    });
    await account.edit(({ nats }) => {
      nats.mappings = { ...nats.mappings, a: [east] };
    });
  },
  "mapping-wildcards": async (stage) => {
    const account = await withAccount(stage);
    await account.edit(({ nats }) => {
      nats.mappings = {
        "x.*": [{ subject: "y.$1" }],
        "p.*.*": [{ subject: "p.{{wildcard(2)}}.{{wildcard(1)}}" }],
      };
    });
    await account.edit(({ nats }) => {
      delete nats.mappings;
    });
  },
};
