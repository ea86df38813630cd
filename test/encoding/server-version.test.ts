import { describe, expect, test } from "vitest";
import { compareVersions, isVersion, parseVersionOutput } from "../../src/encoding/server-version.ts";

describe("versions of nats-server", () => {
  test.each([
    ["nats-server: v2.15.1\n", "2.15.1"],
    ["nats-server: v2.16.0-RC.1", "2.16.0-RC.1"],
    ["nats-server: v2", undefined],
    ["nats: v0.2.1", undefined],
    ["", undefined],
  ])("%j is %j", (output, version) => {
    expect(parseVersionOutput(output)).toBe(version);
  });

  test("are in order by number, a pre-release before its release", () => {
    const order = ["1.9.9", "2.2.0", "2.9.10", "2.10.0", "2.16.0-RC.1", "2.16.0-RC.2", "2.16.0", "2.16.1-beta"];
    expect([...order].reverse().sort(compareVersions)).toEqual(order);
    expect(compareVersions("2.10.0", "2.10.0")).toBe(0);
    expect(compareVersions("2.16.0-RC.1", "2.16.0-RC.1")).toBe(0);
  });

  test.each(["2.10", "v2.10.0", "latest", ""])("%j is none", (text) => {
    expect(isVersion(text)).toBe(false);
  });
});
