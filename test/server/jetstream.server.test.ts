import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { type Account, type JetStreamOption, setJetStream } from "nsc.js";
import { expect, test } from "vitest";
import { connectAs } from "./servers.ts";
import { describeWorlds, issue } from "./worlds.ts";

const MIB = 1024 * 1024;

describeWorlds("JetStream of an account", { jetstream: true }, (world) => {
  const manage = async (account: Account): Promise<JetStreamManager> =>
    jetstreamManager(await connectAs(world().server, await issue(account)), { checkAPI: false });
  const set = (account: Account, jetstream: JetStreamOption | undefined): Promise<void> =>
    world().edit(account, ({ limits }) => setJetStream(limits, jetstream));

  /** The code of the error with which servers refuse a stream; nothing if they take it. */
  async function refusal(
    manager: JetStreamManager,
    name: string,
    config: { storage?: "file" | "memory"; max_bytes?: number; num_replicas?: number } = {},
  ): Promise<number | undefined> {
    try {
      await manager.streams.add({ name, subjects: [`${name}.>`], storage: "file", num_replicas: 1, ...config });
      return undefined;
    } catch (error) {
      const { code, cause } = error as { readonly code?: number; readonly cause?: { readonly code?: number } };
      return code ?? cause?.code ?? -1;
    }
  }

  test("has limits, first for all, then for tiers, and is taken away by a push (67)", async () => {
    const { account } = await world().account({ jetstream: { disk: MIB, streams: 2 } });
    const manager = await manage(account);
    expect((await manager.getAccountInfo()).limits).toMatchObject({ max_storage: MIB, max_memory: 0, max_streams: 2 });
    expect(await refusal(manager, "large", { max_bytes: 2 * MIB })).toBe(10_047);
    expect(await refusal(manager, "memory", { storage: "memory" })).toBe(10_028);
    expect(await refusal(manager, "one")).toBeUndefined();
    expect(await refusal(manager, "two")).toBeUndefined();
    expect(await refusal(manager, "three")).toBe(10_027);
    await manager.streams.delete("two");

    await set(account, { tiers: { R1: { disk: 2 * MIB } } });
    const info = await manager.getAccountInfo();
    expect(info.tiers?.["R1"]?.limits).toMatchObject({ max_storage: 2 * MIB });
    expect(await refusal(manager, "large", { max_bytes: 2 * MIB + 1 })).toBe(10_047);
    expect(await refusal(manager, "fitting", { max_bytes: MIB })).toBeUndefined();

    await set(account, undefined);
    expect(await refusal(manager, "none")).toBe(10_039);
  });

  test("without a tier for them has no replicas (67)", async () => {
    const { account } = await world().account({ jetstream: { tiers: { R3: "unlimited" } } });
    const manager = await manage(account);
    expect(await refusal(manager, "one")).toBe(10_120);
  });

  test("is unlimited in number where there is storage, and in storage where it is said (67)", async () => {
    const { account } = await world().account({ jetstream: "unlimited" });
    const manager = await manage(account);
    expect((await manager.getAccountInfo()).limits).toMatchObject({ max_storage: -1, max_memory: -1, max_streams: -1 });
    expect(await refusal(manager, "memory", { storage: "memory" })).toBeUndefined();
    const { account: other } = await world().account();
    await world().pushRaw(other, ({ nats }) => {
      nats.limits = { ...nats.limits, disk_storage: MIB, streams: 0 };
    });
    expect(await refusal(await manage(other), "one")).toBeUndefined();
  });
});
