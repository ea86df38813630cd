import { describe } from "../../authority/reports/describe.ts";
import { findDecorated } from "../../creds/decorated.ts";
import { trimGoSpace } from "../../encoding/go-text.ts";
import { decodeGeneric } from "../../jwt/decode.ts";
import { CommandError } from "../command-error.ts";
import type { describeJwtFlags } from "../commands/describe.ts";
import { readSource } from "../files/load-text.ts";
import type { Invocation } from "../invocation.ts";
import { describeToken } from "../showing/describe-token.ts";

export async function run(invocation: Invocation<typeof describeJwtFlags>): Promise<void> {
  const { tree, flags, globals, prompts } = invocation;
  let file = flags.file ?? "";
  if (file === "" && globals.interactive === true) file = await prompts.text("token file or url");
  if (file === "") throw new CommandError("file is required", { showsUsage: true, code: "ERR_FLAGS" });
  const text = await readSource(invocation, file, "stat");
  const token = findDecorated(text)[0] ?? trimGoSpace(text);
  const { nats } = decodeGeneric(token);
  const kind = typeof nats?.["type"] === "string" ? nats["type"] : "generic";
  const { operator: current } = await tree.context();
  await describeToken(invocation, {
    kind,
    token,
    async describe() {
      // Names are a help, and what is described may have nothing to do with what is here.
      const operator = current === undefined ? undefined : await tree.nsc.operator(current).catch(() => undefined);
      return await describe(token, operator === undefined ? {} : { operator });
    },
  });
}
