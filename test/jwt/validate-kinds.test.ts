import { describe, expect, test } from "vitest";
import { activation, findingsIn, operator, PUBLIC_KEYS, request, response, testRules, user } from "./validate-cases.ts";
import type { Finding } from "./validate-issues.ts";

const { account, operator2, server } = PUBLIC_KEYS;

function error(code: Finding[1], path: string, message: string): Finding {
  return ["error", code, path, message];
}

describe("operators (O)", () => {
  const at = (account_server_url: string) => operator({ account_server_url });
  const served = (...operator_service_urls: readonly string[]) => operator({ operator_service_urls });
  const version = (assert_server_version: string) => operator({ assert_server_version });
  const serverUrl = (message: string) => error("OPERATOR_ACCOUNT_SERVER_URL", "nats.account_server_url", message);
  const serviceUrl = (message: string, place = 0) =>
    error("OPERATOR_SERVICE_URL", `nats.operator_service_urls.${place}`, message);
  const wrongVersion = (message: string) =>
    error("OPERATOR_SERVER_VERSION", "nats.assert_server_version", `assert server version error: ${message}`);
  const form = "asserted server version must be of the form <major>.<minor>.<update>";
  const scheme = (url: string) =>
    `operator service url "${url}" - protocol not supported (only 'nats', 'tls', 'ws', 'wss' only)`;

  testRules([
    [
      "O1 an account server without scheme",
      at("localhost/jwt"),
      [serverUrl('account server url "localhost/jwt" requires a protocol')],
      at("http://localhost:9090/jwt/v1"),
      at("x:"),
      at(""),
    ],
    [
      "O1 an account server that is no URL",
      at("http://[::1"),
      [serverUrl("error parsing account server url: parse \"http://[::1\": missing ']' in host")],
      at("http://[::1]"),
    ],
    [
      "O2 a service that is no URL",
      served("nats://h:x"),
      [serviceUrl('error parsing operator service url "nats://h:x": parse "nats://h:x": invalid port ":x" after host')],
      served("nats://h:1"),
    ],
    [
      "O2 credentials, before all else that is wrong",
      served("http://u:p@h/path"),
      [serviceUrl('operator service url "http://u:p@h/path" - credentials are not supported')],
    ],
    [
      "O2 empty credentials",
      served("nats://@h"),
      [serviceUrl('operator service url "nats://@h" - credentials are not supported')],
    ],
    [
      "O2 a path, before the scheme",
      served("http://h/"),
      [serviceUrl('operator service url "http://h/" - paths are not supported')],
    ],
    [
      "O2 the scheme",
      served("http://h", "h:4222"),
      [serviceUrl(scheme("http://h")), serviceUrl(scheme("h:4222"), 1)],
      served("nats://h:4222", "TLS://h", "ws://h", "wss://h:443?q#f", "nats://", "nats:h", ""),
    ],
    [
      "O3 signing keys",
      operator({ signing_keys: [operator2, account, ""] }),
      [
        error("SIGNING_KEY_INVALID", "nats.signing_keys.1", `${account} is not an operator public key`),
        error("SIGNING_KEY_INVALID", "nats.signing_keys.2", " is not an operator public key"),
      ],
      operator({ signing_keys: [operator2] }),
    ],
    [
      "O4 the system account",
      operator({ system_account: operator2 }),
      [error("OPERATOR_SYSTEM_ACCOUNT", "nats.system_account", `${operator2} is not an account public key`)],
      operator({ system_account: account }),
      operator({ system_account: "" }),
    ],
    ["O5 two parts", version("2.10"), [wrongVersion(form)], version("2.10.0"), version("")],
    ["O5 four parts", version("2.10.0.1"), [wrongVersion(form)]],
    [
      "O5 a part that is no integer",
      version("2.x.y"),
      [wrongVersion("asserted server version cant parse x to int")],
      version("1.+2.3"),
      version("01.02.03"),
      version("9223372036854775807.0.0"),
    ],
    ["O5 an empty part", version("2..1"), [wrongVersion("asserted server version cant parse  to int")]],
    [
      "O5 a part that is too large",
      version("0.0.9223372036854775808"),
      [wrongVersion("asserted server version cant parse 9223372036854775808 to int")],
    ],
    [
      "O5 a negative part",
      version("2.-1.0"),
      [wrongVersion("asserted server version can'b contain negative values: 2.-1.0")],
      version("2.-0.0"),
    ],
  ]);

  test("are looked at in the order of the rules", () => {
    const claims = operator({
      assert_server_version: "x",
      system_account: "x",
      signing_keys: ["x"],
      operator_service_urls: ["x"],
      account_server_url: "x",
    });
    expect(findingsIn(claims).map(([, code]) => code)).toEqual([
      "OPERATOR_ACCOUNT_SERVER_URL",
      "OPERATOR_SERVICE_URL",
      "SIGNING_KEY_INVALID",
      "OPERATOR_SYSTEM_ACCOUNT",
      "OPERATOR_SERVER_VERSION",
    ]);
  });
});

