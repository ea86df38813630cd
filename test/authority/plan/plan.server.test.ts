import { apply, type DesiredState, Nsc, type Operator, plan, serverConfig } from "nsc.js";
import { expect, test } from "vitest";
import { accepts, connectAs, start } from "../../server/servers.ts";
import { describeWithServer } from "../../support/nats-server.ts";

const FIRST: DesiredState = {
  operator: { systemAccount: "SYS", requireSigningKeys: true, signingKeys: 1 },
  accounts: {
    SYS: { signingKeys: 1 },
    SHOP: {
      signingKeys: 2,
      roles: { web: { pub: ["orders.{{name()}}"], sub: ["_INBOX.>"] } },
      users: { alice: { role: "web" }, bob: { role: "web" } },
      exports: [{ subject: "orders.*", type: "stream", private: true }],
    },
    AUDIT: {
      signingKeys: 1,
      users: { reader: {} },
      imports: [{ from: "SHOP", subject: "orders.*", localSubject: "shop.$1" }],
    },
  },
};

const SECOND: DesiredState = {
  accounts: {
    SYS: {},
    SHOP: { users: { alice: { role: "web" } }, roles: { web: { pub: ["orders.>"] } } },
    AUDIT: { imports: [{ from: "SHOP", subject: "orders.bob", localSubject: "of.bob" }] },
  },
};

/** What AUDIT hears of what alice publishes, with a server that has the tree as it is. */
async function heard(operator: Operator): Promise<readonly string[]> {
  const server = await start({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
  const reader = await connectAs(server, await credsOf(operator, "AUDIT", "reader"));
  const subjects: string[] = [];
  reader.subscribe(">", { callback: (_, { subject }) => void subjects.push(subject) });
  await reader.flush();
  const alice = await connectAs(server, await credsOf(operator, "SHOP", "alice"));
  for (const subject of ["orders.alice", "orders.bob"]) alice.publish(subject);
  await alice.flush();
  // It comes after all that alice has sent by then.
  reader.publish("end");
  await expect.poll(() => subjects.at(-1)).toBe("end");
  return subjects;
}

async function credsOf(operator: Operator, account: string, user: string): Promise<string> {
  return (await (await operator.account(account)).user(user)).creds();
}

describeWithServer("a tree that was planned", () => {
  test("is one that a server runs with, and another plan changes what it does", async () => {
    const operator = await new Nsc().addOperator("local");
    await apply(operator, await plan(operator, FIRST));
    // Her role lets her publish on the subject of her own name alone.
    expect(await heard(operator)).toEqual(["shop.alice", "end"]);

    const bob = await credsOf(operator, "SHOP", "bob");
    await apply(operator, await plan(operator, SECOND, { remove: true }));
    expect(await heard(operator)).toEqual(["of.bob", "end"]);
    const server = await start({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
    expect(await accepts(server, bob)).toBe(false);
    expect(await accepts(server, await credsOf(operator, "SHOP", "alice"))).toBe(true);
  });
});
