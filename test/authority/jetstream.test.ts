import {
  type AddAccountOptions,
  createAccountClaims,
  createKeyPair,
  type JetStreamOption,
  jetStreamIsUnlimited,
  type OperatorLimits,
  setJetStream,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { payloadOf } from "../jwt/tokens.ts";
import { NOW, refused, tokenAt, tree, wire, world } from "./tree-fixtures.ts";

const ACCOUNT = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
/** What is not said is not limited; but storage that is not said is none. */
const REST = { streams: -1, consumer: -1, max_ack_pending: -1, mem_max_stream_bytes: -1, disk_max_stream_bytes: -1 };

/** The limits on the wire of an account with this option. */
async function limitsOf(jetstream: JetStreamOption): Promise<OperatorLimits> {
  const { operator, store } = await tree();
  await operator.addAccount("JS", { jetstream });
  return (await wire(store, ["local", "JS"])).nats.limits;
}

function beginning(): OperatorLimits {
  return createAccountClaims(createKeyPair("account").publicKey).nats.limits;
}

describe("JetStream of an account", () => {
  test("is off by default", async () => {
    const { operator, store } = await tree();
    await operator.addAccount("JS");
    expect((await wire(store, ["local", "JS"])).nats.limits).toEqual(ACCOUNT);
  });

  test("is unlimited, as servers and Go understand it", async () => {
    const limits = await limitsOf("unlimited");
    expect(limits).toEqual({ ...ACCOUNT, mem_storage: -1, disk_storage: -1, ...REST });
    expect(jetStreamIsUnlimited(limits)).toBe(true);
  });

  test("has the limits that are given, by the names on the wire", async () => {
    const limits = await limitsOf({
      memory: 100,
      disk: 200,
      streams: 3,
      consumers: 4,
      maxAckPending: 5,
      maxMemoryStream: 6,
      maxDiskStream: 7,
      maxBytesRequired: true,
    });
    expect(limits).toEqual({
      ...ACCOUNT,
      mem_storage: 100,
      disk_storage: 200,
      streams: 3,
      consumer: 4,
      max_ack_pending: 5,
      mem_max_stream_bytes: 6,
      disk_max_stream_bytes: 7,
      max_bytes_required: true,
    });
  });

  test("has no storage that is not named", async () => {
    expect(await limitsOf({ disk: 1 })).toEqual({ ...ACCOUNT, disk_storage: 1, ...REST });
    expect(await limitsOf({ memory: "unlimited", streams: "unlimited" })).toEqual({
      ...ACCOUNT,
      mem_storage: -1,
      ...REST,
    });
  });

  test.each<[number | bigint | string, number]>([
    [0, 0],
    [-1, -1],
    [1, 1],
    [12n, 12],
    ["0", 0],
    ["512", 512],
    ["512b", 512],
    ["1k", 1000],
    ["1KB", 1000],
    ["1 kB", 1000],
    ["1Ki", 1024],
    ["1KiB", 1024],
    ["10MB", 10_000_000],
    ["10MiB", 10_485_760],
    ["10g", 10_000_000_000],
    ["10GiB", 10_737_418_240],
    ["1.5 GB", 1_500_000_000],
    ["0.5KiB", 512],
    ["2TiB", 2_199_023_255_552],
    ["1PB", 1_000_000_000_000_000],
    ["unlimited", -1],
  ])("has a disk of %o", async (disk, bytes) => {
    const limits = beginning();
    setJetStream(limits, { disk, memory: -1 });
    expect(Number(limits.disk_storage ?? 0)).toBe(bytes);
  });

  test("keeps every digit of sizes that numbers can't hold", async () => {
    const { operator, store } = await tree();
    const jetstream = { disk: "7EiB", memory: 9_223_372_036_854_775_807n, maxDiskStream: 9007199254740993n };
    await operator.addAccount("JS", { jetstream });
    const text = payloadOf(await tokenAt(store, ["local", "JS"]));
    expect(text).toContain('"disk_storage":8070450532247928832,');
    expect(text).toContain('"mem_storage":9223372036854775807,');
    expect(text).toContain('"disk_max_stream_bytes":9007199254740993');
  });

  test("has tiers instead", async () => {
    expect(await limitsOf({ tiers: { R1: { disk: "1GB", streams: 5 }, R3: "unlimited" } })).toEqual({
      ...ACCOUNT,
      tiered_limits: {
        R1: { ...REST, disk_storage: 1_000_000_000, streams: 5 },
        R3: { ...REST, mem_storage: -1, disk_storage: -1 },
      },
    });
  });

  test.each<[string, unknown]>([
    ["no limits at all", null],
    ["a number", 5],
    ["a text", "10GB"],
    ["true", true],
    ["a misspelt limit", { disc: 1 }],
    ["a name of the wire", { disk_storage: 1 }],
    ["what objects inherit", { constructor: 1 }],
    ["a unit that is none", { disk: "10GX" }],
    ["a unit without a number", { disk: "GB" }],
    ["nothing", { disk: "" }],
    ["a negative text", { disk: "-5" }],
    ["spaces around", { disk: " 5" }],
    ["a fraction of a byte", { disk: 1.5 }],
    ["not a number", { disk: Number.NaN }],
    ["infinity", { disk: Number.POSITIVE_INFINITY }],
    ["a number that lost digits", { disk: 2 ** 60 }],
    ["more than 64 bits", { disk: "8EiB" }],
    ["more than 64 bits as a bigint", { disk: 2n ** 63n }],
    ["less than nothing", { disk: -5 }],
    ["less than nothing as a bigint", { disk: -2n }],
    ["null", { disk: null }],
    ["a number of streams that is unlimited", { disk: 1, streams: 0 }],
    ["a number of bytes that is unlimited", { disk: 1, maxDiskStream: 0n }],
    ["true as a size", { disk: true }],
    ["no tiers", { tiers: {} }],
    ["tiers that are none", { tiers: null }],
    ["a tier without a name", { tiers: { "": "unlimited" } }],
    ["a tier of nothing", { tiers: { R1: undefined } }],
    ["a misspelt limit in a tier", { tiers: { R1: { disc: 1 } } }],
    ["tiers and limits", { tiers: { R1: "unlimited" }, disk: 1 }],
  ])("is not %s", async (_, jetstream) => {
    const { operator, store } = await tree();
    const options = { jetstream } as AddAccountOptions;
    await refused(
      store,
      () => operator.addAccount("JS", options),
      "ERR_ARGUMENT_INVALID",
      /JetStream|jetstream|disk|streams/i,
    );
    const limits = beginning();
    setJetStream(limits, { disk: 5 });
    const before = structuredClone(limits);
    expect(() => setJetStream(limits, jetstream as JetStreamOption)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(limits).toEqual(before);
  });

  test("is replaced as a whole, and switched off", async () => {
    const { operator, store } = await tree();
    const account = await operator.addAccount("JS", { jetstream: "unlimited" });
    const set = (jetstream: JetStreamOption | undefined) =>
      account.edit(({ nats }) => setJetStream(nats.limits, jetstream));
    const limits = async () => (await wire(store, ["local", "JS"])).nats.limits;
    await set({ tiers: { R3: { memory: 1 } } });
    expect(await limits()).toEqual({ ...ACCOUNT, tiered_limits: { R3: { ...REST, mem_storage: 1 } } });
    await set({ disk: 2, maxBytesRequired: true });
    expect(await limits()).toEqual({ ...ACCOUNT, disk_storage: 2, ...REST, max_bytes_required: true });
    await set({ disk: 3 });
    expect(await limits()).toEqual({ ...ACCOUNT, disk_storage: 3, ...REST });
    await set(undefined);
    expect(await limits()).toEqual(ACCOUNT);
    expect((await wire(store, ["local", "JS"])).iat).toBe(NOW + 4);
  });
});

describe("the system account", () => {
  test.each<JetStreamOption>([
    "unlimited",
    { disk: 1 },
    { memory: -1 },
    { tiers: { R1: "unlimited" } },
    { tiers: { R1: {} } },
  ])("can't have JetStream: %o", async (jetstream) => {
    const { nsc, store } = world();
    const operator = await nsc.addOperator("local", { systemAccount: true });
    const system = await operator.account("SYS");
    const edit = () => system.edit(({ nats }) => setJetStream(nats.limits, jetstream));
    await refused(store, edit, "ERR_SYSTEM_ACCOUNT", "SYS", "JetStream");
  });
});
