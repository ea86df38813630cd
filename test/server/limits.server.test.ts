import { expect, test } from "vitest";
import { enter, expectRefused, RawClient } from "../nats/raw-client.ts";
import { describeWorlds, forge, issue, until, type World } from "./worlds.ts";

const CONNECTIONS = "maximum account active connections exceeded";
const SUBSCRIPTIONS = "maximum subscriptions exceeded";
const PAYLOAD = "Maximum Payload Violation";

/** Whether live connections follow the default permissions: this was brought to two release lines. */
function followsDefaults(world: World): boolean {
  return world.isSince("2.14.3") || (world.isSince("2.12.12") && !world.isSince("2.14.0"));
}

describeWorlds("limits", {}, (world) => {
  test("of connections keep further ones out; lowered, they send some away (51)", async () => {
    const { account } = await world().account();
    const creds = await issue(account);
    await world().edit(account, ({ limits }) => {
      limits.conn = 3;
    });
    const clients: RawClient[] = [];
    for (let count = 0; count < 3; count++) clients.push(await enter(world().server, creds));
    expect(await (await RawClient.connect(world().server, creds)).lastWords()).toEqual([CONNECTIONS]);
    await world().edit(account, ({ limits }) => {
      limits.conn = 1;
    });
    // Who stays: since 2.11.9 the oldest.
    const staying = world().isSince("2.11.9") ? clients.shift() : clients.pop();
    for (const client of clients) expect(await client.lastWords()).toEqual([CONNECTIONS]);
    expect(await staying?.isWell()).toBe(true);
    await world().edit(account, ({ limits }) => {
      limits.conn = 0;
    });
    expect(await staying?.lastWords()).toEqual([CONNECTIONS]);
  });

  test("of subscriptions refuse one more; lowered to what is in use, they close (51)", async () => {
    const { account } = await world().account();
    const creds = await issue(account);
    const lowerTo = (subs: number): Promise<void> =>
      world().edit(account, ({ limits }) => {
        limits.subs = subs;
      });
    await lowerTo(3);
    const subscribing = async (count: number): Promise<RawClient> => {
      const client = await enter(world().server, creds);
      for (let id = 1; id <= count; id++) expect(await client.complaintOf(`SUB s.${id} ${id}`)).toBeUndefined();
      return client;
    };
    const full = await subscribing(3);
    expect(await full.complaintOf("SUB s.4 4")).toBe(SUBSCRIPTIONS);
    const [three, two, one] = [await subscribing(3), await subscribing(2), await subscribing(1)];
    await lowerTo(2);
    expect(await three.lastWords()).toEqual([SUBSCRIPTIONS]);
    expect(await two.lastWords()).toEqual([SUBSCRIPTIONS]);
    expect(await one.isWell()).toBe(true);
    // A new one may have as many.
    await subscribing(2);
  });

  test("of users and their account: the smaller one counts (51)", async () => {
    const { account } = await world().account();
    await world().edit(account, ({ limits }) => {
      limits.subs = 2;
      limits.payload = 100;
    });
    const client = await enter(
      world().server,
      await issue(account, {
        claims: ({ nats }) => {
          nats.subs = 1;
          nats.payload = 1000;
        },
      }),
    );
    expect(await client.complaintOf("SUB s.1 1")).toBeUndefined();
    expect(await client.complaintOf("SUB s.2 2")).toBe(SUBSCRIPTIONS);
    expect(client.infos.at(-1)?.max_payload).toBe(100);
  });

  test("of the payload are told, and whoever goes beyond is closed; lowered, at once (51)", async () => {
    const { account } = await world().account();
    await world().edit(account, ({ limits }) => {
      limits.payload = 100;
    });
    const creds = await issue(account);
    const client = await enter(world().server, creds);
    await until(() => expect(client.infos.at(-1)?.max_payload).toBe(100));
    expect(await client.complaintOf(`PUB a 100\r\n${"x".repeat(100)}`)).toBeUndefined();
    const told = client.infos.length;
    await world().edit(account, ({ limits }) => {
      limits.payload = 10;
    });
    expect(await client.isWell()).toBe(true);
    expect(client.infos).toHaveLength(told);
    expect(await client.complaintOf(`PUB a 11\r\n${"x".repeat(11)}`)).toBe(PAYLOAD);
    expect(await client.lastWords()).toEqual([PAYLOAD]);
    await world().edit(account, ({ limits }) => {
      limits.payload = -1;
    });
    expect((await enter(world().server, creds)).infos.at(-1)?.max_payload).toBe(1024 * 1024);
  });

  test("by default are permissions of those who have none of their own (48)", async () => {
    const { account } = await world().account();
    await world().edit(account, (nats) => {
      nats.default_permissions = { pub: { allow: ["a"] }, sub: { deny: ["no"] } };
    });
    const without = await enter(world().server, await issue(account));
    const own = await enter(world().server, await issue(account, { pub: ["b"] }));
    const roleOf = async (name: string, pub: string[]): Promise<RawClient> => {
      await account.addRole(name, pub.length > 0 ? { pub } : {});
      await world().push(account);
      return enter(world().server, await issue(account, { role: name }));
    };
    const [role, bareRole] = [await roleOf("some", ["b"]), await roleOf("none", [])];
    const publish = (client: RawClient, subject: string): Promise<string | undefined> =>
      client.complaintOf(`PUB ${subject} 0\r\n`);
    const refusal = (subject: string): string => `Permissions Violation for Publish to "${subject}"`;
    for (const client of [without, bareRole]) {
      expect([await publish(client, "a"), await publish(client, "b")]).toEqual([undefined, refusal("b")]);
      expect(await client.complaintOf("SUB no 1")).toBe('Permissions Violation for Subscription to "no"');
    }
    // They are not added to what somebody has.
    for (const client of [own, role]) {
      expect([await publish(client, "b"), await publish(client, "a")]).toEqual([undefined, refusal("a")]);
      expect(await client.complaintOf("SUB no 1")).toBeUndefined();
    }

    await world().edit(account, (nats) => {
      nats.default_permissions = { pub: { allow: ["b"] }, sub: {} };
    });
    const follows = followsDefaults(world());
    expect(await publish(without, "b")).toBe(follows ? undefined : refusal("b"));
    expect(await publish(without, "a")).toBe(follows ? refusal("a") : undefined);
    const later = await enter(world().server, await issue(account));
    expect([await publish(later, "b"), await publish(later, "a")]).toEqual([undefined, refusal("a")]);
  });

  test("in time close the connections of an account, until it is renewed by a push (52)", async () => {
    const { account } = await world().account();
    const creds = await issue(account);
    await account.setValidity({ expires: "2s" });
    await world().push(account);
    const client = await enter(world().server, creds);
    expect(await client.lastWords()).toEqual(["Account Authentication Expired"]);
    await until(() => expectRefused(world().server, creds));
    await account.setValidity({ expires: "1h" });
    await world().push(account);
    await enter(world().server, creds);
  });

  test("that nobody gave are none: an account without limits lets nobody in, which the library does not push", async () => {
    const { account, key } = await world().account();
    const creds = await forge(key, {});
    await enter(world().server, creds);
    expect(
      await world().pushRaw(account, ({ nats }) => {
        nats.limits = {};
      }),
    ).toMatchObject({ code: 200 });
    expect(await (await RawClient.connect(world().server, creds)).lastWords()).toEqual([CONNECTIONS]);
  });
});
