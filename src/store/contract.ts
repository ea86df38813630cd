/**
 * What every store must do, as checks for any test runner.
 *
 * @module
 */

import {
  allOfACommit,
  concurrentCommits,
  conflicts,
  contradictions,
  deletes,
  independentCommits,
  isolation,
  listsWhileCommitting,
  manyEntities,
  noPartOfACommit,
  nothingOfARefusedCommit,
  parents,
} from "./contract-commits.ts";
import {
  emptyStore,
  findsBySubject,
  hostileNames,
  keys,
  listsSorted,
  meta,
  readsBack,
  seenByOthers,
  similarNames,
} from "./contract-reading.ts";
import type { StoreFixture } from "./contract-support.ts";
import { watched } from "./contract-watch.ts";

/** One thing that a store must do. */
export interface StoreCheck {
  readonly name: string;
  /** Rejects when the store does not do it. */
  run(): Promise<void>;
}

/**
 * The contract of a store: checks to hand to a test runner, one test each.
 *
 * @param open - makes an empty store; called once for each check
 * @returns checks whose `run` rejects with `ERR_STORE_CONTRACT`, or with what the store threw
 *
 * @example
 * ```ts
 * import { memoryStore } from "nsc.js";
 * import { storeContract } from "nsc.js/testing";
 *
 * const open = async () => {
 *   const store = memoryStore();
 *   return { store, other: store };
 * };
 * for (const { run } of storeContract(open)) await run(); // in a test suite: test(name, run)
 * ```
 */
export function storeContract(open: () => Promise<StoreFixture>): readonly StoreCheck[] {
  return CHECKS.map(([name, check]) => ({
    name,
    async run() {
      const fixture = await open();
      try {
        await check(fixture);
      } finally {
        await fixture.close?.();
      }
    },
  }));
}

type Check = (fixture: StoreFixture) => Promise<void>;

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ["an empty store has nothing", emptyStore],
  ["what was committed is read back as it was", readsBack],
  ["a commit is seen by another view of the store", seenByOthers],
  ["names are listed directly below a prefix, sorted by their bytes", listsSorted],
  ["names that are hostile come back as they were, or are refused", hostileNames],
  ["names that differ in case or composition are kept apart, or refused", similarNames],
  ["a key is found by public key and can be removed", keys],
  ["a token is found by its subject, also after it moved", findsBySubject],
  ["what is kept beside the tokens can be written, changed and removed", meta],
  ["all of a commit is made", allOfACommit],
  ["nothing of a refused commit is made", nothingOfARefusedCommit],
  ["a commit fails when something that was read has changed", conflicts],
  ["no token is left without the one above it", parents],
  ["contradictions in a commit are refused", contradictions],
  ["what is deleted is gone, and can be made again", deletes],
  ["data that was handed over or given out is the caller's", isolation],
  ["a list that was begun goes on as it was, and can be given up", listsWhileCommitting],
  ["no part of a commit is seen while it is made", noPartOfACommit],
  ["of commits that expect the same, one is made", concurrentCommits],
  ["commits at the same time that have nothing in common are all made", independentCommits],
  ["what others commit is heard of, if the store can be watched", watched],
  ["ten thousand entities", manyEntities],
];
