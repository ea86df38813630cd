import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fromSeed } from "@nats-io/nkeys";
import {
  type Account,
  createKeyPair,
  createUserClaims,
  encode,
  encodeCreds,
  isNscError,
  type KeyPair,
  Nsc,
  type NscError,
} from "nsc.js";
import {
  type CredsRequest,
  type CurrentCreds,
  type RenewalFailure,
  type RenewingCreds,
  type RenewingCredsOptions,
  renewingCreds,
  type SourcedCreds,
} from "nsc.js/nats";
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { bundle, start } from "../node/children.ts";
import { expectNoSecret } from "../support/secrets.ts";
import { folder } from "./servers.ts";

let account: Account;
const signer = createKeyPair("account");

beforeAll(async () => {
  const operator = await new Nsc().addOperator("local");
  account = await operator.addAccount("APP");
});

afterEach(() => {
  vi.useRealTimers();
});

async function renewing(options: RenewingCredsOptions): Promise<RenewingCreds> {
  const creds = await renewingCreds(options);
  onTestFinished(() => creds.stop());
  return creds;
}

/** Creds that are good for so many seconds from now, by the clock of the test. */
function credsFor(seconds: number, { at = Date.now(), key = createKeyPair("user") } = {}): Promise<string> {
  const iat = Math.floor(at / 1000);
  const claims = createUserClaims(key.publicKey, { name: "user", exp: iat + seconds });
  return encodeCreds(claims, signer, key, { issuedAt: iat });
}

