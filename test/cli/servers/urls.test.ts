import { expect, test } from "vitest";
import {
  isResolverUrl,
  serverAddress,
  splitUrls,
  urlInUse,
  withoutPassword,
  wrongWithPushUrl,
} from "../../../src/cli/servers/urls.ts";

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

test.each([
  ["localhost", "nats://localhost:4222", false],
  [" 127.0.0.1:1 ", "nats://127.0.0.1:1", true],
  ["TLS://u:p@a:4443", "tls://a:4443", false],
  ["ws://a", "ws://a:80", false],
  ["wss://a/nats?x=1", "wss://a:443/nats?x=1", false],
  ["nats://[::1]:4333", "nats://[::1]:4333", true],
  // The client speaks NATS to it.
  ["http://a:80", "nats://a:80", false],
])("the server of %s is at %s", (given, url, isIp) => {
  expect(serverAddress(given)).toMatchObject({ url, isIp });
});

test.each(["nats://", "nats://a:99999", "nats://a b", "nats://user:secret@:1"])("%s is of no server", (given) => {
  expect(() => serverAddress(given)).toThrow(/^invalid server URL "(?!.*secret)/);
});

test("the URL in use is the one that was given, or is of the kind of those", () => {
  const given = ["wss://u:p@a/nats", "wss://b:8443"];
  expect(urlInUse("a:443", given)).toBe("wss://a:443/nats");
  expect(urlInUse("b:8443", given)).toBe("wss://b:8443");
  expect(urlInUse("10.0.0.1:444", given)).toBe("wss://10.0.0.1:444");
  expect(urlInUse("[::1]:4222", ["tls://[::1]"])).toBe("tls://[::1]:4222");
  expect(urlInUse("a:4222", ["a"])).toBe("nats://a:4222");
});
