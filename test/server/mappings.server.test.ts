import { headers, type NatsConnection } from "@nats-io/nats-core";
import type { Account, AccountClaims } from "nsc.js";
import { expect, test } from "vitest";
import { connectAs } from "./servers.ts";
import { describeWorlds, issue, until } from "./worlds.ts";

type Mappings = NonNullable<AccountClaims["nats"]["mappings"]>;

describeWorlds("mappings", {}, (world) => {
  const client = async (account: Account): Promise<NatsConnection> => connectAs(world().server, await issue(account));
  const map = (account: Account, mappings: Mappings): Promise<void> =>
    world().edit(account, (nats) => {
      nats.mappings = mappings;
    });

  /** How many of some messages arrive where. */
  async function spread(connection: NatsConnection, subject: string, count: number): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    let seen = 0;
    const subscription = connection.subscribe(">", {
      callback: (_, message) => {
        counts[message.subject] = (counts[message.subject] ?? 0) + 1;
        seen += 1;
      },
    });
    for (let index = 0; index < count; index++) connection.publish(subject);
    await until(() => expect(seen).toBe(count));
    subscription.unsubscribe();
    return counts;
  }

  test("rename, and follow each push while clients are connected (66)", async () => {
    const { account } = await world().account();
    const connection = await client(account);
    expect(await spread(connection, "a.1.2", 1)).toEqual({ "a.1.2": 1 });
    await map(account, { "a.*.*": [{ subject: "b.$2.$1" }] });
    expect(await spread(connection, "a.1.2", 1)).toEqual({ "b.2.1": 1 });
    await map(account, { "a.*.*": [{ subject: "c.{{wildcard(2)}}.x.{{wildcard(1)}}" }], x: [{ subject: "y" }] });
    expect(await spread(connection, "a.1.2", 1)).toEqual({ "c.2.x.1": 1 });
    expect(await spread(connection, "x", 1)).toEqual({ y: 1 });
    await map(account, {});
    expect(await spread(connection, "a.1.2", 1)).toEqual({ "a.1.2": 1 });
  });

  test("split by weight, and leave the rest where it was (66)", async () => {
    const { account } = await world().account();
    const connection = await client(account);
    await map(account, {
      half: [
        { subject: "half.1", weight: 50 },
        { subject: "half.2", weight: 50 },
      ],
      some: [{ subject: "some.1", weight: 30 }],
    });
    const half = await spread(connection, "half", 400);
    expect(Object.keys(half).sort()).toEqual(["half.1", "half.2"]);
    expect(Math.min(...Object.values(half))).toBeGreaterThan(120);
    const some = await spread(connection, "some", 400);
    expect(Object.keys(some).sort()).toEqual(["some", "some.1"]);
    expect(some["some.1"]).toBeGreaterThan(60);
    expect(some["some"]).toBeGreaterThan(some["some.1"] ?? 0);
  });

  test("of more than all are refused, by the library and by servers (66)", async () => {
    const { account } = await world().account();
    const mappings: Mappings = {
      a: [
        { subject: "b", weight: 60 },
        { subject: "c", weight: 50 },
      ],
    };
    await expect(map(account, mappings)).toThrowCode("ERR_CLAIMS_INVALID");
    const answer = await world().pushRaw(account, ({ nats }) => {
      nats.mappings = mappings;
    });
    expect(answer).toEqual({ code: 500, text: expect.stringMatching(/exceeds 100%/) });
  });

  test("of traces: messages with a trace context are told of, since 2.11 (66)", async () => {
    const { account } = await world().account();
    await world().edit(account, (nats) => {
      nats.trace = { dest: "traces", sampling: 100 };
    });
    const connection = await client(account);
    const heard: string[] = [];
    connection.subscribe("traces", { callback: (_, message) => void heard.push(message.string()) });
    connection.subscribe("a", { callback: () => void heard.push("a") });
    const context = headers();
    context.set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    connection.publish("a", "", { headers: context });
    await until(() => expect(heard).toContain("a"));
    await connection.flush();
    if (world().isSince("2.11.0")) await until(() => expect(heard.filter((text) => text !== "a")).toHaveLength(1));
    else expect(heard).toEqual(["a"]);
  });
});
