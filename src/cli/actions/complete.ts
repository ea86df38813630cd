import type { completeFlags } from "../commands/completion.ts";
import { complete, type LookUp } from "../completion/complete.ts";
import { globalFlags } from "../flags/global-flags.ts";
import type { Invocation } from "../invocation.ts";
import { Tree } from "../tree/tree.ts";

export async function run({ args, command, table, io, output }: Invocation<typeof completeFlags>): Promise<void> {
  const { candidates, directive } = await complete(table, args, (kind, words) => lookUp(kind, words, io));
  const isDescribed = command.path[0] === "__complete";
  // Whatever a terminal or this format would trip over is not offered.
  const shown = candidates.filter(({ word }) => !/[\p{Cc}\p{Cf}]/u.test(word));
  const lines = shown.map(({ word, description }) => {
    const [line = ""] = (description ?? "").split("\n");
    return isDescribed && line !== "" ? `${word}\t${line}` : word;
  });
  output.print([...lines, `:${directive}`, ""].join("\n"));
  output.data({ candidates: shown, directive });
}

/** The names of what is on disk. Where something is in the way there are none: nobody reads errors while typing. */
async function lookUp(kind: Parameters<LookUp>[0], words: readonly string[], io: Invocation["io"]): Promise<string[]> {
  try {
    const folder = (name: keyof typeof globalFlags) => flagValue(words, name, globalFlags[name].short);
    const folders = {
      "all-dirs": folder("all-dirs"),
      "config-dir": folder("config-dir"),
      "data-dir": folder("data-dir"),
      "keystore-dir": folder("keystore-dir"),
    };
    const tree = new Tree({ ...folders, "dry-run": true }, io);
    if (kind === "operator") return await tree.names([]);
    const operator = await tree.operatorName();
    if (kind === "account") return await tree.names([operator]);
    const account = await tree.accountName(flagValue(words, "account", "a"));
    if (kind === "user") return await tree.names([operator, account]);
    const { roles } = await (await tree.operator()).account(account);
    return roles.flatMap(({ role }) => (role === undefined || role === "" ? [] : [role]));
  } catch {
    return [];
  }
}

/** The value of a flag in a line that is not complete. */
function flagValue(words: readonly string[], name: string, short: string | undefined): string | undefined {
  for (const [index, word] of words.entries()) {
    const next = words[index + 1];
    // The last word is still being typed.
    if ((word === `--${name}` || word === `-${short}`) && index + 2 < words.length) return next;
    if (word.startsWith(`--${name}=`)) return word.slice(name.length + 3);
    if (short !== undefined && word.startsWith(`-${short}`) && word.length > 2) return word.slice(2).replace(/^=/, "");
  }
  return undefined;
}
