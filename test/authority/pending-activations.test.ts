import {
  type AuditEvent,
  decode,
  explain,
  type KeyPair,
  lint,
  Nsc,
  type NscOptions,
  readSignatureRequest,
  signRequest,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { key, keysIn, publicKeys, read, seedText } from "./signer-fixtures.ts";
import { NOW, only, refused, SpyStore, tokenAt, wire } from "./tree-fixtures.ts";

/** An account is signed after the activations that it imports by, whose keys are elsewhere. */

const OPERATOR = key("operator", 1);
const SHOP = key("account", 40);
const BANK = key("account", 90);
const keys = publicKeys(OPERATOR, SHOP, BANK);

/** A store with accounts `SHOP` and `BANK`, which export privately, and `AUDIT`; the keys of the first two are elsewhere. */
async function stage(options: { readonly here?: readonly KeyPair[] } & Pick<NscOptions, "audit"> = {}) {
  const store = new SpyStore();
  const clock = () => new Date(NOW * 1000);
  const pairs = [OPERATOR, SHOP, BANK];
  const resolveSigner = (publicKey: string) => pairs.find((pair) => pair.publicKey === publicKey);
  const operator = await new Nsc({ store, clock, resolveSigner }).addOperator("prod", { key: OPERATOR.publicKey });
  const shop = await operator.addAccount("SHOP", { key: SHOP.publicKey });
  await shop.addExport({ subject: "orders.>", type: "stream", private: true });
  await shop.addExport({ subject: "quote", type: "service", private: true });
  const bank = await operator.addAccount("BANK", { key: BANK.publicKey });
  await bank.addExport({ subject: "rates", type: "stream", private: true });
  await operator.addAccount("AUDIT");
  await store.commit({ keys: (options.here ?? []).map(seedText) });
  const { audit } = options;
  const open = () => new Nsc({ store, clock, ...(audit && { audit }) });
  return { store, nsc: open(), open };
}

/** Has AUDIT import from these accounts. */
const importing =
  (...imports: readonly (readonly [account: string, subject: string])[]) =>
  async (tx: Nsc): Promise<void> => {
    const operator = await tx.operator("prod");
    const audit = await operator.account("AUDIT");
    for (const [account, subject] of imports) {
      await audit.addImport({ from: await operator.account(account), subject });
    }
  };

async function importsOf(store: SpyStore) {
  return (await wire(store, ["prod", "AUDIT"])).nats.imports ?? [];
}

describe("an activation whose key is on another machine", () => {
  test("is signed there before the account that imports by it, in one round trip", async () => {
    const { store, nsc, open } = await stage();
    const request = await nsc.requestSignatures(importing(["SHOP", "orders.eu"], ["SHOP", "quote"]), { keys });
    expect(request.tokens.map(({ kind, path, signer }) => [kind, path.join("/"), signer])).toEqual([
      ["activation", "prod/AUDIT", SHOP.publicKey],
      ["activation", "prod/AUDIT", SHOP.publicKey],
      ["account", "prod/AUDIT", OPERATOR.publicKey],
    ]);
    const response = await signRequest(request.toSign, [OPERATOR, SHOP]);
    const later = open();
    await later.applySignatures(request.toCommit, response);

    const operator = await later.operator("prod");
    expect(read(await tokenAt(store, ["prod", "AUDIT"])).iss).toBe(OPERATOR.publicKey);
    const audit = await operator.account("AUDIT");
    for (const { token = "", subject, type } of await importsOf(store)) {
      expect(read(token)).toMatchObject({
        iss: SHOP.publicKey,
        sub: audit.publicKey,
        iat: NOW,
        nats: { kind: type, subject },
      });
    }
    expect((await lint(operator)).filter(({ level }) => level === "error")).toEqual([]);
    const found: boolean[] = [];
    for await (const { valid } of (await operator.account("SHOP")).activations()) found.push(valid);
    expect(found).toEqual([true, true]);
    expect((await explain(audit.token, operator)).accepted).toBe(true);
  });

  test("is shown in the file, and without its signature in the import", async () => {
    const { nsc } = await stage();
    const { toSign, tokens } = await nsc.requestSignatures(importing(["SHOP", "orders.eu"]), { keys });
    expect(readSignatureRequest(toSign).tokens).toEqual(tokens);
    const [activation, account] = tokens;
    expect(activation?.claims).toMatchObject({
      iss: SHOP.publicKey,
      nats: { type: "activation", subject: "orders.eu", kind: "stream" },
    });
    expect(account?.claims).toMatchObject({ nats: { imports: [{ token: `${activation?.input}.` }] } });
  });

  test("lets the account be signed here, once it comes back", async () => {
    const { store, nsc, open } = await stage({ here: [OPERATOR] });
    const before = await tokenAt(store, ["prod", "AUDIT"]);
    const request = await nsc.requestSignatures(importing(["SHOP", "orders.eu"]), { keys });
    expect(request.tokens.map(({ kind }) => kind)).toEqual(["activation"]);
    expect(await tokenAt(store, ["prod", "AUDIT"])).toBe(before);
    await open().applySignatures(request.toCommit, await signRequest(request.toSign, [SHOP]));
    expect(read(await tokenAt(store, ["prod", "AUDIT"])).iss).toBe(OPERATOR.publicKey);
    expect(read(only(await importsOf(store)).token ?? "").iss).toBe(SHOP.publicKey);
  });

  test("goes from holder to holder, where these are several", async () => {
    const { store, nsc } = await stage();
    const work = importing(["SHOP", "orders.eu"], ["BANK", "rates"]);
    const { toSign, toCommit } = await nsc.requestSignatures(work, { keys });
    const ofShop = await signRequest(toSign, [SHOP]);
    const early = signRequest(toSign, [OPERATOR], { responses: [ofShop] });
    await expect(early).toThrowCode("ERR_SIGNER_MISSING");
    const error = await early.catch((reason: Error) => reason as Error);
    expect(keysIn(error as Error)).toEqual([BANK.publicKey]);
    const ofBank = await signRequest(toSign, [BANK]);
    const ofOperator = await signRequest(toSign, [OPERATOR], { responses: [ofShop, ofBank] });
    await nsc.applySignatures(toCommit, [ofOperator, ofBank, ofShop]);
    expect((await importsOf(store)).map(({ token = "" }) => read(token).iss)).toEqual([SHOP.publicKey, BANK.publicKey]);
  });

  test("can be signed by any tool that puts its signature into the import", async () => {
    const { store, nsc } = await stage();
    const { id, tokens, toCommit } = await nsc.requestSignatures(importing(["SHOP", "orders.eu"]), { keys });
    const [activation, account] = tokens.map(({ input }) => input) as [string, string];
    const signed = (pair: KeyPair, text: string) => Buffer.from(pair.sign(Buffer.from(text))).toString("base64url");
    const signature = signed(SHOP, activation);
    const [header, payload = ""] = account.split(".");
    const json = Buffer.from(payload, "base64url").toString();
    expect(json).toContain(`"token":"${activation}."`);
    const complete = json.replace(`${activation}.`, `${activation}.${signature}`);
    const input = `${header}.${Buffer.from(complete).toString("base64url")}`;
    const path = ["prod", "AUDIT"];
    const response = JSON.stringify({
      format: "nsc.js signature response",
      version: 1,
      request: id,
      signatures: [
        { signer: SHOP.publicKey, path, activation, signature },
        { signer: OPERATOR.publicKey, path, signature: signed(OPERATOR, input) },
      ],
    });
    await nsc.applySignatures(toCommit, response);
    expect((await tokenAt(store, ["prod", "AUDIT"])).startsWith(`${input}.`)).toBe(true);
  });

  test("is told of, once it is there", async () => {
    const events: AuditEvent[] = [];
    const { nsc } = await stage({ audit: (told) => void events.push(...told) });
    const request = await nsc.requestSignatures(importing(["SHOP", "quote"]), { keys });
    expect(events).toEqual([]);
    await nsc.applySignatures(request.toCommit, await signRequest(request.toSign, [OPERATOR, SHOP]));
    expect(events.map(({ action, kind, path, issuer }) => [action, kind, path.join("/"), issuer])).toEqual([
      ["changed", "account", "prod/AUDIT", OPERATOR.publicKey],
      ["issued", "activation", "prod/SHOP", SHOP.publicKey],
    ]);
  });

  test("is not asked for, where its import is gone again, or its verb failed", async () => {
    const { nsc, store } = await stage();
    const request = await nsc.requestSignatures(
      async (tx) => {
        await importing(["SHOP", "orders.eu"], ["SHOP", "quote"])(tx);
        const audit = await (await tx.operator("prod")).account("AUDIT");
        await audit.removeImport("orders.eu");
        const again = audit.addImport({ from: await (await tx.operator("prod")).account("SHOP"), subject: "quote" });
        await expect(again).toThrowCode("ERR_ENTITY_EXISTS");
      },
      { keys },
    );
    expect(request.tokens.map(({ kind }) => kind)).toEqual(["activation", "account"]);
    await nsc.applySignatures(request.toCommit, await signRequest(request.toSign, [OPERATOR, SHOP]));
    expect(only(await importsOf(store)).subject).toBe("quote");
  });

  test("of a new account, of new exports, and of an import that is edited meanwhile", async () => {
    const { nsc, store } = await stage();
    const request = await nsc.requestSignatures(
      async (tx) => {
        const operator = await tx.operator("prod");
        const shop = await operator.account("SHOP");
        await shop.addExport({ subject: "new.>", type: "stream", private: true });
        const fresh = await operator.addAccount("FRESH", { signingKey: true });
        await fresh.addImport({ from: shop, subject: "new.a" });
        await fresh.edit(({ nats }) => {
          nats.limits.conn = 4;
          Object.assign(nats.imports?.[0] ?? {}, { local_subject: "mine.a" });
        });
        await fresh.addUser("u");
      },
      { keys },
    );
    await nsc.applySignatures(request.toCommit, await signRequest(request.toSign, [OPERATOR, SHOP]));
    const { nats } = await wire(store, ["prod", "FRESH"]);
    expect(nats).toMatchObject({ limits: { conn: 4 }, imports: [{ local_subject: "mine.a", subject: "new.a" }] });
    expect(decode(only(nats.imports).token ?? "", { kind: "activation" }).iss).toBe(SHOP.publicKey);
  });
});

describe("an activation that waits is not got around", () => {
  async function requested() {
    const made = await stage();
    const request = await made.nsc.requestSignatures(importing(["SHOP", "orders.eu"]), { keys });
    return { ...made, ...request, toSign: request.toSign, toCommit: request.toCommit };
  }

  /** The response with its signatures changed. */
  const changed = (response: string, change: (signatures: Record<string, unknown>[]) => unknown): string => {
    const content = JSON.parse(response) as { signatures: Record<string, unknown>[] };
    return JSON.stringify({ ...content, signatures: change(content.signatures) });
  };

  test("while its signature is missing", async () => {
    const { store, nsc, toSign, toCommit } = await requested();
    const whole = await signRequest(toSign, [OPERATOR, SHOP]);
    const missing = async (response: string | string[], ...holders: readonly KeyPair[]) => {
      const error = await refused(store, () => nsc.applySignatures(toCommit, response), "ERR_SIGNER_MISSING");
      expect(keysIn(error)).toEqual(publicKeys(...holders));
    };
    await missing([], SHOP);
    await missing(await signRequest(toSign, [SHOP]), OPERATOR);
    await missing(
      changed(whole, (signatures) => signatures.filter(({ activation }) => activation === undefined)),
      SHOP,
    );
    await expect(signRequest(toSign, [OPERATOR])).toThrowCode("ERR_SIGNER_MISSING");
    await nsc.applySignatures(toCommit, whole);
  });

  test("by another signature, another key, or another activation", async () => {
    const { store, nsc, toSign, toCommit } = await requested();
    const whole = await signRequest(toSign, [OPERATOR, SHOP]);
    const forged = (change: (signature: Record<string, unknown>) => object) =>
      changed(whole, (all) =>
        all.map((each) => (each["activation"] === undefined ? each : { ...each, ...change(each) })),
      );
    const apply = (response: string) => () => nsc.applySignatures(toCommit, response);
    const other = Buffer.alloc(64, 1).toString("base64url");
    await refused(store, apply(forged(() => ({ signature: other }))), "ERR_SIGNER_FAILED", "activation", "AUDIT");
    await refused(store, apply(forged(() => ({ signer: OPERATOR.publicKey }))), "ERR_REQUEST_MISMATCH");
    const text = ({ activation }: Record<string, unknown>) => ({ activation: `${activation}x` });
    await refused(store, apply(forged(text)), "ERR_REQUEST_MISMATCH");
    await refused(store, apply(forged(() => ({ activation: 5 }))), "ERR_REQUEST_FORMAT");
    // What the operator signed has another activation in it.
    const placeholder = changed(whole, (all) =>
      all.map((each) => {
        if (each["activation"] !== undefined) return each;
        const input = readSignatureRequest(toSign).tokens.at(-1)?.input ?? "";
        return { ...each, signature: Buffer.from(OPERATOR.sign(Buffer.from(input))).toString("base64url") };
      }),
    );
    await refused(store, apply(placeholder), "ERR_SIGNER_FAILED", "AUDIT");
    await apply(whole)();
  });

  test("by a file that shows another one", async () => {
    const { toSign } = await requested();
    for (const [from, to] of [
      ['"orders.eu"', '"orders.us"'],
      ['"kind": "activation"', '"kind": "account"'],
      ['"kind": "activation"', '"kind": "user"'],
    ] as const) {
      expect(toSign).toContain(from);
      expect(() => readSignatureRequest(toSign.replace(from, to))).toThrowCode("ERR_REQUEST_FORMAT");
    }
  });

  test("by the response to another request, or what is none", async () => {
    const { nsc, toSign } = await requested();
    const other = await nsc.requestSignatures(importing(["SHOP", "quote"]), { keys });
    const response = await signRequest(other.toSign, [SHOP]);
    const sign = (responses: unknown) => signRequest(toSign, [OPERATOR], { responses: responses as string[] });
    await expect(sign([response])).toThrowCode("ERR_REQUEST_MISMATCH");
    await expect(sign(["{}"])).toThrowCode("ERR_REQUEST_FORMAT");
    await expect(sign(response)).toThrowCode("ERR_ARGUMENT_INVALID");
    await expect(signRequest(toSign, [OPERATOR], { response } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("when the exporting account has changed since", async () => {
    const { store, nsc, toSign, toCommit, open } = await requested();
    const shop = await (await open().operator("prod")).account("SHOP");
    await shop.edit(
      ({ nats }) => {
        nats.limits.conn = 9;
      },
      { signer: OPERATOR },
    );
    const response = await signRequest(toSign, [OPERATOR, SHOP]);
    await refused(store, () => nsc.applySignatures(toCommit, response), "ERR_STORE_CONFLICT");
  });

  test("by a half that stayed and is damaged", async () => {
    const { store, nsc, toSign, toCommit } = await requested();
    const response = await signRequest(toSign, [OPERATOR, SHOP]);
    for (const activations of [undefined, 5, [{}], [{ path: ["prod"], input: "a" }], [{ path: ["prod", "SHOP"] }]]) {
      const damaged = JSON.stringify({ ...JSON.parse(toCommit), activations });
      await refused(store, () => nsc.applySignatures(damaged, response), "ERR_REQUEST_FORMAT");
    }
  });

  test("where a token has to be handed out at once", async () => {
    const { nsc, store } = await stage();
    const work = async (tx: Nsc) => {
      const operator = await tx.operator("prod");
      const to = await operator.account("AUDIT");
      await (await operator.account("SHOP")).issueActivation({ to, subject: "quote" });
    };
    await refused(store, () => nsc.requestSignatures(work, { keys }), "ERR_SIGNER_MISSING", SHOP.publicKey);
    await refused(store, () => nsc.transaction(importing(["SHOP", "quote"])), "ERR_SIGNER_MISSING", SHOP.publicKey);
    const listed = { keys: publicKeys(OPERATOR) };
    await refused(store, () => nsc.requestSignatures(importing(["SHOP", "quote"]), listed), "ERR_SIGNER_MISSING");
  });
});