describe("users (U)", () => {
  const from = (...src: readonly string[]) => user({ src });
  const during = (start?: string, end?: string) => user({ times: [{ start, end }] });
  const zone = (times_location: string) => user({ times_location });
  const network = (text: string, place = 0) =>
    error("USER_SOURCE_NETWORK", `nats.src.${place}`, `invalid cidr ${JSON.stringify(text)} in user src limits`);
  const time = (name: "start" | "end", message: string) => error("USER_TIME_RANGE", `nats.times.0.${name}`, message);
  const noZone = (message: string) =>
    error("USER_TIME_ZONE", "nats.times_location", `could not parse iana time zone by name: ${message}`);

  testRules([
    [
      "U1 networks",
      from("10.0.0.0/8", "10.0.0.1", ""),
      [network("10.0.0.1", 1), network("", 2)],
      from("10.1.2.3/8", "::1/128", "::ffff:1.2.3.4/104", "0.0.0.0/08"),
    ],
    ...[" 1.2.3.4/8", "1.2.3.4/33", "1.2.3/8", "01.2.3.4/8", "fe80::%eth0/64", "::1/129", "1.2.3.4/+8"].map(
      (text) => [`U1 ${text}`, from(text), [network(text)]] as const,
    ),
    [
      "U2a no start",
      during(undefined, "02:00:00"),
      [time("start", "time ranges start must contain a start")],
      during("23:00:00", "02:00:00"),
    ],
    ["U2b no end", during("01:00:00", ""), [time("end", "time ranges end must contain an end")]],
    [
      "U2a a start that is no time",
      during("24:00:00", "02:00:00"),
      [time("start", 'start in time range is invalid "24:00:00"')],
      during("1:02:03", "01:02:03.5"),
      during("00:00:00", "23:59:59,999"),
    ],
    ["U2b an end that is no time", during("01:00:00", '"'), [time("end", 'end in time range is invalid "\\""')]],
    [
      "U2 both, start first",
      during("1:2:3", "00:60:00"),
      [time("start", 'start in time range is invalid "1:2:3"'), time("end", 'end in time range is invalid "00:60:00"')],
    ],
    [
      "U2 an empty range",
      user({ times: [{}] }),
      [time("start", "time ranges start must contain a start"), time("end", "time ranges end must contain an end")],
      user({ times: [] }),
    ],
    [
      "U3 a zone that does not exist",
      zone("Mars/Olympus"),
      [noZone("unknown time zone Mars/Olympus")],
      ...["Europe/Berlin", "UTC", "Local", "Factory", "America/Argentina/Buenos_Aires", ""].map(zone),
    ],
    ["U3 in another case", zone("europe/berlin"), [noZone("unknown time zone europe/berlin")]],
    ["U3 an offset", zone("+01:00"), [noZone("unknown time zone +01:00")]],
    ...["../UTC", "/UTC", "\\UTC", "a..b"].map(
      (text) => [`U3 a path: ${text}`, zone(text), [noZone("time: invalid location name")]] as const,
    ),
    [
      "U4 the issuer's account",
      user({ issuer_account: operator2 }),
      [error("ISSUER_ACCOUNT", "nats.issuer_account", "account_id is not an account public key")],
      user({ issuer_account: account }),
      user({ issuer_account: "" }),
    ],
  ]);

  test("are looked at in the order of the rules", () => {
    const claims = user({
      issuer_account: "x",
      times_location: "x",
      times: [{ start: "x", end: "x" }],
      src: ["x"],
      pub: { allow: [""] },
      sub: { deny: [""] },
    });
    expect(findingsIn(claims).map(([, code, path]) => `${code} ${path}`)).toEqual([
      "SUBJECT_EMPTY nats.sub.deny.0",
      "SUBJECT_EMPTY nats.pub.allow.0",
      "USER_SOURCE_NETWORK nats.src.0",
      "USER_TIME_RANGE nats.times.0.start",
      "USER_TIME_RANGE nats.times.0.end",
      "USER_TIME_ZONE nats.times_location",
      "ISSUER_ACCOUNT nats.issuer_account",
    ]);
  });

  test("have members without rules", () => {
    const limits = { subs: -7, data: 2n ** 62n, payload: 0 };
    expect(findingsIn(user({ ...limits, allowed_connection_types: ["x"], bearer_token: true, tags: [""] }))).toEqual(
      [],
    );
  });
});

