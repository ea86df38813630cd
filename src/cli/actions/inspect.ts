import type { NscFinding } from "../../node/finding.ts";
import { refusal } from "../asking/refusal.ts";
import type { inspectFlags } from "../commands/questions.ts";
import type { Invocation } from "../invocation.ts";
import { escapeLine } from "../text/escape-line.ts";

export async function run({ tree, output }: Invocation<typeof inspectFlags>): Promise<void> {
  const findings: NscFinding[] = [];
  for await (const finding of tree.directory.inspect()) {
    findings.push(finding);
    const { code, path, message } = finding;
    const place = message.includes(path) ? "" : `${path}: `;
    output.print(`${code} ${escapeLine(`${place}${message}`)}\n`);
  }
  output.data(findings.map(({ code, path, message, publicKey }) => ({ code, path, message, public_key: publicKey })));
  if (findings.length === 0) output.note("everything is as it should be");
  else
    throw refusal(
      findings.length === 1 ? "something was found" : `${findings.length} things were found`,
      "ERR_INSPECT",
    );
}
