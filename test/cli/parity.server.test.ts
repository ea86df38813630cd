import { expect, test } from "vitest";
import { describeWithServer, natsServer } from "../support/nats-server.ts";
import { differences, stories } from "./support/parity.ts";

describeWithServer("our command leaves on disk and on servers what nsc 2.14 leaves", () => {
  test.each(stories.filter(({ scenario }) => scenario.server !== undefined))("$name", async (story) => {
    expect(await differences(story, natsServer?.path)).toEqual([]);
  });
});
