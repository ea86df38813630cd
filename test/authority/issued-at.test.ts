import fc from "fast-check";
import { type Account, isNscError, isRevoked, memoryStore, Nsc, type Operator, type Store, type User } from "nsc.js";
import { describe, expect, test } from "vitest";
import {
  ACCOUNT,
  OPERATOR,
  PLANTED,
  plant,
  read,
  readAt,
  refusal,
  type TreeInit,
  tokensOf,
  USER,
  type WatchedStore,
  watchedStore,
} from "./signer-fixtures.ts";

const HOUR = 3600;
const tree: TreeInit = { userBy: ACCOUNT, seeds: [OPERATOR, ACCOUNT, USER] };

/** A clock that is set by hand, in seconds. */
function clockAt(seconds: number) {
  const clock = () => new Date(clock.now * 1000);
  clock.now = seconds;
  return clock;
}

interface Handles {
  readonly operator: Operator;
  readonly a: Account;
  readonly u: User;
}

async function handles(store: Store, clock: () => Date): Promise<Handles> {
  const operator = await new Nsc({ store, clock }).operator("O");
  const a = await operator.account("A");
  return { operator, a, u: await a.user("u") };
}

/** One edit of each kind of entity. */
const edits: readonly [string, (handles: Handles, text: string) => Promise<number>][] = [
  ["an operator", ({ operator }, text) => tagged(operator, text)],
  ["an account", ({ a }, text) => tagged(a, text)],
  ["a user", ({ u }, text) => tagged(u, text)],
];

async function tagged(handle: Operator | Account | User, text: string): Promise<number> {
  await (handle as User).edit((claims) => {
    claims.nats.tags = [...(claims.nats.tags ?? []), text];
  });
  return read(handle.token).iat;
}

describe("a new token", () => {
  test("is issued in the second that the clock shows", async () => {
    const store = watchedStore();
    const nsc = new Nsc({ store, clock: () => new Date(PLANTED * 1000 + 999) });
    const operator = await nsc.addOperator("O", { systemAccount: true });
    const a = await operator.addAccount("A");
    const issued = await a.issueUser("y", { expires: "1m" });
    await a.addUser("x");
    expect((await tokensOf(store)).map(({ token }) => read(token).iat)).toEqual(Array(5).fill(PLANTED));
    expect(read(issued.token)).toMatchObject({ iat: PLANTED, exp: PLANTED + 60 });
  });
});

describe.each(edits)("an edit of %s", (_, edit) => {
  test.each([
    [1, PLANTED + 1],
    [1000, PLANTED + 1000],
    [0, PLANTED + 1],
    [-1, PLANTED + 1],
    [-(HOUR - 1), PLANTED + 1],
  ])("%i s after the token before it", async (offset, iat) => {
    const store = await plant(tree);
    expect(await edit(await handles(store, clockAt(PLANTED + offset)), "edited")).toBe(iat);
  });

  test("by a clock that is more than an hour behind is refused", async () => {
    const store = await plant(tree);
    const clock = clockAt(PLANTED - HOUR);
    const all = await handles(store, clock);
    const error = await refusal(store, "ERR_CLOCK_AHEAD", () => edit(all, "edited"));
    expect(error.message).toContain(`${HOUR + 1} s`);
    clock.now += 1;
    expect(await edit(all, "edited")).toBe(PLANTED + 1);
  });

  test("after an edit in the same second has a later time", async () => {
    const store = await plant(tree);
    const all = await handles(store, clockAt(PLANTED + 5));
    for (let n = 0; n < 20; n++) expect(await edit(all, `edit-${n}`)).toBe(PLANTED + 5 + n);
  });

  test("among many at a time has a time of its own, and none is lost", async () => {
    const store = await plant(tree);
    const clock = clockAt(PLANTED + 5);
    const both = [await handles(store, clock), await handles(store, clock)];
    const texts = Array.from({ length: 16 }, (_, n) => `edit-${n}`);
    await Promise.all(texts.map((text, n) => edit(both[n % 2] as Handles, text)));
    const times = store.commits.slice(1).map(({ tokens = [] }) => read(tokens[0]?.token ?? "").iat);
    expect(times).toEqual(texts.map((_, n) => PLANTED + 5 + n));
    const last = read(store.commits.at(-1)?.tokens?.[0]?.token ?? "");
    expect([...(last.nats["tags"] as string[])].sort()).toEqual([...texts].sort());
  });

  test("that comes to nothing leaves the time as it is", async () => {
    const store = await plant(tree);
    const all = await handles(store, clockAt(PLANTED + 5));
    const before = await tokensOf(store);
    await all.operator.edit(() => undefined);
    await all.a.edit(() => undefined);
    await all.u.edit(() => undefined);
    expect(await tokensOf(store)).toEqual(before);
  });
});

