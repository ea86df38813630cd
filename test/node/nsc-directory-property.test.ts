import fc from "fast-check";
import { isNscError, memoryStore, type Store, type StoreCommit, type StorePath } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { expect, test } from "vitest";
import { runs } from "../property/runs.ts";
import { listOf, pairOf, seedOf, tokenOf } from "./entities.ts";
import { testFolder } from "./folders.ts";

/** Names that are odd and still kept everywhere; no two differ only in case or composition. */
const NAMES = ["a", "-rf", "a*", ">", "$HOME", "accounts", "users", "__proto__", "日本語", ".nsc", "x.jwt", "k"];
const PAIRS = ["1", "2", "3", "4"];

const nameOf = fc.constantFrom(...NAMES.slice(0, 6));
const pathOf: fc.Arbitrary<StorePath> = fc.oneof(
  fc.tuple(fc.constantFrom(...NAMES.slice(6))),
  fc.tuple(fc.constantFrom(...NAMES.slice(6)), nameOf),
  fc.tuple(fc.constantFrom(...NAMES.slice(6)), nameOf, nameOf),
);
const KINDS = ["operator", "account", "user"] as const;
const pairFor = (path: StorePath, name: string) => pairOf(KINDS[path.length - 1] as "user", name);

interface Step {
  readonly writes: readonly { readonly path: StorePath; readonly pair: string; readonly at: number }[];
  readonly deletes: readonly { readonly path: StorePath; readonly keepCreds: boolean }[];
  readonly keys: readonly (readonly [kind: "operator" | "account" | "user", name: string])[];
  readonly gone: readonly (readonly [kind: "operator" | "account" | "user", name: string])[];
  readonly meta: readonly { readonly operator: string; readonly name: string; readonly value: string | undefined }[];
  /** Whether those above what is written, and those below what is deleted, come along. */
  readonly isWhole: boolean;
}

const keyOf = fc.tuple(fc.constantFrom(...KINDS), fc.constantFrom(...PAIRS));
const stepOf: fc.Arbitrary<Step> = fc.record({
  writes: fc.array(fc.record({ path: pathOf, pair: fc.constantFrom(...PAIRS), at: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 4,
  }),
  deletes: fc.array(fc.record({ path: pathOf, keepCreds: fc.boolean() }), { maxLength: 2 }),
  keys: fc.array(keyOf, { maxLength: 2 }),
  gone: fc.array(keyOf, { maxLength: 1 }),
  meta: fc.array(
    fc.oneof(
      fc.record({
        operator: fc.constantFrom(...NAMES.slice(6)),
        name: fc.constantFrom("pending/a", "__proto__", "x"),
        value: fc.constantFrom("", "1", '{"a":"日"}', undefined),
      }),
      fc.record({
        operator: fc.constantFrom(...NAMES.slice(6)),
        name: fc.constant("managed"),
        value: fc.constantFrom("true", undefined),
      }),
    ),
    { maxLength: 2 },
  ),
  isWhole: fc.boolean(),
});

async function commitOf(step: Step, store: Store): Promise<StoreCommit> {
  const writes = new Map<string, { path: StorePath; token: string }>();
  for (const { path, pair, at } of step.writes) {
    for (let length = step.isWhole ? 1 : path.length; length <= path.length; length++) {
      const part = path.slice(0, length) as unknown as StorePath;
      const isThere = length < path.length && (await store.read(part)) !== undefined;
      const key = JSON.stringify(part);
      if (isThere || writes.has(key)) continue;
      const of = pairFor(part, pair);
      writes.set(key, {
        path: part,
        token: await tokenOf(part, of, of.kind === "user" ? pairOf("account", "1") : of, at),
      });
    }
  }
  const deletes = new Map<string, { path: StorePath; keepCreds: boolean }>();
  const add = async (path: StorePath, keepCreds: boolean): Promise<void> => {
    if (writes.has(JSON.stringify(path))) return;
    if (step.isWhole && path.length < 3) {
      for (const name of await listOf(store.list(path as never))) await add([...path, name] as never, keepCreds);
    }
    deletes.set(JSON.stringify(path), { path, keepCreds });
  };
  for (const { path, keepCreds } of step.deletes) await add(path, keepCreds);
  const keys = step.keys.map(([kind, name]) => pairOf(kind, name));
  const gone = step.gone.map(([kind, name]) => pairOf(kind, name).publicKey);
  return {
    tokens: [...writes.values()],
    deletes: [...deletes.values()],
    keys: keys.map(seedOf),
    deletedKeys: gone.filter((publicKey) => !keys.some((pair) => pair.publicKey === publicKey)),
    meta: step.meta,
  };
}

async function observed(store: Store): Promise<unknown> {
  const out: unknown[] = [];
  for (const operator of await listOf(store.list([]))) {
    const meta = [...(await store.readMeta(operator))].sort(([a], [b]) => (a < b ? -1 : 1));
    out.push([operator, await store.read([operator]), meta]);
    for (const account of await listOf(store.list([operator]))) {
      out.push([operator, account, await store.read([operator, account])]);
      for (const user of await listOf(store.list([operator, account]))) {
        out.push([operator, account, user, await store.read([operator, account, user])]);
      }
    }
  }
  for (const kind of KINDS) {
    for (const name of PAIRS) {
      const { publicKey } = pairOf(kind, name);
      out.push([publicKey, await store.find(publicKey), await store.getKey(publicKey)]);
    }
  }
  return out;
}

async function outcome(attempt: Promise<void>): Promise<string> {
  return await attempt.then(
    () => "made",
    (error: unknown) => {
      if (isNscError(error)) return error.code;
      throw error;
    },
  );
}

test("any commits leave what they leave in memory, also for who opens the folders later", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(stepOf, { minLength: 1, maxLength: 8 }), async (steps) => {
      const allDirs = testFolder();
      const [memory, folders] = [memoryStore(), nscDirectory({ allDirs, env: {} })];
      for (const step of steps) {
        const commit = await commitOf(step, memory);
        expect(await outcome(folders.commit(commit))).toBe(await outcome(memory.commit(commit)));
        const expected = await observed(memory);
        expect(await observed(folders)).toEqual(expected);
        expect(await observed(nscDirectory({ allDirs, env: {} }))).toEqual(expected);
      }
    }),
    { numRuns: Math.min(runs(40), 400) },
  );
});
