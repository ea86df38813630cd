import { expect, test } from "vitest";
import { isResolverUrl, splitUrls, withoutPassword, wrongWithPushUrl } from "../../../src/cli/servers/urls.ts";

test.each([
  ["nats://a", true],
  ["TLS://a", true],
  [" ws://a", true],
  ["wss://a,wss://b", true],
  ["http://a", false],
  ["https://a", false],
  ["natsx://a", false],
])("%s is one of nats-servers: %s", (url, expected) => {
  expect(isResolverUrl(url)).toBe(expected);
});

test.each([
  ["", "url cannot be empty"],
  ["localhost", 'scheme "" is not supported (http, https, nats, tls, ws, wss)'],
  ["ftp://x", 'scheme "ftp" is not supported (http, https, nats, tls, ws, wss)'],
  ["NATS://x", undefined],
  ["https://x/jwt/v1", undefined],
])("what is wrong with %j: %s", (url, expected) => {
  expect(wrongWithPushUrl(url)).toBe(expected);
});

test("URLs are split at commas, and shown without passwords and tokens", () => {
  expect(splitUrls(" nats://a:1, nats://b:2,,")).toEqual(["nats://a:1", "nats://b:2"]);
  expect(withoutPassword("nats://user:pass@a:1,tls://token@b:2/x,c:3")).toBe("nats://a:1,tls://b:2/x,c:3");
  expect(withoutPassword("http://user:p%40ss@a/jwt/v1")).toBe("http://a/jwt/v1");
});