/** The clock and all timers are the test's. */
function freezeTime(): void {
  vi.useFakeTimers({ now: 1_800_000_000_000, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
}

/** What clients send for a nonce. */
function auth(creds: RenewingCreds, authenticator = creds.authenticator): { jwt: string; nkey?: string; sig?: string } {
  return authenticator("nonce") as { jwt: string; nkey?: string; sig?: string };
}

function isSignedBy(sig: string | undefined, pair: Pick<KeyPair, "verify">): boolean {
  return pair.verify(new TextEncoder().encode("nonce"), Buffer.from(sig ?? "", "base64url"));
}

/** Has creds of so many seconds each, and counts how often they are renewed. */
async function counted(lifetime: number, options: Partial<RenewingCredsOptions> = {}) {
  freezeTime();
  const asked: number[] = [];
  const begin = Date.now();
  const renewed: CurrentCreds[] = [];
  const creds = await renewing({
    source: () => {
      asked.push((Date.now() - begin) / 1000);
      return credsFor(lifetime);
    },
    onRenew: (current) => void renewed.push(current),
    ...options,
  });
  return { creds, asked, renewed };
}

describe("what a source may give", () => {
  test("is a user that an account issues", async () => {
    const creds = await renewing({ source: () => account.issueUser("worker", { expires: "1h" }) });
    const { claims, publicKey, expires } = creds.current;
    expect(claims.name).toBe("worker");
    expect(publicKey).toBe(claims.sub);
    expect(expires?.getTime()).toBe((claims.exp ?? 0) * 1000);
    expect(Object.isFrozen(claims.nats)).toBe(true);
    expect(auth(creds).nkey).toBe(publicKey);
    expect(creds.connectionOptions).toEqual({
      authenticator: expect.any(Function),
      ignoreAuthErrorAbort: true,
      maxReconnectAttempts: -1,
    });
  });

  test("is a stored user, the text of creds, or its bytes", async () => {
    const user = await account.addUser("stored");
    expect((await renewing({ source: () => user })).current).toMatchObject({ publicKey: user.publicKey });
    const text = await credsFor(60);
    const bytes = new TextEncoder().encode(text);
    for (const given of [text, bytes]) {
      const creds = await renewing({ source: () => given });
      expect(text).toContain(auth(creds).jwt);
    }
  });

  test.each([
    ["of this library", () => createKeyPair("user")],
    ["of the client's", () => fromSeed(createKeyPair("user").getSeed())],
  ])("is a token alone, for a key that is kept, %s", async (_, create) => {
    const key = create();
    const requests: CredsRequest[] = [];
    const source = async (request: CredsRequest): Promise<SourcedCreds> => {
      requests.push(request);
      return account.issueUser("kept", { expires: "1h", key: request.publicKey ?? "" });
    };
    const creds = await renewing({ source, key });
    expect(creds.current.publicKey).toBe(key.getPublicKey());
    const first = auth(creds);
    expect(isSignedBy(first.sig, key)).toBe(true);
    expect(first.nkey).toBe(key.getPublicKey());
    expect(requests).toMatchObject([{ publicKey: key.getPublicKey(), attempt: 1 }]);
    const text = await renewing({
      source: async () => (await source({ ...(requests[0] as CredsRequest) })) as never,
      key,
    });
    expect(text.current.claims.name).toBe("kept");
  });

  test("is a bearer token alone", async () => {
    const claims = createUserClaims(createKeyPair("user").publicKey, { nats: { bearer_token: true } });
    const token = await encode(claims, signer);
    const creds = await renewing({ source: () => `${token}\n` });
    expect(auth(creds)).toEqual({ jwt: token });
    expect(creds.current.expires).toBeUndefined();
  });

  const other = createKeyPair("user");
  test.each<[string, () => unknown, string, Partial<RenewingCredsOptions>?]>([
    ["nothing", () => undefined, "ERR_ARGUMENT_INVALID"],
    ["a number", () => 5, "ERR_ARGUMENT_INVALID"],
    ["creds that are none", () => ({ creds: () => 5 }), "ERR_ARGUMENT_INVALID"],
    ["any text", () => "service unavailable", "ERR_JWT_FORMAT"],
    ["half a file", async () => (await credsFor(60)).slice(0, 700), "ERR_CREDS_FORMAT"],
    ["an account's token", () => account.token, "ERR_JWT_KIND"],
    [
      "a token without a key",
      async () => (await account.issueUser("u", { expires: "1h" })).token,
      "ERR_CREDS_KEY_MISSING",
    ],
    [
      "a user whose key is elsewhere",
      () => account.issueUser("u", { expires: "1h", key: other.publicKey }),
      "ERR_CREDS_KEY_MISSING",
    ],
    ["creds of another user", () => credsFor(60), "ERR_CREDS_MISMATCH", { key: other }],
    ["a token of another user", () => account.issueUser("u", { expires: "1h" }), "ERR_CREDS_MISMATCH", { key: other }],
  ])("is not %s", async (_, source, code, options = {}) => {
    const errors: NscError[] = [];
    const onError = (error: NscError): void => void errors.push(error);
    const failing = renewingCreds({ source: source as never, startWithin: "0s", onError, ...options });
    const error = await failing.catch((reason: unknown) => reason);
    expect(isNscError(error, "ERR_CREDS_SOURCE")).toBe(true);
    expect((error as NscError).cause).toMatchObject({ code });
    expect(errors).toEqual([error]);
    expectNoSecret((error as NscError).message);
  });
});

describe("options", () => {
  const source = () => credsFor(60);

  test.each<[string, object]>([
    ["no source", {}],
    ["a source that is a text", { source: "https://example.com" }],
    ["an unknown option", { source, renewAfter: "1m" }],
    ["a time without a unit", { source, renewBefore: 60 }],
    ["no time at all", { source, renewBefore: "0s" }],
    ["a timeout that is none", { source, timeout: "soon" }],
    ["a wait that is none", { source, retryWait: "-1s" }],
    ["a longest wait that is none", { source, longestRetryWait: "" }],
    ["a start that is none", { source, startWithin: "never" }],
    ["an account's key", { source, key: createKeyPair("account") }],
    ["a hook that is none", { source, onRenew: true }],
    ["another hook that is none", { source, onError: "log" }],
    ["a signal that is none", { source, signal: {} }],
  ])("refuse %s", async (_, options) => {
    await expect(renewingCreds(options as RenewingCredsOptions)).toThrowCode("ERR_ARGUMENT_INVALID");
  });

  test("refuse a key that is none", async () => {
    await expect(renewingCreds({ source, key: {} as KeyPair })).toThrowCode("ERR_SIGNER_INVALID");
  });

  test("of follow are looked at, too", async () => {
    const creds = await renewing({ source });
    expect(() => creds.follow({} as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    const connection = { status: () => [], reconnect: () => undefined } as never;
    expect(() => creds.follow(connection, { before: () => undefined } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    expect(() => creds.follow(connection, { beforeReconnect: 5 } as never)).toThrowCode("ERR_ARGUMENT_INVALID");
    creds.stop();
    creds.follow(connection)();
  });
});

describe("time", () => {
  test("creds are renewed when two thirds of their time are over, or a little earlier", async () => {
    const { creds, asked, renewed } = await counted(600);
    const first = creds.current;
    await vi.advanceTimersByTimeAsync(359_000);
    expect(creds.current).toEqual(first);
    await vi.advanceTimersByTimeAsync(42_000);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toBeGreaterThanOrEqual(360);
    expect(asked[1]).toBeLessThanOrEqual(400);
    expect(creds.current).not.toEqual(first);
    expect(renewed).toEqual([first, creds.current]);
  });

  test("creds are renewed as long before as is said, and not before half of their time", async () => {
    const { asked } = await counted(600, { renewBefore: "1m" });
    await vi.advanceTimersByTimeAsync(541_000);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toBeGreaterThanOrEqual(486);
    vi.useRealTimers();
    const early = await counted(600, { renewBefore: "1h" });
    await vi.advanceTimersByTimeAsync(269_000);
    expect(early.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(32_000);
    expect(early.asked).toHaveLength(2);
  });

  test("processes that start together do not ask together", async () => {
    freezeTime();
    const at = new Set<number>();
    let isFirst = true;
    const source = () => {
      if (!isFirst) at.add(Date.now());
      return credsFor(600);
    };
    const all = await Promise.all(Array.from({ length: 20 }, () => renewing({ source })));
    isFirst = false;
    await vi.advanceTimersByTimeAsync(401_000);
    expect(all).toHaveLength(20);
    expect(at.size).toBeGreaterThan(10);
    expect(Math.max(...at) - Math.min(...at)).toBeGreaterThan(10_000);
  });

  test("creds that never expire are not renewed, unless it is asked for", async () => {
    freezeTime();
    let count = 0;
    const source = () => {
      count += 1;
      return account.issueUser("for ever", { expires: "never" });
    };
    const creds = await renewing({ source });
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(365 * 24 * 3_600_000);
    expect(count).toBe(1);
    await creds.refresh();
    expect(count).toBe(2);
  });

  test("a source that gives the same again is not asked all the time, nor are those creds new", async () => {
    freezeTime();
    const text = await credsFor(10);
    let count = 0;
    const renewed: unknown[] = [];
    await renewing({
      source: () => {
        count += 1;
        return text;
      },
      onRenew: (current) => void renewed.push(current),
    });
    await vi.advanceTimersByTimeAsync(9000);
    expect(count).toBeGreaterThan(2);
    expect(count).toBeLessThan(15);
    expect(renewed).toHaveLength(1);
  });

  test("a slow clock does not make creds last longer than their own time", async () => {
    const { asked } = await counted(600, { source: () => credsFor(600, { at: Date.now() + 7_200_000 }) });
    expect(asked).toEqual([]);
    let count = 0;
    await renewing({
      source: () => {
        count += 1;
        return credsFor(600, { at: Date.now() + 7_200_000 });
      },
    });
    await vi.advanceTimersByTimeAsync(401_000);
    expect(count).toBe(2);
  });

  test("a fast clock makes creds look expired: they are used, it is told, and the source is not asked all the time", async () => {
    freezeTime();
    let count = 0;
    const errors: NscError[] = [];
    const creds = await renewing({
      source: () => {
        count += 1;
        return credsFor(60, { at: Date.now() - 600_000 });
      },
      onError: (error) => void errors.push(error),
    });
    expect(auth(creds).nkey).toBe(creds.current.publicKey);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(40);
    expect(errors).toHaveLength(count);
    expect(errors[0]?.message).toMatch(/expired, or the clock/);
  });

  test("a machine that slept renews within a minute of waking", async () => {
    const { asked } = await counted(3600);
    await vi.advanceTimersByTimeAsync(60_000);
    vi.setSystemTime(Date.now() + 7_200_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  test("a clock that is set back does not put the renewal off", async () => {
    const { asked } = await counted(600);
    vi.setSystemTime(Date.now() - 7_200_000);
    await vi.advanceTimersByTimeAsync(401_000);
    expect(asked).toHaveLength(2);
  });
});

describe("a source that fails", () => {
  /** A source that can be broken. */
  function breakable(lifetime: number) {
    const state = { count: 0, failing: undefined as unknown, times: [] as number[] };
    const failures: RenewalFailure[] = [];
    const errors: NscError[] = [];
    const attempts: number[] = [];
    const options: RenewingCredsOptions = {
      source: ({ attempt }) => {
        state.count += 1;
        state.times.push(Date.now());
        attempts.push(attempt);
        if (state.failing !== undefined) throw state.failing;
        return credsFor(lifetime);
      },
      onError: (error, failure) => {
        errors.push(error);
        failures.push(failure);
      },
    };
    return { state, failures, errors, attempts, options };
  }

  test("is asked again after longer and longer waits, and the creds at hand stay", async () => {
    freezeTime();
    const { state, failures, errors, attempts, options } = breakable(600);
    const creds = await renewing(options);
    const { current } = creds;
    state.failing = new Error("503 of https://issuer.example");
    await vi.advanceTimersByTimeAsync(900_000);
    expect(creds.current).toEqual(current);
    expect(errors[0]).toMatchObject({ code: "ERR_CREDS_SOURCE", cause: state.failing });
    expect(errors[0]?.message).toBe("the source of creds failed: 503 of https://issuer.example");
    expect(failures[0]).toMatchObject({ failures: 1, expires: current.expires });
    expect(failures[0]?.retryAt.getTime()).toBeGreaterThan(state.times[1] ?? 0);
    const waits = state.times.slice(2).map((time, index) => time - (state.times[index + 1] ?? 0));
    for (const [index, wait] of waits.entries()) {
      const most = Math.min(30_000, 500 * 2 ** index);
      expect(wait).toBeLessThanOrEqual(most + 1);
      expect(wait).toBeGreaterThanOrEqual(most / 2 - 1);
    }
    expect(attempts.slice(0, 4)).toEqual([1, 1, 2, 3]);
    expect(new Set(waits).size).toBeGreaterThan(waits.length / 2);

    state.failing = undefined;
    await vi.advanceTimersByTimeAsync(31_000);
    expect(creds.current).not.toEqual(current);
    const { count } = state;
    await vi.advanceTimersByTimeAsync(300_000);
    expect(state.count).toBe(count);
  });

  test("at the start is asked again, until there are creds", async () => {
    freezeTime();
    const { state, failures, options } = breakable(600);
    state.failing = new Error("down");
    const starting = renewing(options);
    await vi.advanceTimersByTimeAsync(5000);
    expect(failures.at(-1)).toMatchObject({ failures: state.count, expires: undefined });
    state.failing = undefined;
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await starting).current.claims.name).toBe("user");
  });

  test("at the start is given up after a time, and nothing goes on", async () => {
    freezeTime();
    const { state, options } = breakable(600);
    state.failing = "no Error at all";
    const starting = renewing({ ...options, startWithin: "5s" });
    const failed = expect(starting).toThrowCode("ERR_CREDS_SOURCE");
    await vi.advanceTimersByTimeAsync(5000);
    await failed;
    expect(state.count).toBeGreaterThan(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("never answers: it is told so, and asked again", async () => {
    freezeTime();
    const signals: AbortSignal[] = [];
    const errors: string[] = [];
    const starting = renewing({
      source: ({ signal }) => {
        signals.push(signal);
        return signals.length < 3 ? new Promise<never>(() => undefined) : credsFor(600);
      },
      timeout: "2s",
      onError: ({ message }) => void errors.push(message),
    });
    await vi.advanceTimersByTimeAsync(10_000);
    await starting;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    expect(errors).toEqual(Array(2).fill("the source of creds gave none within 2000 ms"));
  });

  test("has no secrets of what it gave in its errors", async () => {
    const text = await credsFor(60);
    const failing = renewingCreds({
      source: () => {
        throw new Error(`can't read ${text}`);
      },
      startWithin: "0s",
    });
    expectNoSecret(((await failing.catch((error: unknown) => error)) as Error).message);
  });

  test("does not suffer from hooks that throw", async () => {
    freezeTime();
    const { state, options } = breakable(600);
    const creds = await renewing({
      ...options,
      onRenew: () => {
        throw new Error("in onRenew");
      },
      onError: () => {
        throw new Error("in onError");
      },
    });
    state.failing = new Error("down");
    await expect(creds.refresh()).toThrowCode("ERR_CREDS_SOURCE");
    state.failing = undefined;
    await vi.advanceTimersByTimeAsync(1000);
    await creds.refresh();
  });
});

describe("an authenticator", () => {
  test("that is asked twice within seconds has other creds soon, with longer and longer waits", async () => {
    const { creds, asked } = await counted(3600);
    const { authenticator } = creds;
    // Each for a connection of its own.
    for (let i = 0; i < 10; i++) auth(creds);
    auth(creds, authenticator);
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toHaveLength(1);
    const first = auth(creds, authenticator).jwt;
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toHaveLength(2);
    expect(auth(creds, authenticator).jwt).not.toBe(first);
    for (let i = 0; i < 60; i++) {
      await vi.advanceTimersByTimeAsync(2000);
      auth(creds, authenticator);
    }
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.length).toBeLessThan(16);
  });

  test("that is asked now and then, as after breaks of the network, leaves the source alone", async () => {
    const { creds, asked } = await counted(3600);
    const { authenticator } = creds;
    for (let i = 0; i < 20; i++) {
      auth(creds, authenticator);
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(asked).toHaveLength(1);
  });
});

describe("the end", () => {
  test("leaves no timers, and the present creds", async () => {
    const { creds, asked } = await counted(600);
    const { current } = creds;
    expect(vi.getTimerCount()).toBe(1);
    creds.stop();
    creds.stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked).toHaveLength(1);
    expect(creds.current).toEqual(current);
    for (let i = 0; i < 3; i++) expect(auth(creds).nkey).toBe(current.publicKey);
    expect(vi.getTimerCount()).toBe(0);
    await expect(creds.refresh()).toThrowCode("ERR_CREDS_SOURCE");
  });

  test("comes with the signal, and with the end of a block", async () => {
    freezeTime();
    const controller = new AbortController();
    await renewing({ source: () => credsFor(600), signal: controller.signal });
    controller.abort();
    expect(vi.getTimerCount()).toBe(0);
    {
      using creds = await renewingCreds({ source: () => credsFor(600) });
      expect(creds.current.claims.name).toBe("user");
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test("by the signal ends the start, with its reason, and tells the source", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let seen: AbortSignal | undefined;
    const starting = renewingCreds({
      source: ({ signal }) => {
        seen = signal;
        return new Promise<never>(() => undefined);
      },
      signal: controller.signal,
    });
    controller.abort(reason);
    await expect(starting).rejects.toBe(reason);
    expect(seen?.aborted).toBe(true);
    await expect(renewingCreds({ source: () => credsFor(60), signal: controller.signal })).rejects.toBe(reason);

    const late = new AbortController();
    const waiting = renewingCreds({
      source: () => {
        throw new Error("down");
      },
      signal: late.signal,
      onError: () => late.abort(reason),
    });
    await expect(waiting).rejects.toBe(reason);
  });

  test("of a process is not held up by them, unless it waits for the first creds", async () => {
    const child = start(await bundle("renewing", await folder(), [], join(import.meta.dirname, "fixtures")));
    expect(await child.ended).toBe(0);
    expect(child.lines).toEqual(["2 user"]);
  });
});

test("an endpoint that is down at the start, fails and answers nonsense is a source like others", async () => {
  const answers: [number, string | undefined][] = [
    [503, "later"],
    [200, "<html>hello</html>"],
    [200, undefined],
  ];
  const endpoint = createServer((_, response) => {
    const [status, text] = answers.shift() ?? [200, undefined];
    if (text !== undefined) response.writeHead(status).end(text);
    else void credsFor(60).then((creds) => response.writeHead(status).end(creds));
  });
  endpoint.listen(0, "127.0.0.1");
  await vi.waitFor(() => expect(endpoint.listening).toBe(true));
  const { port } = endpoint.address() as AddressInfo;
  await new Promise((resolve) => endpoint.close(resolve));

  const errors: string[] = [];
  const starting = renewing({
    source: async ({ signal }) => {
      const response = await fetch(`http://127.0.0.1:${port}/creds`, { signal });
      if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
      return response.text();
    },
    retryWait: "20ms",
    onError: ({ message }) => void errors.push(message),
  });
  await vi.waitFor(() => expect(errors).not.toEqual([]));
  endpoint.listen(port, "127.0.0.1");
  onTestFinished(() => {
    endpoint.closeAllConnections();
    endpoint.close();
  });
  expect((await starting).current.claims.name).toBe("user");
  expect(errors.at(0)).toMatch(/^the source of creds failed: fetch failed/);
  expect(errors.at(-2)).toBe("the source of creds failed: the issuer answered 503");
  expect(errors.at(-1)).toMatch(/^the source of creds failed: /);
});
