import { addTags, createKeyPair, removeTags } from "nsc.js";
import { type Play, refused, type Stories, withAccount } from "./stage.ts";

const OTHER_KEY = "OCOWJTKZPMLQS7XXGJYUKKBLO64DV5GJSFCZZGFQSY74FDK7CAVGLJWT";

const reissued =
  (options: { readonly keepAsSigningKey?: boolean; readonly given?: boolean } = {}): Play =>
  async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    await (await operator.addAccount("APP")).addUser("bob");
    const { given = false, ...rest } = options;
    await operator.reissue({ key: given ? createKeyPair("operator") : true, ...rest });
    if (rest.keepAsSigningKey === true) await operator.addAccount("B");
  };

/** Operators: made, adopted, edited, given another identity. */
export const OPERATORS: Stories = {
  "add-operator-sk": async ({ nsc }) => (await nsc.addOperator("local", { signingKey: true })).addAccount("A"),
  "add-operator-sys": ({ nsc }) => nsc.addOperator("local", { systemAccount: true }),
  "add-operator-expiry": ({ nsc }) =>
    nsc.addOperator("local", { notBefore: new Date("2026-01-01T01:00Z"), expires: "1y" }),
  "add-operator-dates": ({ nsc }) =>
    nsc.addOperator("local", { notBefore: new Date("2024-01-15"), expires: new Date("2041-12-31") }),
  "add-operator-key": async ({ nsc }) =>
    (await nsc.addOperator("local", { key: createKeyPair("operator") })).addAccount("B"),
  "add-operator-import": ({ nsc, file }) => nsc.importOperator(file("op.jwt")),
  "add-operator-import-name": ({ nsc, file }) => nsc.importOperator(file("op.jwt"), { name: "mine" }),
  "add-operator-import-force": async ({ nsc, file }) => {
    await nsc.importOperator(file("op.jwt"));
    await nsc.importOperator(file("op2.jwt"), { replace: true });
    await refused(nsc.importOperator(file("op.jwt")), "ERR_ENTITY_EXISTS");
  },
  "edit-operator-service-urls": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { serviceUrls: ["nats://localhost:4222"] });
    await operator.edit(({ nats }) => {
      nats.operator_service_urls?.push("tls://host.example:4443", "ws://w:80", "wss://w:443");
    });
    await operator.edit(({ nats }) => {
      nats.operator_service_urls = (nats.operator_service_urls ?? []).filter((url) => url !== "nats://localhost:4222");
    });
  },
  "edit-operator-account-url": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { accountServerUrl: "nats://localhost:4222" });
    await operator.edit(({ nats }) => {
      nats.account_server_url = "https://example.com/jwt/v1";
    });
    await operator.edit(({ nats }) => {
      delete nats.account_server_url;
    });
  },
  "edit-operator-sk": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    const first = await operator.addSigningKey();
    await operator.addSigningKey();
    await operator.removeSigningKey(first);
  },
  "edit-operator-sk-given": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    await operator.addSigningKey({ key: OTHER_KEY });
    await operator.addSigningKey({ key: createKeyPair("operator").getSeed() });
    await operator.addSigningKey();
  },
  "edit-operator-tags": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { tags: ["Zebra", "apple", "Mango"] });
    await operator.edit(({ nats }) => removeTags(nats, "ZEBRA"));
    await operator.edit(({ nats }) => addTags(nats, "apple"));
  },
  "edit-operator-system-account": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    const { publicKey } = await operator.addAccount("SYS");
    await operator.edit(({ nats }) => {
      nats.system_account = publicKey;
    });
  },
  "edit-operator-system-account-key": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    for (const { publicKey } of [await operator.addAccount("S1"), await operator.addAccount("S2")]) {
      await operator.edit(({ nats }) => {
        nats.system_account = publicKey;
      });
    }
  },
  "edit-operator-strict": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    await operator.requireSigningKeys({ addSigningKeys: true });
    const account = await operator.addAccount("A");
    await account.addSigningKey();
    await account.addUser("u");
    await operator.edit(({ nats }) => {
      delete nats.strict_signing_key_usage;
    });
  },
  "edit-operator-strict-refused": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    const account = await operator.addAccount("A");
    const key = await operator.addSigningKey();
    const demand = () =>
      operator.edit(({ nats }) => {
        nats.strict_signing_key_usage = true;
      });
    await refused(demand(), "ERR_SIGNING_KEY_REQUIRED");
    await account.edit(({ nats }) => addTags(nats, "x"), { signer: key });
    await account.addUser("u");
    await refused(demand(), "ERR_SIGNING_KEY_REQUIRED");
  },
  "edit-operator-expiry": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    await operator.setValidity({ expires: "3M", notBefore: new Date("2020-02-02") });
    await operator.setValidity({ expires: "never" });
  },
  "edit-operator-start-only": async ({ nsc }) => {
    const operator = await nsc.addOperator("local");
    await operator.setValidity({ notBefore: new Date("2026-01-03") });
    await operator.setValidity({ notBefore: "at once" });
    await operator.setValidity({ expires: new Date("2035-06-30") });
    await operator.edit(({ nats }) => addTags(nats, "a", "b", "c"));
    await operator.edit(({ nats }) => removeTags(nats, "a", "c"));
  },
  "reissue-operator": reissued(),
  "reissue-convert": reissued({ keepAsSigningKey: true }),
  "reissue-given-key": reissued({ given: true }),
  "reissue-signing-keys": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
    const [signer] = operator.claims.nats.signing_keys as readonly [string];
    await (await operator.systemAccount())?.reissue({ signer });
    await operator.addAccount("A");
    await operator.reissue({ key: true });
  },
  "rename-account": async (stage) => {
    const account = await withAccount(stage);
    await account.addUser("bob");
    await account.addUser("eve");
    await account.rename("NEW");
    await account.addUser("joe");
  },
  "rename-no-users": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { signingKey: true });
    await (await operator.addAccount("A")).rename("B");
  },
};
