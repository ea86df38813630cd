import {
  type AuditEvent,
  createKeyPair,
  createOperatorClaims,
  decode,
  encode,
  isNscError,
  memoryStore,
  Nsc,
  type Store,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { NOW } from "./tree-fixtures.ts";
import { DISK_FULL, recordingStore } from "./wrapped-stores.ts";

interface Log {
  readonly nsc: Nsc;
  /** What was told since this was asked last, one list for each call. */
  take(): readonly (readonly AuditEvent[])[];
}

function audited(store: Store = memoryStore()): Log {
  let calls: (readonly AuditEvent[])[] = [];
  const nsc = new Nsc({ store, clock: () => new Date(NOW * 1000), audit: (events) => void calls.push(events) });
  return {
    nsc,
    take() {
      const taken = calls;
      calls = [];
      return taken;
    },
  };
}

/** What happened to whom. */
function words(events: readonly AuditEvent[] = []): string[] {
  return events
    .map(
      ({ action, kind, path, from }) =>
        `${action} ${kind} ${[from, path].flatMap((x) => x?.join("/") ?? []).join(" -> ")}`,
    )
    .sort();
}

describe("the audit function", () => {
  test("is told of another key as of a change", async () => {
    const { nsc, take } = audited();
    const operator = await nsc.addOperator("O");
    const account = await operator.addAccount("A");
    const user = await account.addUser("u");
    const before = { operator: operator.claims.jti, user: user.claims.jti };
    take();
    await user.rotateKey();
    const [byUser = []] = take();
    expect(words(byUser)).toEqual(["changed account O/A", "changed user O/A/u"]);
    expect(byUser).toContainEqual(expect.objectContaining({ publicKey: user.publicKey, previousJti: before.user }));
    await operator.reissue({ key: true });
    const [byOperator = []] = take();
    expect(words(byOperator)).toEqual(["changed account O/A", "changed operator O"]);
    expect(byOperator).toContainEqual(
      expect.objectContaining({
        publicKey: operator.publicKey,
        issuer: operator.publicKey,
        previousJti: before.operator,
      }),
    );
  });

  test("is told who signed what, and which token that replaced", async () => {
    const { nsc, take } = audited();
    const operator = await nsc.addOperator("O", { signingKey: true });
    expect(take().map(words)).toEqual([["added operator O"]]);

    const a = await operator.addAccount("A", { expires: new Date((NOW + 60) * 1000) });
    const [[added] = []] = take();
    const claims = decode(a.token);
    expect(added).toEqual({
      action: "added",
      kind: "account",
      path: ["O", "A"],
      publicKey: a.publicKey,
      issuer: operator.claims.nats.signing_keys?.[0],
      jti: claims.jti,
      expires: NOW + 60,
      at: new Date(NOW * 1000),
    });

    await a.edit(({ nats }) => {
      nats.limits.conn = 1;
    });
    const [[changed] = []] = take();
    expect(changed).toMatchObject({ action: "changed", jti: decode(a.token).jti, previousJti: claims.jti });

    await a.edit(() => undefined);
    expect(take()).toEqual([]);
  });

  test("is told of all that one commit changes, in one call", async () => {
    const { nsc, take } = audited();
    await nsc.addOperator("O", { systemAccount: true });
    expect(take().map(words)).toEqual([["added account O/SYS", "added operator O", "added user O/SYS/sys"]]);

    const a = await (await nsc.operator("O")).addAccount("A");
    const u = await a.addUser("u");
    const { publicKey } = u;
    const { jti } = u.claims;
    take();
    await u.delete();
    const [events = []] = take();
    expect(words(events)).toEqual(["changed account O/A", "deleted user O/A/u"]);
    expect(events.find(({ action }) => action === "deleted")).toEqual({
      action: "deleted",
      kind: "user",
      path: ["O", "A", "u"],
      publicKey,
      previousJti: jti,
      at: new Date(NOW * 1000),
    });

    await a.delete();
    expect(take().map(words)).toEqual([["deleted account O/A"]]);
  });

  test("is told where something was before", async () => {
    const { nsc, take } = audited();
    const operator = await nsc.addOperator("O");
    const a = await operator.addAccount("A");
    const u = await a.addUser("u");
    const { jti } = u.claims;
    const before = a.claims.jti;
    take();
    await nsc.transaction(async (tx) => {
      const account = await (await tx.operator("O")).account("A");
      await account.rename("T");
      await account.rename("B");
      await (await tx.operator("O")).addAccount("A");
    });
    const [events = []] = take();
    expect(words(events)).toEqual(["added account O/A", "renamed account O/A -> O/B", "renamed user O/A/u -> O/B/u"]);
    const [account, user] = ["account", "user"].map((wanted) =>
      events.find(({ action, kind }) => action === "renamed" && kind === wanted),
    );
    expect(account).toMatchObject({ publicKey: a.publicKey, previousJti: before, jti: a.claims.jti });
    // Its token stays what it is.
    expect(user).toMatchObject({ publicKey: u.publicKey, previousJti: jti, jti });
  });

  test("tells what has a name again from what had it before", async () => {
    const { nsc, take } = audited();
    const a = await (await nsc.addOperator("O")).addAccount("A");
    const u = await a.addUser("u");
    const { publicKey } = u;
    take();
    const again = await nsc.transaction(async (tx) => {
      const account = await (await tx.operator("O")).account("A");
      await (await account.user("u")).delete({ revoke: false });
      await (await account.addUser("gone")).delete({ revoke: false });
      return account.addUser("u");
    });
    const [events = []] = take();
    expect(words(events)).toEqual(["added user O/A/u", "deleted user O/A/u"]);
    expect(events.map((event) => event.publicKey).sort()).toEqual([publicKey, again.publicKey].sort());
  });

  test("is told of a token that was signed elsewhere", async () => {
    const { nsc, take } = audited();
    const pair = createKeyPair("operator");
    const token = await encode(createOperatorClaims(pair.publicKey, { name: "O" }), pair, { issuedAt: NOW });
    await nsc.importOperator(token);
    const [[event] = []] = take();
    expect(event).toMatchObject({ action: "adopted", publicKey: pair.publicKey, issuer: pair.publicKey });
    expect(event?.jti).toBe(decode(token).jti);
  });

  test("is told of tokens that are stored nowhere", async () => {
    const { nsc, take } = audited();
    const a = await (await nsc.addOperator("O")).addAccount("A");
    await a.addExport({ subject: "x", type: "stream", private: true });
    await a.addRole("web", { pub: ["x"] });
    take();
    const issued = await a.issueUser("browser", { role: "web", expires: "1h" });
    const importer = createKeyPair("account").publicKey;
    const activation = await a.issueActivation({ to: importer, subject: "x" });
    const told = take().flat();
    expect(words(told)).toEqual(["issued activation O/A", "issued user O/A/browser"]);
    const [user, right] = told;
    expect(user).toMatchObject({ publicKey: issued.publicKey, issuer: a.roles[0]?.key, expires: NOW + 3600 });
    expect(user?.jti).toBe(decode(issued.token).jti);
    expect(right).toMatchObject({ publicKey: importer, issuer: a.publicKey, jti: decode(activation).jti });
  });

  test("hears nothing of what was not committed", async () => {
    const store = recordingStore();
    const { nsc, take } = audited(store);
    const operator = await nsc.addOperator("O");
    take();
    store.refusal = DISK_FULL;
    await expect(operator.addAccount("A")).toThrowCode("ERR_STORE_IO");
    const failing = nsc.transaction(async (tx) => {
      await (await tx.operator("O")).addAccount("B");
      throw new RangeError("no");
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(take()).toEqual([]);
  });

  test.each(["thrown", "rejected"])("that fails leaves the change in place: %s", async (way) => {
    const store = memoryStore();
    const broken = new Error("the log is full");
    const nsc = new Nsc({
      store,
      audit: () => {
        if (way === "thrown") throw broken;
        return Promise.reject(broken);
      },
    });
    for (const change of [
      () => nsc.addOperator("O"),
      () => nsc.transaction(async (tx) => (await tx.operator("O")).addAccount("A")),
    ]) {
      const error = await change().catch((caught: unknown) => caught);
      expect(isNscError(error, "ERR_AUDIT_FAILED")).toBe(true);
      expect(error).toMatchObject({ cause: broken });
    }
    await expect(store.read(["O", "A"])).resolves.toBeTypeOf("string");
  });

  test("may change the tree itself, and is waited for", async () => {
    let isDone = false;
    const nsc: Nsc = new Nsc({
      audit: async ([event]) => {
        if (event?.kind !== "account") return;
        const account = await (await nsc.operator("O")).account("A");
        if (event.action === "added") await account.addSigningKey();
        else isDone = true;
      },
    });
    const account = await (await nsc.addOperator("O")).addAccount("A");
    expect(isDone).toBe(true);
    expect(account.claims.nats.signing_keys).toHaveLength(1);
  });

  test("hears of commits in their order, and keeps none of them waiting for another", async () => {
    const heard: (string | undefined)[] = [];
    const ends: (() => void)[] = [];
    const nsc = new Nsc({
      audit: async ([event]) => {
        heard.push(event?.jti);
        if (event?.action === "added") return;
        await new Promise<void>((resolve) => {
          ends.push(resolve);
          // None ends before the last has begun, and then the last is the first to end.
          if (ends.length === 3) for (const end of ends.reverse()) end();
        });
      },
    });
    const operator = await nsc.addOperator("O");
    const added = operator.claims.jti;
    const seen = await Promise.all(
      [1, 2, 3].map(async (count) => {
        await operator.edit(({ nats }) => {
          nats.tags = [...(nats.tags ?? []), `t${count}`];
        });
        return operator.claims.nats.tags;
      }),
    );
    expect(heard).toHaveLength(4);
    expect(new Set(heard).size).toBe(4);
    expect([heard[0], heard[3]]).toEqual([added, operator.claims.jti]);
    expect(seen).toContainEqual(["t1", "t2", "t3"]);
  });

  test("must be a function", () => {
    expect(() => new Nsc({ audit: "log" as never })).toThrowCode("ERR_ARGUMENT_INVALID");
  });
});
