import { createKeyPair, type ExportInit } from "nsc.js";
import { type Play, refused, type Stories, withAccount, withTwo } from "./stage.ts";

const exporting =
  (...exports: readonly ExportInit[]): Play =>
  async (stage) => {
    const account = await withAccount(stage);
    for (const init of exports) await account.addExport(init);
  };

/** Exports, imports, activations and their revocations. */
export const EXCHANGE: Stories = {
  "export-stream": exporting({ subject: "a.>", type: "stream" }, { name: "named", subject: "b.c", type: "stream" }),
  "export-service": exporting(
    { subject: "q", type: "service" },
    { name: "help", subject: "help.*", type: "service", responseType: "Stream" },
    { subject: "chunk", type: "service", responseType: "Chunked", responseThreshold: "2s" },
  ),
  "export-private": exporting(
    { subject: "secret.>", type: "stream", private: true },
    { subject: "secret.q", type: "service", private: true },
  ),
  "export-latency": exporting(
    { subject: "q", type: "service", latency: { results: "lat.q", sampling: 30 } },
    { subject: "r", type: "service", latency: { results: "lat.r", sampling: "headers" } },
  ),
  "export-token-position": exporting(
    { subject: "acc.*.>", type: "stream", accountTokenPosition: 2 },
    { name: "pos", subject: "req.*", type: "service", accountTokenPosition: 2 },
  ),
  "export-options": async (stage) => {
    const account = await withAccount(stage);
    await account.addExport({ subject: "tr", type: "service", allowTrace: true });
    await account.addExport({ subject: "adv", type: "stream" });
    await account.editExport("adv", (entry) => {
      entry.advertise = true;
    });
  },
  "export-edit": async (stage) => {
    const account = await withAccount(stage);
    await account.addExport({ subject: "a", type: "stream" });
    await account.editExport("a", (entry) => {
      Object.assign(entry, { name: "renamed", description: "the a", info_url: "https://example.com", token_req: true });
    });
    await account.editExport("a", (entry) => void Object.assign(entry, { name: "again", token_req: false }));
  },
  "export-edit-service": async (stage) => {
    const account = await withAccount(stage);
    await account.addExport({ subject: "q", type: "service" });
    await account.editExport("q", (entry) => {
      entry.response_type = "Stream";
    });
  },
  "export-edit-latency": async (stage) => {
    const account = await withAccount(stage);
    await account.addExport({ subject: "q", type: "service", latency: { results: "l.one", sampling: 10 } });
    await account.editExport("q", (entry) => {
      entry.service_latency = { results: "l.two", sampling: 50 };
      entry.response_type = "Chunked";
    });
    await account.editExport("q", (entry) => {
      delete entry.service_latency;
      entry.response_type = "Stream";
    });
  },
  "export-delete": async (stage) => {
    const account = await withAccount(stage);
    for (const subject of ["a", "b"]) await account.addExport({ subject, type: "stream" });
    for (const subject of ["a", "b"]) await account.removeExport(subject);
    await refused(account.removeExport("b"), "ERR_ENTITY_NOT_FOUND");
  },
  "export-delete-2": async (stage) => {
    const account = await withAccount(stage);
    await account.addExport({ subject: "a", type: "stream" });
    await account.addExport({ subject: "b", type: "service" });
    await account.addExport({ subject: "c", type: "stream", private: true });
    await account.removeExport("b", { type: "service" });
    await account.removeExport("c");
  },
  "export-sys-account": async ({ nsc }) => {
    const operator = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
    await operator.requireSigningKeys();
    const system = await operator.account("SYS");
    await system.addExport({ subject: "extra.>", type: "stream" });
    await system.removeExport("extra.>");
  },
  "import-stream": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "data.>", type: "stream" });
    await importer.addImport({ from: exporter, subject: "data.>" });
  },
  "import-by-name": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "data.>", type: "stream" });
    await importer.addImport({ from: exporter, subject: "data.>", localSubject: "in.data.>", name: "d" });
  },
  "import-service": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "q.help", type: "service" });
    await importer.addImport({ from: exporter, subject: "q.help", localSubject: "help" });
    // What is not exported is imported by the public key alone.
    await refused(importer.addImport({ from: exporter, subject: "q.help2" }), "ERR_ENTITY_NOT_FOUND");
    await importer.addImport({ from: exporter.publicKey, subject: "q.help2", type: "service", share: true });
  },
  "import-wildcard-mapping": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "ev.*.*", type: "stream" });
    await importer.addImport({ from: exporter, subject: "ev.*.*", localSubject: "my.$2.$1" });
  },
  "import-allow-trace": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "s", type: "stream" });
    await importer.addImport({ from: exporter, subject: "s", allowTrace: true });
  },
  "import-delete": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    for (const subject of ["a", "b"]) {
      await importer.addImport({ from: exporter.publicKey, subject, type: "stream" });
    }
    await importer.removeImport("a", { from: exporter });
    await importer.removeImport("b");
    await refused(importer.removeImport("b"), "ERR_ENTITY_NOT_FOUND");
  },
  "activation-basic": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "sec.>", type: "stream", private: true });
    const activation = await exporter.issueActivation({ to: importer, subject: "sec.>" });
    await importer.addImport({ activation });
  },
  "activation-narrow": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "svc.>", type: "service", private: true });
    const activation = await exporter.issueActivation({ to: importer.publicKey, subject: "svc.one", expires: "1M" });
    await importer.addImport({ activation, localSubject: "local.one", name: "one" });
  },
  "activation-stdout": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "only", type: "stream", private: true });
    const times = { notBefore: new Date("2020-01-01"), expires: new Date("2040-01-01") };
    await importer.addImport({
      activation: await exporter.issueActivation({ to: importer, subject: "only", ...times }),
    });
  },
  "activation-signing-key": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    const signer = await exporter.addSigningKey();
    await exporter.addExport({ subject: "p", type: "stream", private: true });
    await importer.addImport({ from: exporter, subject: "p", activationSigner: signer });
  },
  "revocation-activation": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "p.>", type: "stream", private: true });
    await exporter.revokeActivation("p.>", importer);
    await exporter.clearActivationRevocation("p.>", importer);
    await refused(exporter.clearActivationRevocation("p.>", importer), "ERR_ENTITY_NOT_FOUND");
  },
  "revocation-activation-at": async (stage) => {
    const { exporter, importer } = await withTwo(stage);
    await exporter.addExport({ subject: "q", type: "service", private: true });
    await exporter.addExport({ subject: "s", type: "stream", private: true });
    await exporter.revokeActivation("q", importer, { type: "service", at: new Date(1_234_567_890_000) });
    await exporter.revokeActivation("s", "*", { at: new Date("2022-01-01T00:00:00+02:00") });
    await exporter.clearActivationRevocation("s", "*");
  },
  "revocation-user": async (stage) => {
    const account = await withAccount(stage);
    const bob = await account.addUser("bob");
    await account.revoke(bob);
    await account.clearRevocation(bob);
  },
  "revocation-user-at": async (stage) => {
    const account = await withAccount(stage);
    const [bob, eve] = [await account.addUser("bob"), await account.addUser("eve")];
    await account.revoke(bob, { at: new Date(1_600_000_000_000) });
    await account.revoke(eve, { at: new Date("2021-03-04T05:06:07Z") });
    await account.revoke(bob);
  },
  "revocation-user-key": async (stage) => {
    const account = await withAccount(stage);
    const bob = await account.addUser("bob");
    await account.revoke(bob.publicKey, { at: new Date(1_000_000_001_000) });
    const stranger = createKeyPair("user").publicKey;
    stage.names.add(stranger, "U?1");
    await account.revoke(stranger);
    await account.revoke("*", { at: new Date(1_500_000_000_000) });
    await account.clearRevocation("*");
  },
  "revocation-user-default": async (stage) => {
    const account = await withAccount(stage);
    const bob = await account.addUser("bob");
    await account.revoke(bob);
    await account.clearRevocation(bob);
    await account.revoke(bob);
  },
  "revocation-delete-user": async (stage) => {
    const account = await withAccount(stage);
    const [bob, eve] = [await account.addUser("bob"), await account.addUser("eve")];
    await bob.delete();
    await eve.delete({ deleteKeys: true });
    await account.clearRevocation(bob.publicKey);
  },
  "revocation-stays-on-edit": async (stage) => {
    const account = await withAccount(stage);
    await account.revoke(await account.addUser("bob"), { at: new Date(1_650_000_000_000) });
    await account.edit(({ nats }) => {
      nats.tags = ["later"];
    });
    await account.addExport({ subject: "z", type: "stream", private: true });
  },
};
