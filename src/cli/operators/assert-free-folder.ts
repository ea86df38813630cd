import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { assertEntityName } from "../../authority/names.ts";
import { ioError, saysMissing } from "../../node/io-error.ts";
import { CommandError } from "../command-error.ts";
import { quote, quotePath } from "../text/quote.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * Refuses the name of a new operator whose folder holds something already, such as what is left of another one.
 *
 * @throws CommandError
 */
export async function assertFreeFolder({ directory }: Tree, name: string): Promise<void> {
  assertEntityName(name, "the name of an operator");
  const folder = join(directory.storesDir, name);
  const entries = await readdir(folder).catch((cause: unknown) => {
    if (saysMissing(cause)) return [];
    throw ioError(`reading ${folder}`, cause);
  });
  if (entries.length === 0) return;
  throw new CommandError(`operator ${quote(name)} already exists in ${quotePath(directory.storesDir)}`, {
    code: "ERR_ENTITY_EXISTS",
    hint: `there is no operator in ${folder}, but it is not empty either: move away what is there, or take another name`,
  });
}