describe("edits in one transaction", () => {
  test("are one step of each entity", async () => {
    const store = await plant(tree);
    await new Nsc({ store, clock: clockAt(PLANTED) }).transaction(async (tx) => {
      const operator = await tx.operator("O");
      const a = await operator.account("A");
      for (const tag of ["x", "y", "z"]) {
        for (const handle of [operator, a, await a.user("u")]) {
          await (handle as User).edit((claims) => {
            claims.nats.tags = [tag];
          });
        }
      }
    });
    expect((await tokensOf(store)).map(({ token }) => read(token).iat)).toEqual(Array(3).fill(PLANTED + 1));
  });
});

describe("a user whose tokens were revoked", () => {
  const revoked = (at: number, who = USER.publicKey): TreeInit => ({ ...tree, revocations: { [who]: at } });

  test.each([USER.publicKey, "*"])("gets one that is not, by %s", async (who) => {
    const store = await plant(revoked(PLANTED + 50, who));
    const all = await handles(store, clockAt(PLANTED + 10));
    expect(await tagged(all.u, "edited")).toBe(PLANTED + 51);
    const issued = await all.a.issueUser("u", { key: USER.publicKey, expires: "1h" });
    expect(read(issued.token).iat).toBe(PLANTED + 51);
    const { nats } = all.a.claims;
    expect(isRevoked(nats, USER.publicKey, PLANTED + 50)).toBe(true);
    expect(isRevoked(nats, USER.publicKey, PLANTED + 51)).toBe(false);
    // The account itself is not touched by what it revokes of its users.
    expect(await tagged(all.a, "edited")).toBe(PLANTED + 10);
  });

  test("others are not", async () => {
    const store = await plant(revoked(PLANTED + 50));
    const { a } = await handles(store, clockAt(PLANTED + 10));
    expect(read((await a.addUser("x")).token).iat).toBe(PLANTED + 10);
    expect(read((await a.issueUser("y", { expires: "1h" })).token).iat).toBe(PLANTED + 10);
  });

  test("is refused where that is more than an hour ahead", async () => {
    const now = PLANTED + 10;
    for (const [at, isFine] of [
      [now + HOUR - 1, true],
      [now + HOUR, false],
    ] as const) {
      const store = await plant(revoked(at));
      const { a, u } = await handles(store, clockAt(now));
      const runs = [
        () => tagged(u, "edited"),
        async () => read((await a.issueUser("u", { key: USER.publicKey, expires: "2h" })).token).iat,
      ];
      for (const run of runs) {
        if (isFine) expect(await run()).toBe(now + HOUR);
        else await refusal(store, "ERR_CLOCK_AHEAD", run);
      }
    }
  });

  test("by being deleted, and who comes back with the same key, is valid again", async () => {
    const store = await plant(tree);
    const clock = clockAt(PLANTED + 10);
    const all = await handles(store, clock);
    await all.u.delete();
    const again = await all.a.addUser("u", { key: USER.publicKey });
    const { iat } = read(again.token);
    expect(iat).toBe(PLANTED + 11);
    await all.a.refresh();
    expect(isRevoked(all.a.claims.nats, USER.publicKey, iat)).toBe(false);
    expect(isRevoked(all.a.claims.nats, USER.publicKey, PLANTED)).toBe(true);
  });

  test("whose token is newer than the clock is revoked up to that token", async () => {
    const store = await plant({ ...tree, issuedAt: PLANTED + 100 });
    const { a, u } = await handles(store, clockAt(PLANTED));
    await u.delete();
    await a.refresh();
    expect(isRevoked(a.claims.nats, USER.publicKey, PLANTED + 100)).toBe(true);
    expect(read((await a.addUser("u", { key: USER.publicKey })).token).iat).toBe(PLANTED + 101);
  });

  test("in the very transaction that signs it again is valid after it", async () => {
    const store = await plant(tree);
    await new Nsc({ store, clock: clockAt(PLANTED + 10) }).transaction(async (tx) => {
      const a = await (await tx.operator("O")).account("A");
      await (await a.user("u")).reissue();
      await a.edit((claims) => {
        claims.nats.revocations = { "*": PLANTED + 30 };
      });
    });
    expect((await readAt(store, "O", "A", "u")).iat).toBe(PLANTED + 31);
  });
});

