import { existsSync } from "node:fs";
import { join } from "node:path";
import { isNscError } from "../../errors.ts";
import { keyPath } from "../../node/layout.ts";
import { CommandError } from "../command-error.ts";
import { quotePath } from "../text/quote.ts";
import type { Tree } from "./tree.ts";

/** What the keystore has of a key. */
export interface StoredKey {
  readonly seed: string | undefined;
  /** Whether its file holds something else. */
  readonly isDamaged: boolean;
}

/** What the keystore has of a key; a damaged file is no error. */
export async function readStoredKey({ store }: Tree, publicKey: string): Promise<StoredKey> {
  try {
    return { seed: await store.getKey(publicKey), isDamaged: false };
  } catch (error) {
    if (isNscError(error, "ERR_STORE_DAMAGED")) return { seed: undefined, isDamaged: true };
    throw error;
  }
}

/** The absolute path of the file of a key, whether it is there or not. */
export function keyFile({ directory }: Tree, publicKey: string): string {
  return join(directory.keystoreDir, keyPath(publicKey));
}

/** @throws CommandError where there is no keystore yet */
export function assertKeystore({ directory }: Tree): void {
  if (existsSync(directory.keystoreDir)) return;
  throw new CommandError(`keystore ${quotePath(directory.keystoreDir)} does not exist`, {
    code: "ERR_NO_KEYSTORE",
    hint: "it is made with the first key, such as that of 'nsc add operator'",
  });
}