describe("activations (V)", () => {
  testRules([
    [
      "V1 no kind",
      activation({ kind: undefined }),
      [error("ACTIVATION_KIND", "nats.kind", 'invalid import type: "unknown"')],
      activation({ kind: "service" }),
    ],
    [
      "V2 the subject",
      activation({ subject: "" }),
      [error("SUBJECT_EMPTY", "nats.subject", "subject cannot be empty")],
      activation({ subject: ">" }),
    ],
    [
      "V3 the issuer's account",
      activation({ issuer_account: operator2 }),
      [error("ISSUER_ACCOUNT", "nats.issuer_account", "account_id is not an account public key")],
      activation({ issuer_account: account }),
    ],
  ]);

  test("are looked at in the order of the rules", () => {
    const claims = activation({ issuer_account: "x", subject: ". .", kind: undefined });
    expect(findingsIn(claims).map(([, code]) => code)).toEqual([
      "ACTIVATION_KIND",
      "SUBJECT_SPACES",
      "SUBJECT_DOT_AT_END",
      "ISSUER_ACCOUNT",
    ]);
  });
});

describe("authorization requests (Q)", () => {
  testRules([
    [
      "Q1 no user key",
      request({ user_nkey: "" }),
      [error("REQUEST_USER_KEY", "nats.user_nkey", "User nkey is required")],
      request({ user_nkey: PUBLIC_KEYS.user }),
    ],
    [
      "Q2 another key",
      request({ user_nkey: account }),
      [error("REQUEST_USER_KEY", "nats.user_nkey", `User nkey "${account}" is not a valid user public key`)],
    ],
    [
      "Q1 no data",
      request({ user_nkey: undefined }),
      [error("REQUEST_USER_KEY", "nats.user_nkey", "User nkey is required")],
    ],
  ]);
});

describe("authorization responses (AR)", () => {
  testRules([
    [
      "AR1 the subject",
      response({}, { sub: account }),
      [error("RESPONSE_SUBJECT", "sub", "Subject must be a user public key")],
      response({}),
    ],
    [
      "AR2 the audience",
      response({}, { aud: account }),
      [error("RESPONSE_AUDIENCE", "aud", "Audience must be a server public key")],
      response({}, { aud: server }),
    ],
    [
      "AR2 no audience",
      response({}, { aud: undefined }),
      [error("RESPONSE_AUDIENCE", "aud", "Audience must be a server public key")],
    ],
    [
      "AR3 nothing",
      response({ jwt: "" }),
      [error("RESPONSE_CONTENT", "nats", "Error or Jwt is required")],
      response({ jwt: "", error: "e" }),
    ],
    [
      "AR4 both",
      response({ error: "e" }),
      [error("RESPONSE_CONTENT", "nats", "Only Error or Jwt can be set")],
      response({ error: "" }),
    ],
    [
      "AR5 the issuer's account",
      response({ issuer_account: server }),
      [error("ISSUER_ACCOUNT", "nats.issuer_account", "issuer_account is not an account public key")],
      response({ issuer_account: account }),
    ],
    [
      "all in order",
      response({ jwt: undefined, issuer_account: "x" }, { sub: "", aud: "" }),
      [
        error("RESPONSE_SUBJECT", "sub", "Subject must be a user public key"),
        error("RESPONSE_AUDIENCE", "aud", "Audience must be a server public key"),
        error("RESPONSE_CONTENT", "nats", "Error or Jwt is required"),
        error("ISSUER_ACCOUNT", "nats.issuer_account", "issuer_account is not an account public key"),
      ],
    ],
  ]);
});
