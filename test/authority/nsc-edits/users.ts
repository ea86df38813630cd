import {
  type Account,
  addPermissions,
  addTags,
  createKeyPair,
  createScope,
  removePermissions,
  removeTags,
  type User,
} from "nsc.js";
import { type Play, refused, type Stage, type Stories, withAccount } from "./stage.ts";

const IMPORTER = "AD7VTS72WOTIVKJUG4ZQTZJY72RTRF7KFKB22L2YCRUXMKJDZMYCR5FE";

async function withUser(stage: Stage): Promise<{ readonly account: Account; readonly bob: User }> {
  const account = await withAccount(stage);
  return { account, bob: await account.addUser("bob") };
}

async function withUsers(stage: Stage, ...names: readonly string[]) {
  const account = await withAccount(stage);
  for (const name of names) await account.addUser(name);
  return account;
}

const imported =
  (file: string): Play =>
  async ({ nsc, file: read }) => {
    const account = await (await nsc.addOperator("local")).addAccount("A", { key: IMPORTER });
    const { token } = await account.importUser(read(file));
    await account.importUser(read(file), { replace: true });
    // The very same is there already, and stays.
    if ((await account.user("u")).token !== token) throw new Error("it was replaced");
  };

/** Users and roles: edited, deleted, adopted; and accounts that go or come. */
export const USERS: Stories = {
  "edit-user-permissions": async (stage) => {
    const { bob } = await withUser(stage);
    await bob.edit(({ nats }) => {
      addPermissions(nats, { pub: { allow: ["a", "b.>"], deny: ["d"] }, sub: { allow: ["c"], deny: ["e"] } });
    });
    await bob.edit(({ nats }) => {
      // Without c everything may be subscribed to, which has to be said.
      delete nats.sub.allow;
      removePermissions(nats, ["a", "c", "e"]);
    });
    await bob.edit(({ nats }) => {
      const both = { allow: ["x"], deny: ["y"] };
      addPermissions(nats, { pub: both, sub: both });
    });
  },
  "edit-user-response": async (stage) => {
    const { bob } = await withUser(stage);
    await bob.edit(({ nats }) => addPermissions(nats, { responses: true }));
    await bob.edit(({ nats }) => addPermissions(nats, { responses: { max: 10, ttl: "1m" } }));
    await bob.edit(({ nats }) => addPermissions(nats, { responses: false }));
  },
  "edit-user-limits": async (stage) => {
    const { bob } = await withUser(stage);
    await bob.edit(({ nats }) => void Object.assign(nats, { payload: 1000, data: 1_048_576, subs: 50 }));
    await bob.edit(({ nats }) => void Object.assign(nats, { subs: -1 }));
  },
  "edit-user-conn-types": async (stage) => {
    const { bob } = await withUser(stage);
    await bob.edit(({ nats }) => {
      nats.allowed_connection_types = ["MQTT", "WEBSOCKET", "STANDARD"];
    });
    await bob.edit(({ nats }) => {
      const left = nats.allowed_connection_types?.filter((type) => type !== "MQTT") ?? [];
      nats.allowed_connection_types = [...left, "LEAFNODE", "LEAFNODE_WS", "MQTT_WS", "IN_PROCESS"];
    });
  },
  "edit-user-networks": async (stage) => {
    const { bob } = await withUser(stage);
    await bob.edit(({ nats }) => {
      nats.src = ["10.0.0.0/8", "192.168.1.0/24"];
    });
    await bob.edit(({ nats }) => {
      nats.src = ["192.168.1.0/24", "172.16.0.0/12"];
    });
  },
  "edit-user-times": async (stage) => {
    const { bob } = await withUser(stage);
    await bob.edit(({ nats }) => {
      nats.times = [
        { start: "08:00:00", end: "12:00:00" },
        { start: "13:00:00", end: "17:30:00" },
      ];
      nats.times_location = "Europe/Berlin";
    });
    await bob.edit(({ nats }) => {
      nats.times = nats.times?.filter(({ start }) => start !== "08:00:00") ?? [];
    });
  },
  "edit-user-bearer": async (stage) => {
    const { bob } = await withUser(stage);
    for (const bearer of [true, false]) {
      await bob.edit(({ nats }) => {
        nats.bearer_token = bearer;
      });
    }
  },
  "edit-user-tags-expiry": async (stage) => {
    const { bob } = await withUser(stage);
    await bob.edit(({ nats }) => addTags(nats, "One", "two"));
    await bob.setValidity({ expires: "24h" });
    await bob.edit(({ nats }) => removeTags(nats, "ONE"));
    await bob.setValidity({ expires: "never", notBefore: new Date("2022-02-22") });
    await bob.setValidity({ notBefore: "at once" });
  },
  "edit-user-resign": async (stage) => {
    const { account, bob } = await withUser(stage);
    const signer = await account.addSigningKey();
    await bob.edit(({ nats }) => addTags(nats, "x"), { signer });
    await bob.edit(({ nats }) => addTags(nats, "y"));
    await bob.edit(({ nats }) => addTags(nats, "z"), { signer: account.publicKey });
  },
  "edit-user-no-private-key": async (stage) => {
    const account = await withAccount(stage);
    const bob = await account.addUser("bob", { key: createKeyPair("user").publicKey });
    await bob.edit(({ nats }) => addPermissions(nats, { sub: ["x"] }));
  },
  "signing-key-generate-role": async (stage) => {
    const account = await withAccount(stage);
    await account.addRole("service", { description: "for services" });
    await account.addUser("bob", { role: "service" });
  },
  "signing-key-permissions": async (stage) => {
    const account = await withAccount(stage);
    await account.addRole("r", {
      pub: { allow: ["a.>"], deny: ["d"] },
      sub: { allow: ["b", "c q"], deny: ["e"] },
      responses: { max: 3, ttl: "5s" },
    });
    // Nothing is left that it may publish to, so that it may publish to everything but d.
    const nothing = account.editRole("r", ({ template }) => removePermissions(template, ["a.>"]));
    await refused(nothing, "ERR_ARGUMENT_INVALID");
    await account.editRole("r", ({ template }) => {
      delete template.pub.allow;
      addPermissions(template, { responses: false });
    });
  },
  "signing-key-limits": async (stage) => {
    const account = await withAccount(stage);
    await account.addRole("r", {
      template: (template) => {
        Object.assign(template, { payload: 1000, data: 2000, subs: 3, bearer_token: true });
        template.allowed_connection_types = ["MQTT"];
        template.src = ["10.0.0.0/8"];
        template.times = [{ start: "01:02:03", end: "04:05:06" }];
        template.times_location = "UTC";
      },
    });
  },
  "signing-key-promote": async (stage) => {
    const account = await withAccount(stage);
    const key = await account.addSigningKey();
    await account.edit(({ nats }) => {
      const scope = createScope(key, { role: "promoted", template: { pub: { allow: ["x"] }, sub: { allow: ["x"] } } });
      nats.signing_keys = (nats.signing_keys ?? []).map((each) => (each === key ? scope : each));
    });
    await account.addUser("bob", { role: "promoted" });
    await refused(account.addUser("eve", { role: "promoted", pub: ["y"] }), "ERR_USER_SCOPED");
  },
  "signing-key-two-roles": async (stage) => {
    const account = await withAccount(stage);
    await account.addRole("reader", { sub: ["data.>"] });
    await account.addRole("writer", { pub: ["data.>"] });
    await account.addUser("r1", { role: "reader" });
    await account.addUser("w1", { role: "writer" });
    await account.editRole("writer", ({ template }) => addPermissions(template, { pub: { deny: ["data.secret"] } }));
  },
  "signing-key-templates": async (stage) => {
    const account = await withAccount(stage);
    await account.addRole("t", {
      pub: { allow: ["{{account-name()}}.{{name()}}.>"], deny: ["{{tag(dept)}}.x"] },
      sub: ["_INBOX.{{subject()}}.>"],
    });
    await account.addUser("bob", { role: "t", tags: ["dept:sales"] });
  },
  "signing-key-in-account-context": async (stage) => {
    const account = await withAccount(stage);
    await account.addRole("cur", { template: (template) => void Object.assign(template, { subs: 5 }) });
    await account.editRole("cur", (scope) => {
      scope.role = "renamed";
    });
  },
  "signing-key-remove": async (stage) => {
    const account = await withAccount(stage);
    const key = await account.addRole("gone", { pub: ["x"] });
    const bob = await account.addUser("bob", { role: "gone" });
    await refused(account.removeSigningKey(key), "ERR_SIGNING_KEY_IN_USE");
    await account.removeSigningKey(key, { force: true });
    await bob.delete({ revoke: false });
  },
  "signing-key-file": async (stage) => {
    const account = await withAccount(stage);
    const key = await account.addRole("f", { sub: { deny: ["x"] }, key: createKeyPair("account").getSeed() });
    await account.addUser("bob", { signer: key });
    await account.removeSigningKey(key, { force: true });
  },
  "delete-user": async (stage) => {
    const account = await withUsers(stage, "bob", "eve");
    for (const name of ["bob", "eve"]) await (await account.user(name)).delete({ revoke: false });
  },
  "delete-user-all-flags": async (stage) => {
    const account = await withUsers(stage, "bob", "eve");
    await (await account.user("bob")).delete({ revoke: false, deleteKeys: true });
    await (await account.user("eve")).delete({ deleteKeys: true });
  },
  "delete-user-several": async (stage) => {
    await withUsers(stage, "bob", "eve", "joe");
    await stage.nsc.transaction(async (tx) => {
      const account = await (await tx.operator("local")).account("APP");
      for (const name of ["bob", "eve"]) await (await account.user(name)).delete({ revoke: false, deleteKeys: true });
    });
  },
  // nsc revokes the users in a token that it deletes right after; who has to be out is revoked, pushed, and deleted then.
  "delete-account": async (stage) => {
    const { account } = await withUser(stage);
    await account.revoke("*");
    await account.delete();
  },
  "delete-account-all": async (stage) => {
    const { account } = await withUser(stage);
    await account.addSigningKey();
    await account.addUser("eve");
    await account.delete({ deleteKeys: true });
    await (await stage.nsc.operator("local")).addAccount("APP");
  },
  "delete-account-other": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    const account = await operator.addAccount("A");
    await account.addUser("u");
    await operator.addAccount("B");
    await account.delete({ deleteKeys: true });
  },
  "delete-and-readd": async (stage) => {
    const { account, bob } = await withUser(stage);
    await bob.delete({ revoke: false, deleteKeys: true });
    await account.addUser("bob", { tags: ["new"] });
    await account.delete({ deleteKeys: true });
    await (await (await stage.nsc.operator("local")).addAccount("APP")).addUser("bob");
  },
  "import-account-self-signed": async ({ nsc, file }) => {
    const operator = await nsc.addOperator("local");
    await operator.importAccount(file("a.jwt"));
    await refused(operator.importAccount(file("a.jwt")), "ERR_ENTITY_EXISTS");
  },
  "import-account-other-operator": async ({ nsc, file }) => {
    const operator = await nsc.addOperator("local");
    await refused(operator.importAccount(file("a.jwt")), "ERR_SIGNER_UNTRUSTED");
    await operator.importAccount(file("a.jwt"), { force: true, keepLimits: true });
  },
  "import-account-own": async (stage) => {
    const { account } = await withUser(stage);
    const { token } = account;
    await account.delete();
    await (await stage.nsc.operator("local")).importAccount(token);
  },
  "import-user": imported("u.jwt"),
  "import-user-creds": imported("u.creds"),
};
