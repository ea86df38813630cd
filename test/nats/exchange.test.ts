import { connect } from "@nats-io/transport-node";
import { push } from "nsc.js/nats";
import { testAuthority } from "nsc.js/testing";
import { expect, test, vi } from "vitest";
import { describeWithServer } from "../support/nats-server.ts";
import { connectAs, full, serve } from "./servers.ts";

describeWithServer("what accounts offer each other", () => {
  test("goes across, and stops when the activation is revoked or the import removed", async () => {
    const { operator, accounts, creds, config } = await testAuthority({
      accounts: { SHOP: { users: ["clerk"] }, AUDIT: { users: ["auditor"] } },
      resolver: full(),
    });
    const { SHOP: shop, AUDIT: audit } = accounts;
    await shop.addExport({ subject: "orders.>", type: "stream" });
    await shop.addExport({ subject: "quote.*", type: "service", private: true });
    await audit.addImport({ from: shop, subject: "orders.*.new", localSubject: "shop.$1" });
    await audit.addImport({ from: shop, subject: "quote.eu", localSubject: "prices.eu" });
    const server = await serve({ config });
    const pushAll = async (): Promise<void> => {
      (await push({ connect, servers: server.url }, operator)).assertComplete();
    };
    await pushAll();

    const clerk = await connectAs(server, creds.SHOP.clerk);
    const auditor = await connectAs(server, creds.AUDIT.auditor);
    const received: string[] = [];
    auditor.subscribe("shop.*", {
      callback: (_, message) => void received.push(`${message.subject} ${message.string()}`),
    });
    clerk.subscribe("quote.*", { callback: (_, message) => void message.respond(`42 for ${message.subject}`) });
    await Promise.all([auditor.flush(), clerk.flush()]);
    const ask = async (): Promise<string> => (await auditor.request("prices.eu", "", { timeout: 2000 })).string();

    clerk.publish("orders.eu.new", "one pizza");
    clerk.publish("orders.eu.old", "none");
    await vi.waitFor(() => expect(received).toEqual(["shop.eu one pizza"]));
    expect(await ask()).toBe("42 for quote.eu");

    await shop.revokeActivation("quote.*", audit);
    await pushAll();
    await expect(ask()).rejects.toThrow("no responders");
    await audit.removeImport("quote.eu");
    await audit.addImport({ from: shop, subject: "quote.eu", localSubject: "prices.eu" });
    await pushAll();
    expect(await ask()).toBe("42 for quote.eu");

    await audit.removeImport("orders.*.new");
    await pushAll();
    clerk.publish("orders.eu.new", "another one");
    await Promise.all([clerk.flush(), ask()]);
    expect(received).toEqual(["shop.eu one pizza"]);
  });
});
