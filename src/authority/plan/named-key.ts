import { assertString } from "../../encoding/bytes.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import type { AccountPath, UserPath } from "../paths.ts";
import type { Workspace } from "../workspace.ts";

/** The public key of an account or user that is meant by its name, or said by its key. */
export async function keyOf(
  workspace: Workspace,
  kind: "account" | "user",
  name: unknown,
  placeOf: (name: string) => AccountPath | UserPath,
): Promise<string> {
  assertString(name, `the name or public key of the ${kind}`);
  return isPublicKey(name, kind) ? name : (await workspace.need(placeOf(name))).sub;
}
