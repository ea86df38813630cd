import type { completionFlags } from "../commands/completion.ts";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { powershellScript } from "../completion/powershell.ts";
import { zshScript } from "../completion/zsh.ts";
import type { Invocation } from "../invocation.ts";

const SCRIPTS: Readonly<Record<string, (completeWord: string) => string>> = {
  bash: bashScript,
  fish: fishScript,
  powershell: powershellScript,
  zsh: zshScript,
};

export async function run({ command, flags, output }: Invocation<typeof completionFlags>): Promise<void> {
  const shell = command.path.at(-1) as keyof typeof SCRIPTS & string;
  const script = SCRIPTS[shell]?.(flags["no-descriptions"] ? "__completeNoDesc" : "__complete") ?? "";
  output.print(script);
  output.data({ shell, script });
}
