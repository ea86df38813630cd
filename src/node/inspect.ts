import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { redact } from "../errors.ts";
import type { NscFinding } from "./finding.ts";
import { InspectedKeystore } from "./inspect-keystore.ts";
import type { Step } from "./inspect-steps.ts";
import { InspectedStores } from "./inspect-stores.ts";
import { NSC_JSON, parseNscJson } from "./nsc-json.ts";
import { QuickFolder } from "./quick-folder.ts";
import type { Roots } from "./roots.ts";
import type { NscTree } from "./tree.ts";
import { Turns } from "./turns.ts";

/** How long the event loop is kept from other work at a time. */
const TURN_MS = 5;

/** nsc writes files in place, so that one may be met empty or cut off. */
const REWRITE_MS = 20;

/** Looks at everything below nsc's folders. */
export async function* inspectFolders(tree: NscTree, roots: Roots): AsyncGenerator<NscFinding, undefined> {
  const [stores, keystore] = [new QuickFolder(tree.stores.path), new QuickFolder(tree.keystore.path)];
  yield* inTurns(contextSteps(roots.configDir));
  const inspected = new InspectedStores(stores, keystore, roots);
  yield* inTurns(inspected.steps());
  if (inspected.hasUnsettled) {
    await setTimeout(REWRITE_MS);
    yield* inTurns(inspected.settle());
  }
  yield* inTurns(new InspectedKeystore(stores, keystore, roots, inspected).steps());
}

async function* inTurns(steps: Iterable<Step>): AsyncGenerator<NscFinding, undefined> {
  const turns = new Turns(TURN_MS);
  for (const step of steps) {
    if (step !== undefined) yield { ...step, path: redact(step.path), message: redact(step.message) };
    if (turns.isOver) await turns.next();
  }
}

function* contextSteps(configDir: string): Generator<Step, void> {
  const path = join(configDir, NSC_JSON);
  // Who keeps it elsewhere has a link to it here, which is followed for the context, too.
  let file = path;
  try {
    file = realpathSync(path);
  } catch {
    // What is not there, or can't be reached, is said below.
  }
  const read = new QuickFolder(dirname(file)).read(basename(file));
  if (read === undefined) return;
  if ("problem" in read) return yield { code: "UNREADABLE", path, message: `${path} ${read.problem}` };
  try {
    parseNscJson(read.text, path);
  } catch (error) {
    yield { code: "BAD_CONTEXT", path, message: (error as Error).message };
  }
}
