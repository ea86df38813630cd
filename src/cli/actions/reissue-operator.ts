import type { Operator } from "../../authority/operator.ts";
import { isNscError } from "../../errors.ts";
import { didSign } from "../../jwt/did-sign.ts";
import { confirmDestruction } from "../asking/confirm.ts";
import { CommandError } from "../command-error.ts";
import type { reissueOperatorFlags } from "../commands/operator.ts";
import type { Invocation } from "../invocation.ts";
import type { Report } from "../output/report.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { readIdentityKey } from "../values/key-argument.ts";

export async function run(invocation: Invocation<typeof reissueOperatorFlags>): Promise<void> {
  const { flags, globals, output, report, tree } = invocation;
  report.wantsSummary = true;
  if (flags.name) await tree.assertOperator(flags.name);
  const operator = flags.name ? await tree.nsc.operator(flags.name) : await tree.operator();
  const keepsKey = flags["convert-to-signing-key"] === true;
  assertReissuable(operator, keepsKey);
  const given = globals["private-key"];
  const key = given ? await readIdentityKey(given, "operator", output) : undefined;
  await confirmDestruction(
    invocation,
    `servers refuse all that the new identity of operator ${quote(operator.name)} signs until they are restarted with its new token - continue?`,
    { force: flags.force },
  );
  if (key?.publicKey === operator.publicKey) {
    await changeTree(invocation, async (tx) => (await tx.operator(operator.name)).reissue());
    report.ok(`operator ${quote(operator.name)} has the identity ${key.publicKey} already, and was signed again`);
    return;
  }
  const names = await tree.names([operator.name]);
  const { from, to, reissued } = await changeTree(invocation, async (tx) =>
    (await tx.operator(operator.name)).reissue({
      key: key === undefined ? true : (key.pair ?? key.publicKey),
      keepAsSigningKey: keepsKey,
    }),
  );
  report.ok(`operator ${quote(operator.name)} successfully changed identity to: ${to}`);
  if (keepsKey) {
    report.ok(`old operator key ${quote(from)} turned into signing key`);
    return;
  }
  const signed = new Set(reissued.map(([, account]) => account));
  const after = await tree.nsc.operator(operator.name);
  for (const name of names) {
    if (signed.has(name)) report.ok(`account ${quote(name)} re-signed`);
    else await reportOther(report, after, name);
  }
}

/** What was not signed again is as it should be, or nobody could have done that. */
async function reportOther(report: Report, operator: Operator, name: string): Promise<void> {
  try {
    const { claims } = await operator.account(name);
    if (didSign(operator.claims, claims)) report.ok(`account ${quote(name)} already signed properly`);
    else report.warn(`account ${quote(name)} is signed by ${claims.iss}, which is no key of the operator`);
  } catch (error) {
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
    report.warn(`account ${quote(name)} is left as it is: ${error.message}`);
  }
}

function assertReissuable({ claims, isManaged }: Operator, keepsKey: boolean): void {
  if (isManaged) {
    throw new CommandError("resign is only supported in non managed stores", {
      code: "ERR_MANAGED",
      hint: "whoever issues the operator's token holds its identity",
    });
  }
  const { nats } = claims;
  if (nats.strict_signing_key_usage === true && !keepsKey && (nats.signing_keys ?? []).length === 0) {
    throw new CommandError("resign of strict operator is only supported with signing keys present", {
      code: "ERR_SIGNING_KEY_REQUIRED",
      hint: "add one with 'nsc edit operator --sk generate'",
    });
  }
}
