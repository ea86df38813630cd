import type { SigningKeyRotation } from "../../authority/rotation.ts";
import { CommandError } from "../command-error.ts";
import type { rotateSigningKeyFlags } from "../commands/rotate.ts";
import type { Invocation } from "../invocation.ts";
import { type Rotated, refuseSigner, rotateSigningKey, stepOf } from "../rotations/rotate.ts";
import { readNewKey } from "../rotations/rotation-key.ts";
import { quote } from "../text/quote.ts";
import { quoteWord } from "../text/quote-word.ts";

export async function run(invocation: Invocation<typeof rotateSigningKeyFlags>): Promise<void> {
  const { args, flags, tree } = invocation;
  const [from] = args as readonly [string];
  stepOf(flags);
  refuseSigner(invocation);
  const isOperator = flags.operator === true;
  if (isOperator && flags.account !== undefined) {
    throw new CommandError("--account and --operator are mutually exclusive", { code: "ERR_USAGE", showsUsage: true });
  }
  const operator = await tree.operator();
  const holder = isOperator ? operator : await tree.account(flags.account);
  const underWay: readonly SigningKeyRotation[] = await holder.rotations();
  const known = underWay.filter(
    (rotation) => !rotation.isIdentity && [rotation.from, rotation.to, rotation.role].includes(from),
  );
  if (known.length > 1) {
    throw new CommandError(`the role ${quote(from)} has several keys that are rotated`, {
      code: "ERR_SIGNER_AMBIGUOUS",
      hint: `name one of them: ${known.map((rotation) => rotation.from).join(", ")}`,
    });
  }
  const newKey = await readNewKey(flags.to, invocation.output);
  const place = isOperator ? ["--operator"] : ["-a", quoteWord(holder.name)];
  const key = {
    title: `the signing key ${quote(from)} of ${isOperator ? "operator" : "account"} ${quote(holder.name)}`,
    command: `'nsc rotate signing-key ${quoteWord(from)} ${place.join(" ")}'`,
    ...(isOperator ? { of: "operator" as const } : { of: "account" as const, account: holder.name }),
  };
  const rotated: Rotated<SigningKeyRotation> = {
    key,
    newKey,
    known: known[0],
    begin: (options) => holder.rotateSigningKey({ from, ...options }),
  };
  await rotateSigningKey(invocation, operator, rotated as Rotated<SigningKeyRotation<never>>, flags);
}
