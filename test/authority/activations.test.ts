import { inspect } from "node:util";
import {
  activationHashId,
  createActivationClaims,
  createKeyPair,
  decode,
  encode,
  KnownActivation,
  keyPairFromSeed,
  lint,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { collect, damage, NOW, only, refused, wire, world } from "./tree-fixtures.ts";

const PARTNER = createKeyPair("account").publicKey;

/** An operator with accounts SHOP, which exports, and AUDIT. */
async function market() {
  const made = world();
  const operator = await made.nsc.addOperator("local", { signingKey: true });
  const shop = await operator.addAccount("SHOP", { signingKey: true });
  const audit = await operator.addAccount("AUDIT", { signingKey: true });
  await shop.addExport({
    subject: "quote.*",
    type: "service",
    private: true,
    responseType: "Stream",
    allowTrace: true,
  });
  return { ...made, operator, shop, audit };
}

const exportsOf = async ({ store }: Awaited<ReturnType<typeof market>>) =>
  (await wire(store, ["local", "SHOP"])).nats.exports;

describe("editExport", () => {
  test("changes what it names, and keeps what nsc's edit export loses", async () => {
    const made = await market();
    const { shop } = made;
    await shop.addExport({ subject: "of.*", type: "stream", accountTokenPosition: 2 });
    await shop.edit(({ nats }) => {
      for (const entry of nats.exports ?? []) entry.advertise = true;
    });
    await shop.revokeActivation("quote.*", PARTNER);
    await shop.editExport("quote.*", (entry) => {
      entry.description = "what it costs";
      entry.name = "quotes";
    });
    await shop.editExport("of.*", (entry) => {
      entry.info_url = "https://example.com";
    });
    expect(await exportsOf(made)).toEqual([
      {
        name: "of.*",
        subject: "of.*",
        type: "stream",
        account_token_position: 2,
        advertise: true,
        info_url: "https://example.com",
      },
      {
        name: "quotes",
        subject: "quote.*",
        type: "service",
        token_req: true,
        revocations: { [PARTNER]: NOW },
        response_type: "Stream",
        advertise: true,
        allow_trace: true,
        description: "what it costs",
      },
    ]);
  });

  test("keeps revocations where subject and type change", async () => {
    const made = await market();
    await made.shop.revokeActivation("quote.*", PARTNER);
    await made.shop.editExport("quote.*", (entry) => {
      entry.subject = "price.*";
    });
    expect(only(await exportsOf(made))).toMatchObject({ subject: "price.*", revocations: { [PARTNER]: NOW } });
  });

  test("leaves importers that lint names", async () => {
    const { operator, shop, audit } = await market();
    await audit.addImport({ from: shop, subject: "quote.eu" });
    await shop.editExport("quote.*", (entry) => {
      entry.subject = "price.*";
    });
    const codes = (await lint(operator)).map(({ code, entity }) => `${code} ${entity.path.at(-1)}`);
    expect(codes).toContain("IMPORT_UNMATCHED AUDIT");
    expect(only(await collect(shop.activations())).problem).toContain("not exported");
  });

  test("is refused where it is not clear which, for what there is not, and for what servers would not load", async () => {
    const { shop, store } = await market();
    await shop.addExport({ subject: "quote.*", type: "stream" });
    const rename = (entry: { name?: string }): void => {
      entry.name = "n";
    };
    await refused(store, () => shop.editExport("quote.*", rename), "ERR_ARGUMENT_INVALID", "say type");
    await refused(store, () => shop.editExport("none", rename), "ERR_ENTITY_NOT_FOUND", '"none"');
    await refused(store, () => shop.editExport("quote.*", rename, { type: "queue" as never }), "ERR_ARGUMENT_INVALID");
    await refused(store, () => shop.editExport("quote.*", rename, { kind: "stream" } as never), "ERR_ARGUMENT_INVALID");
    const service = { type: "service" } as const;
    await refused(store, () => shop.editExport("quote.*", "x" as never, service), "ERR_ARGUMENT_INVALID");
    const later = (async () => "later") as () => void;
    await refused(store, () => shop.editExport("quote.*", later, service), "ERR_ARGUMENT_INVALID", "wait");
    const retype = (entry: { type?: string }): void => {
      entry.type = "stream";
    };
    await refused(store, () => shop.editExport("quote.*", retype as never, service), "ERR_CLAIMS_INVALID");
    const misspell = (entry: object): void => {
      (entry as { token_required: boolean }).token_required = true;
    };
    await refused(store, () => shop.editExport("quote.*", misspell, service), "ERR_CLAIMS_UNKNOWN_FIELD");
  });

  test("that changes nothing signs nothing", async () => {
    const { shop } = await market();
    const { token } = shop;
    await shop.editExport("quote.*", (entry) => {
      entry.subject = "quote.*";
    });
    expect(shop.token).toBe(token);
  });
});

describe("activations", () => {
  test("are those that other accounts import by", async () => {
    const { operator, shop, audit } = await market();
    await audit.addImport({ from: shop, subject: "quote.eu" });
    const other = await operator.addAccount("OTHER");
    const activation = await shop.issueActivation({ to: other, subject: "quote.*", expires: "1h" });
    await other.addImport({ activation });
    await shop.issueActivation({ to: PARTNER, subject: "quote.us" });

    const [first, second, ...more] = await collect(shop.activations());
    expect(first).toBeInstanceOf(KnownActivation);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ subject: "quote.eu", type: "service", expires: undefined, revoked: false });
    expect([first?.importer.name, first?.valid, first?.problem]).toEqual(["AUDIT", true, undefined]);
    expect([second?.importer.name, second?.token]).toEqual(["OTHER", activation]);
    expect(second?.expires).toEqual(new Date((NOW + 3600) * 1000));
    expect(second?.issuedAt).toEqual(new Date(NOW * 1000));
    expect(second?.hash).toBe(activationHashId(decode(activation, { kind: "activation" })));
    expect(inspect(second, { showHidden: true, depth: 9 })).not.toContain(activation);
    expect(JSON.stringify(second)).not.toContain(activation);
  });

  test("tell why they give no right", async () => {
    const { nsc, operator, shop, audit, clock } = await market();
    await audit.addImport({ from: shop, subject: "quote.eu" });
    const state = async () => only(await collect(shop.activations()));
    await shop.revokeActivation("quote.*", audit);
    expect(await state()).toMatchObject({ revoked: true, valid: false, problem: "it was revoked" });
    await shop.clearActivationRevocation("quote.*", audit);
    expect(await state()).toMatchObject({ revoked: false, valid: true });

    await audit.removeImport("quote.eu");
    const brief = await shop.issueActivation({ to: audit, subject: "quote.eu", expires: "1h" });
    await audit.addImport({ activation: brief });
    clock.now = NOW + 3600;
    expect(await state()).toMatchObject({ revoked: false, valid: false, problem: "it expired" });
    clock.now = NOW;

    await audit.removeImport("quote.eu");
    const later = await shop.issueActivation({
      to: audit,
      subject: "quote.eu",
      notBefore: new Date((NOW + 60) * 1000),
    });
    await audit.addImport({ activation: later });
    expect((await state()).problem).toBe("it is not valid yet");
    clock.now = NOW + 61;
    expect((await state()).valid).toBe(true);

    await shop.removeSigningKey(shop.claims.nats.signing_keys?.[0] as string);
    expect((await state()).problem).toContain("no key of the exporting account");
    expect(await collect((await nsc.operator("local")).accounts())).toHaveLength(2);
    expect(await collect((await operator.account("AUDIT")).activations())).toEqual([]);
  });

  test("of the identity give no right where signing keys are demanded, if they name their account", async () => {
    const { operator, shop, audit, store } = await market();
    await audit.addImport({ from: shop, subject: "quote.eu", activationSigner: shop.publicKey });
    expect(only(await collect(shop.activations())).valid).toBe(true);
    await operator.requireSigningKeys();
    expect(only(await collect(shop.activations())).valid).toBe(true);
    const claims = createActivationClaims(audit.publicKey, { nats: { subject: "quote.eu", kind: "service" } });
    claims.nats.issuer_account = shop.publicKey;
    const token = await encode(claims, keyPairFromSeed((await store.getKey(shop.publicKey)) ?? ""));
    await audit.edit(({ nats }) => {
      for (const entry of nats.imports ?? []) entry.token = token;
    });
    expect(only(await collect(shop.activations())).problem).toContain("signing keys are demanded");
  });

  test("that somebody else signed in the account's name give no right", async () => {
    const { shop, audit } = await market();
    const claims = createActivationClaims(audit.publicKey, { nats: { subject: "quote.eu", kind: "service" } });
    claims.nats.issuer_account = shop.publicKey;
    const token = await encode(claims, createKeyPair("account"));
    const forged = { name: "q", subject: "quote.eu", account: shop.publicKey, type: "service", token } as const;
    await audit.edit(({ nats }) => {
      nats.imports = [forged];
    });
    expect(only(await collect(shop.activations()))).toMatchObject({ subject: "quote.eu", valid: false });
  });

  test("that can't be read are passed over, and damaged accounts told at the end", async () => {
    const { operator, shop, audit, store } = await market();
    await audit.addImport({ from: shop, subject: "quote.eu" });
    await operator.addAccount("BROKEN");
    await damage(store, ["local", "BROKEN"]);
    const found: string[] = [];
    const walk = async () => {
      for await (const { importer } of shop.activations()) found.push(importer.name);
    };
    await refused(store, walk, "ERR_STORE_DAMAGED", "BROKEN");
    expect(found).toEqual(["AUDIT"]);
  });
});

describe("activationRevocations", () => {
  test("are sorted, that of all first", async () => {
    const { shop, audit, clock } = await market();
    expect(shop.activationRevocations("quote.*")).toEqual([]);
    await shop.revokeActivation("quote.*", audit);
    clock.now = NOW + 5;
    await shop.revokeActivation("quote.*", "*");
    expect(shop.activationRevocations("quote.*")).toEqual([
      { publicKey: "*", at: new Date((NOW + 5) * 1000) },
      { publicKey: audit.publicKey, at: new Date(NOW * 1000) },
    ]);
  });

  test("of what there is not are refused", async () => {
    const { shop, store } = await market();
    await refused(store, () => shop.activationRevocations("none"), "ERR_ENTITY_NOT_FOUND");
    await refused(store, () => shop.activationRevocations("quote.*", { type: "stream" }), "ERR_ENTITY_NOT_FOUND");
    await refused(store, () => shop.activationRevocations("quote.*", { x: 1 } as never), "ERR_ARGUMENT_INVALID");
  });
});