test("the time is the latest of what it must come after, or there is no token", async () => {
  const around = fc.integer({ min: PLANTED - 2 * HOUR, max: PLANTED + 2 * HOUR });
  const maybe = fc.option(around, { nil: undefined });
  await fc.assert(
    fc.asyncProperty(around, around, maybe, maybe, async (now, previous, own, all) => {
      const revocations = {
        ...(own !== undefined && { [USER.publicKey]: own }),
        ...(all !== undefined && { "*": all }),
      };
      const store: WatchedStore = await plant({ ...tree, issuedAt: previous, revocations });
      const before = await tokensOf(store);
      const { u } = await handles(store, clockAt(now));
      // After each of these, by a second at least.
      const floor = [now - 1, previous, own ?? 0, all ?? 0].sort((a, b) => b - a)[0] as number;
      const outcome = await tagged(u, "edited").catch((error: unknown) => (isNscError(error) ? error.code : error));
      expect(outcome).toBe(floor + 1 - now > HOUR ? "ERR_CLOCK_AHEAD" : floor + 1);
      if (typeof outcome !== "number") expect(await tokensOf(store)).toEqual(before);
      else expect(isRevoked({ revocations }, USER.publicKey, outcome)).toBe(false);
    }),
  );
});

describe("with clock and randomness given", () => {
  /** Random bytes that one number decides. */
  function bytesFrom(seed: number): (length: number) => Uint8Array {
    let state = seed;
    return (length) =>
      Uint8Array.from({ length }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state >>> 24;
      });
  }

  async function run(seed: number, start = PLANTED): Promise<readonly string[]> {
    const store = memoryStore();
    const clock = clockAt(start);
    const nsc = new Nsc({ store, clock, random: bytesFrom(seed) });
    const operator = await nsc.addOperator("O", { signingKey: true, systemAccount: true });
    const a = await operator.addAccount("A", { signingKey: true });
    await a.addRole("web", { pub: ["orders.>"] });
    clock.now += 60;
    await operator.requireSigningKeys({ addSigningKeys: true });
    const user = await a.addUser("u", { expires: "30d" });
    const issued = await a.issueUser("w", { role: "web", expires: "1h" });
    return [...(await tokensOf(store)).map(({ token }) => token), issued.token, await user.creds(), issued.creds()];
  }

  test("every token is the same in another run", async () => {
    expect(await run(1)).toEqual(await run(1));
  });

  test("and another with other randomness or at another time", async () => {
    const [first, other, later] = [await run(1), await run(2), await run(1, PLANTED + 1)];
    expect(first.filter((text) => other.includes(text))).toEqual([]);
    expect(first.filter((text) => later.includes(text))).toEqual([]);
  });

  test("each fresh key takes 32 bytes of its own", async () => {
    const asked: number[] = [];
    const next = bytesFrom(1);
    const random = (length: number) => {
      asked.push(length);
      return next(length);
    };
    const operator = await new Nsc({ random }).addOperator("O", { signingKey: true, systemAccount: true });
    const keys = [operator.publicKey, ...(operator.claims.nats.signing_keys ?? [])];
    for await (const account of operator.accounts()) {
      keys.push(account.publicKey, ...(account.claims.nats.signing_keys as string[]));
      for await (const user of account.users()) keys.push(user.publicKey);
    }
    expect(new Set(keys).size).toBe(5);
    expect(asked).toEqual([32, 32, 32, 32, 32]);
  });

  test("randomness that gives something else is refused", async () => {
    const store = await plant(tree);
    for (const random of [() => new Uint8Array(31), () => [] as unknown as Uint8Array, () => undefined as never]) {
      const operator = await new Nsc({ store, random }).operator("O");
      await refusal(store, "ERR_CRYPTO_RANDOM", () => operator.addAccount("B"));
    }
  });
});

describe("a clock that gives no time", () => {
  test.each<[string, unknown]>([
    ["an invalid date", () => new Date(Number.NaN)],
    ["a number, as Date.now does", () => Date.now()],
    ["nothing", () => undefined],
  ])("but %s is refused, and nothing is signed", async (_, clock) => {
    const store = await plant(tree);
    const all = await handles(store, clock as () => Date);
    const runs: readonly (() => Promise<unknown>)[] = [
      () => tagged(all.operator, "x"),
      () => tagged(all.a, "x"),
      () => tagged(all.u, "x"),
      () => all.a.addUser("x"),
      () => all.a.issueUser("x", { expires: "1h" }),
      () => all.u.delete(),
    ];
    for (const run of runs) {
      const error = await refusal(store, "ERR_ARGUMENT_INVALID", run);
      expect(error.message).toContain("clock");
    }
  });

  test("that is no function is refused at once", () => {
    for (const clock of [new Date(), PLANTED, "now", null]) {
      expect(() => new Nsc({ clock: clock as unknown as () => Date })).toThrowCode("ERR_ARGUMENT_INVALID");
    }
  });
});
