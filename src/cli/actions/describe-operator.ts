import { describe } from "../../authority/reports/describe.ts";
import { keyPrefix } from "../../nkeys/codec.ts";
import { CommandError } from "../command-error.ts";
import type { describeOperatorFlags } from "../commands/describe.ts";
import type { Invocation } from "../invocation.ts";
import { describeToken } from "../showing/describe-token.ts";

export async function run(invocation: Invocation<typeof describeOperatorFlags>): Promise<void> {
  const { tree, flags, args } = invocation;
  const operator = await tree.nsc.operator(await operatorName(invocation, flags.name || args[0] || ""));
  await describeToken(invocation, { kind: "operator", token: operator.token, describe: () => describe(operator) });
}

async function operatorName({ tree }: Invocation, given: string): Promise<string> {
  if (given === "") return await tree.operatorName();
  if (keyPrefix(given) !== "operator") {
    await tree.assertOperator(given);
    return given;
  }
  const path = (await tree.store.find(given)).find(({ length }) => length === 1);
  if (path !== undefined) return path[0];
  throw new CommandError(`no operator found with public key ${given}`, { code: "ERR_ENTITY_NOT_FOUND" });
}
