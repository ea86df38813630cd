import { decodeUtf8 } from "../../encoding/bytes.ts";
import { createKeyPair } from "../../nkeys/key-pair.ts";
import { CommandError } from "../command-error.ts";
import type { generateNkeyFlags } from "../commands/keys.ts";
import type { Invocation } from "../invocation.ts";
import { keyFile } from "../tree/keystore.ts";

const KINDS = ["operator", "account", "user", "curve"] as const;

export async function run({ flags, output, tree }: Invocation<typeof generateNkeyFlags>): Promise<void> {
  const kinds = KINDS.filter((kind) => flags[kind] === true);
  if (kinds.length === 0) {
    throw new CommandError("set --operator, --account, --user, or --curve", {
      code: "ERR_NO_OPTION",
      showsUsage: true,
    });
  }
  const pairs = kinds.map((kind) => {
    const pair = createKeyPair(kind);
    return { kind, publicKey: pair.publicKey, seed: decodeUtf8(pair.getSeed()) };
  });
  const isStored = flags.store === true;
  if (isStored) await tree.store.commit({ keys: pairs.map(({ seed }) => seed) });
  output.data(
    pairs.map(({ kind, publicKey, seed }) => ({
      kind,
      public_key: publicKey,
      ...(isStored ? { key_path: keyFile(tree, publicKey) } : { seed }),
    })),
  );
  for (const { kind, publicKey, seed } of pairs) {
    const lines = isStored ? [publicKey, `${kind} key stored ${keyFile(tree, publicKey)}`] : [seed, publicKey];
    output.print(`${lines.join("\n")}\n\n`);
  }
}
