import { connect } from "@nats-io/transport-node";
import { createKeyPair } from "nsc.js";
import { kvStore } from "nsc.js/nats";
import { type RunningNatsServer, startNatsServer, storeContract } from "nsc.js/testing";
import { afterAll, beforeAll, describe, test } from "vitest";
import { natsServers } from "../support/nats-server.ts";

describe.each(natsServers.filter(({ version }) => !version.startsWith("2.9.")))(
  "a bucket of nats-server $version as a store",
  ({ path }) => {
    let server: RunningNatsServer;
    let count = 0;

    beforeAll(async () => {
      server = await startNatsServer({ jetstream: true, server: path });
    });

    afterAll(() => server.stop());

    const open = async () => {
      count += 1;
      const options = { bucket: `nsc-${count}`, encryptionKey: createKeyPair("curve"), create: true };
      const connections = [await connect({ servers: server.url }), await connect({ servers: server.url })] as const;
      return {
        store: await kvStore(connections[0], options),
        other: await kvStore(connections[1], options),
        close: async () => {
          for (const connection of connections) await connection.close();
        },
      };
    };

    for (const { name, run } of storeContract(open)) {
      test(name, { timeout: 120_000 }, run);
    }
  },
);
