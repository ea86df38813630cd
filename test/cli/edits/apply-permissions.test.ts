import { describe, expect, test } from "vitest";
import { applyPermissions, assertPermissionFlags } from "../../../src/cli/edits/apply-permissions.ts";
import type { PermissionValues } from "../../../src/cli/flags/permission-flags.ts";
import { Report } from "../../../src/cli/output/report.ts";
import type { Permissions } from "../../../src/jwt/permissions.ts";

function change(permissions: Partial<Permissions>, given: PermissionValues): string[] {
  const report = new Report();
  applyPermissions(permissions, given, report);
  return report.entries.map(({ severity, label }) => `${severity} ${label}`);
}

describe("applyPermissions", () => {
  test("adds to the lists in nsc's order, sorts what it changed, and says each of them", () => {
    const permissions: Partial<Permissions> = { pub: { allow: ["z", "a"] }, sub: { deny: ["y", "b"] } };
    const lines = change(permissions, {
      "allow-pub": ["m", "m", ""],
      "allow-pubsub": ["c"],
      "allow-sub": ["d q"],
      "deny-pubsub": ["x"],
    });
    expect(permissions).toEqual({
      pub: { allow: ["a", "c", "m", "z"], deny: ["x"] },
      sub: { allow: ["c", "d q"], deny: ["b", "x", "y"] },
    });
    expect(lines).toEqual([
      'ok added pub "m"',
      'ok added pub "m"',
      'ok added pub "c"',
      'ok added deny pub "x"',
      'ok added sub "d q"',
      'ok added sub "c"',
      'ok added deny sub "x"',
    ]);
  });

  test("leaves what no flag names as it is, unsorted lists included", () => {
    const permissions: Partial<Permissions> = { pub: { allow: ["z", "a"] }, sub: {}, resp: { max: 3, ttl: 5 } };
    expect(change(permissions, { "allow-sub": ["c"] })).toEqual(['ok added sub "c"']);
    expect(permissions).toEqual({ pub: { allow: ["z", "a"] }, sub: { allow: ["c"] }, resp: { max: 3, ttl: 5 } });
  });

  test("removes from the lists where a subject is, and warns of one that is nowhere and of an allow list that ends", () => {
    const permissions: Partial<Permissions> = { pub: { allow: ["a"], deny: ["b"] }, sub: { deny: ["a", "c"] } };
    expect(change(permissions, { rm: ["a", "b", "nowhere"] })).toEqual([
      'ok removed pub "a"',
      "warn no pub is left that is allowed, by which servers allow all that is not denied",
      'ok removed deny pub "b"',
      'ok removed deny sub "a"',
      'warn no permission "nowhere" to remove',
    ]);
    expect(permissions).toEqual({ pub: {}, sub: { deny: ["c"] } });
  });

  test("sets the rule of replies, and keeps the half of it that no flag names", () => {
    const permissions: Partial<Permissions> = {};
    expect(change(permissions, { "allow-pub-response": 1 })).toEqual(["ok set max responses to 1"]);
    expect(permissions.resp).toEqual({ max: 1, ttl: 0 });
    expect(change(permissions, { "response-ttl": "90m" })).toEqual(["ok set response ttl to 1h30m0s"]);
    expect(permissions.resp).toEqual({ max: 1, ttl: 5_400_000_000_000 });
    expect(change(permissions, { "max-responses": 0 })).toEqual(["ok set max responses to 0"]);
    expect(permissions.resp).toEqual({ max: 0, ttl: 5_400_000_000_000 });
    expect(change(permissions, { "allow-pub-response": 0 })[0]).toContain("warn ignoring");
    expect(permissions.resp).toEqual({ max: 0, ttl: 5_400_000_000_000 });
  });

  test("removes the rule of replies and does the rest as well, which nsc would pass over", () => {
    const permissions: Partial<Permissions> = { resp: { max: 3, ttl: 5 } };
    expect(change(permissions, { "rm-response-perms": true, "allow-pub": ["a"] })).toEqual([
      "ok removed response permissions",
      'ok added pub "a"',
    ]);
    expect(permissions).toEqual({ pub: { allow: ["a"] } });
    expect(change(permissions, { "rm-response-perms": true })[0]).toBe("warn no response permissions to remove");
  });

  test.each<[PermissionValues, string]>([
    [{ "allow-pub": ["a b"] }, 'publish permission subject "a b" contains illegal space'],
    [{ "deny-pubsub": ["a b"] }, 'publish permission subject "a b" contains illegal space'],
    [{ "allow-sub": ["a b c"] }, 'subscribe permission subject "a b c" can at most contain one space'],
    [{ "response-ttl": "1d" }, 'time: unknown unit "d" in duration "1d"'],
    [{ "response-ttl": "5" }, 'time: missing unit in duration "5"'],
  ])("refuses %o and changes nothing", (given, message) => {
    const permissions: Partial<Permissions> = {};
    expect(() => change(permissions, { "deny-pub": ["x"], ...given })).toThrow(message);
    expect(() => assertPermissionFlags(given)).toThrow(message);
    expect(permissions).toEqual({});
  });
});
