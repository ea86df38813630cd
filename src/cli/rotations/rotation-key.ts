import type { KeyInput } from "../../authority/key-input.ts";
import { CommandError } from "../command-error.ts";
import { type PathResolver, readKeyArgument } from "../values/key-argument.ts";

/** The key that takes the place of another one. */
export interface NewKey {
  readonly publicKey: string;
  /** With its seed, if that was said. */
  readonly to: KeyInput;
}

/** The key that takes the place of another one, if it was said; else a fresh one does. */
export async function readNewKey(value: string | undefined, paths: PathResolver): Promise<NewKey | undefined> {
  if (value === undefined) return undefined;
  const key = await readKeyArgument(value, paths);
  if (key !== undefined) return { publicKey: key.publicKey, to: key.pair ?? key.publicKey };
  throw new CommandError("--to takes a public key, a seed or a file that holds one of the two", {
    code: "ERR_KEY_INVALID",
  });
}
