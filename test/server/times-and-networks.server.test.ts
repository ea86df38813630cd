import type { UserClaims } from "nsc.js";
import { expect, test } from "vitest";
import { enter, expectRefused } from "../nats/raw-client.ts";
import { describeWorlds, forge, issue, until } from "./worlds.ts";

const HOUR = 3600;

/** The time of day in a zone, so many seconds from now. */
function clockIn(timeZone: string, seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toLocaleTimeString("en-GB", { timeZone, hour12: false });
}

/** Whether it is after midnight in a range that began before: servers 2.9 and 2.10 take it to begin again today, and refuse. */
function beganYesterday([from, to]: readonly [number, number], zone: string): boolean {
  return clockIn(zone, from) > clockIn(zone, to) && clockIn(zone, 0) < clockIn(zone, to);
}

/** When a user may be there: from and to so many seconds from now, by the clock of one zone, as if it was another's. */
function during(...ranges: readonly (readonly [number, number])[]) {
  return {
    by: (clock: string, zone = clock) => ({
      claims: ({ nats }: UserClaims): void => {
        nats.times = ranges.map(([from, to]) => ({ start: clockIn(clock, from), end: clockIn(clock, to) }));
        nats.times_location = zone;
      },
    }),
  };
}

const from = (...src: string[]) => ({
  claims: ({ nats }: UserClaims): void => {
    nats.src = src;
  },
});

describeWorlds("a user", {}, (world) => {
  test("comes from networks that it may come from (43)", async () => {
    const { account, key } = await world().account();
    for (const src of [["127.0.0.1/32"], ["127.0.0.0/8"], ["10.0.0.0/8", "127.0.0.0/30"], ["0.0.0.0/0"]]) {
      await enter(world().server, await issue(account, from(...src)));
    }
    for (const src of [["10.0.0.0/8"], ["127.0.0.2/32", "192.168.0.0/16"], ["::/0"]]) {
      await expectRefused(world().server, await issue(account, from(...src)));
    }
    // An address alone is no network for servers.
    await expect(issue(account, from("127.0.0.1"))).toThrowCode("ERR_CLAIMS_INVALID");
    await expectRefused(world().server, await forge(key, { nats: { src: ["127.0.0.1"] } }));
  });

  test("comes at times at which it may come, by the clock of a zone, through midnight, too (44)", async () => {
    const { account, key } = await world().account();
    for (const zone of ["UTC", "Asia/Tokyo", "America/New_York"]) {
      await enter(world().server, await issue(account, during([-HOUR, HOUR]).by(zone)));
      await enter(world().server, await issue(account, during([-8 * HOUR, -7 * HOUR], [-HOUR, HOUR]).by(zone)));
      await expectRefused(world().server, await issue(account, during([-2 * HOUR, -HOUR]).by(zone)));
      await expectRefused(world().server, await issue(account, during([HOUR, 2 * HOUR], [-2 * HOUR, -HOUR]).by(zone)));
      // All but an hour of the day, which is through midnight unless that is the hour.
      for (const range of [[-HOUR, 22 * HOUR] as const, [-12 * HOUR, 11 * HOUR] as const]) {
        const creds = await issue(account, during(range).by(zone));
        if (beganYesterday(range, zone) && !world().isSince("2.11.0")) await expectRefused(world().server, creds);
        else await enter(world().server, creds);
      }
      await expectRefused(world().server, await issue(account, during([HOUR, 23 * HOUR]).by(zone)));
    }
    // The hours of one zone are not those of another.
    await expectRefused(world().server, await issue(account, during([-HOUR, HOUR]).by("UTC", "Asia/Tokyo")));
    await expect(issue(account, during([-HOUR, HOUR]).by("UTC", "Mars/Olympus"))).toThrowCode("ERR_CLAIMS_INVALID");
    const times = [{ start: "00:00:00", end: "23:59:59" }];
    await expectRefused(world().server, await forge(key, { nats: { times, times_location: "Mars/Olympus" } }));
  });

  test("is cut when its time is over, and comes again in another one (44)", async () => {
    const { account } = await world().account();
    const creds = await issue(account, during([-HOUR, 2], [4, HOUR]).by("UTC"));
    const client = await enter(world().server, creds);
    expect(await client.lastWords()).toEqual(["User Authentication Expired"]);
    await expectRefused(world().server, creds);
    await until(() => enter(world().server, creds));
  });
});
