import { describe, expect, test } from "vitest";
import { renewal } from "../../examples/renewing-creds.ts";
import { natsServers } from "../support/nats-server.ts";

describe.each(natsServers)("creds that renew themselves, on nats-server $version", ({ path }) => {
  test("keep a worker at work, whatever happens", async () => {
    const lines: string[] = [];
    await renewal({ server: path, tell: (line) => lines.push(line) });
    const story = lines.join("\n");
    expect(story.match(/^creds until 20\S+Z$/gm)?.length).toBeGreaterThan(4);
    expect(story).toMatch(/^reconnects with new creds$/m);
    expect(story).toMatch(/^at work, through 2 renewals$/m);
    expect(story).toMatch(/^attempt 1: the source of creds failed: fetch failed/m);
    expect(story.match(/^at work, through 1 renewals$/gm)).toHaveLength(2);
    expect(story).toMatch(/^the same key all the time: true$/m);
  });
});
