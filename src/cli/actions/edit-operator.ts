import type { Operator } from "../../authority/operator.ts";
import { hasJetStream } from "../../jwt/limits.ts";
import type { OperatorNats } from "../../jwt/operator.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { askEditOperator } from "../asking/ask-edit-operator.ts";
import { CommandError } from "../command-error.ts";
import type { editOperatorFlags } from "../commands/operator.ts";
import { applyTags } from "../edits/apply-tags.ts";
import { applyValidity } from "../edits/apply-validity.ts";
import { assertEditOptions } from "../edits/edit-options.ts";
import { applySigningKeys, readSigningKeyChanges } from "../edits/signing-key-changes.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import type { Report } from "../output/report.ts";
import { requestedSigner, type SignerOption } from "../signing/signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { sayInvalidated } from "../validation/invalidated.ts";
import { readValidity } from "../values/validity.ts";

type EditOperatorValues = FlagValues<typeof editOperatorFlags>;

export async function run(invocation: Invocation<typeof editOperatorFlags>): Promise<void> {
  const { globals, io, output, report, tree } = invocation;
  assertEditOptions(invocation);
  const operator = await tree.operator();
  const flags = globals.interactive === true ? await askEditOperator(invocation, operator) : invocation.flags;
  const now = timeOf(io);
  const validity = readValidity(flags, { now, report });
  const systemAccount = await systemAccountOf(operator, flags["system-account"]);
  const keys = await readSigningKeyChanges(operator, flags, output);
  const signing = await signerOf(invocation, operator);
  if (flags["require-signing-keys"] === true) await assertSigningKeysSign(operator);
  const invalidated = await changeTree(invocation, async (tx, changes) => {
    const edited = await tx.operator(operator.name);
    await edited.edit((claims) => {
      applyValidity(claims, validity, { now, report: changes });
      applyTags(claims.nats, flags, changes);
    }, signing);
    const gone = await applySigningKeys(edited, [operator.name], keys, changes);
    await edited.edit(({ nats }) => applyEdit(nats, flags, systemAccount, changes), signing);
    return gone;
  });
  report.ok(`edited operator ${quote(operator.name)}`);
  sayInvalidated(invocation, invalidated);
}

/** Changes what flags name, in nsc's order. */
function applyEdit(
  nats: OperatorNats,
  flags: EditOperatorValues,
  systemAccount: string | undefined,
  report: Report,
): void {
  const isStrict = flags["require-signing-keys"] ?? nats.strict_signing_key_usage === true;
  if (isStrict !== (nats.strict_signing_key_usage === true)) {
    if (isStrict) nats.strict_signing_key_usage = true;
    else delete nats.strict_signing_key_usage;
    report.ok(`strict signing key usage set to: ${isStrict}`);
  }
  if (isStrict && (nats.signing_keys ?? []).length === 0) {
    throw new CommandError("operator requires at least one signing key", {
      code: "ERR_SIGNING_KEY_REQUIRED",
      hint: "add one in the same go with --sk generate",
    });
  }
  const url = flags["account-jwt-server-url"];
  // As in nsc, an empty one is none that was given.
  if (url !== undefined && url !== "") {
    nats.account_server_url = url;
    report.ok(`set account jwt server url to ${quote(url)}`);
  }
  if (flags["rm-account-jwt-server-url"] === true) {
    delete nats.account_server_url;
    report.ok("removed account server url");
  }
  if (systemAccount !== undefined && systemAccount !== nats.system_account) {
    nats.system_account = systemAccount;
    report.ok(`set system account ${quote(systemAccount)}`);
  }
  applyServiceUrls(nats, flags, report);
}

function applyServiceUrls(nats: OperatorNats, flags: EditOperatorValues, report: Report): void {
  const { "service-url": added = [], "rm-service-url": removed = [] } = flags;
  if (added.length === 0 && removed.length === 0) return;
  const urls = new Set(nats.operator_service_urls);
  for (const url of added) {
    if (url === "") continue;
    urls.add(url.toLowerCase());
    report.ok(`added service url ${quote(url)}`);
  }
  for (const url of removed) {
    if (urls.delete(url.toLowerCase())) report.ok(`removed service url ${quote(url)}`);
    else report.warn(`no service url ${quote(url)} to remove`);
  }
  if (urls.size > 0) nats.operator_service_urls = [...urls];
  else delete nats.operator_service_urls;
}

/** The public key of the account that is to be the system account. */
async function systemAccountOf(operator: Operator, given: string | undefined): Promise<string | undefined> {
  if (given === undefined || given === "") return undefined;
  const isKey = isPublicKey(given, "account");
  const account = isKey ? await operator.findAccount(given) : await findByName(operator, given);
  // It may be one that is only on servers.
  if (account === undefined) return given;
  const { limits } = account.claims.nats;
  if (!hasJetStream(limits) && limits.tiered_limits === undefined) return account.publicKey;
  const kind = limits.tiered_limits === undefined ? "JetStream limits" : "tiered JetStream limits";
  throw new CommandError(
    `system accounts cannot have ${kind} - run ${quote(`nsc edit account ${account.name} --js-disable`)} first`,
    { code: "ERR_SYSTEM_ACCOUNT" },
  );
}

async function findByName(operator: Operator, name: string) {
  for await (const account of operator.accounts()) if (account.name === name) return account;
  throw new CommandError(`account ${name} does not exist in the current operator`, { code: "ERR_ENTITY_NOT_FOUND" });
}

/** Refuses to demand signing keys where an identity has signed: what it signed would be valid no longer. */
async function assertSigningKeysSign(operator: Operator): Promise<void> {
  if (operator.claims.nats.strict_signing_key_usage === true) return;
  for await (const account of operator.accounts()) {
    const name = `account ${quote(account.name)}`;
    if (account.claims.iss === operator.publicKey) {
      throw needsSigningKey(name, `nsc edit account ${account.name} -K <signing key of the operator>`);
    }
    for await (const user of account.users()) {
      if (user.claims.iss !== account.publicKey) continue;
      const hint = `nsc edit user --account ${account.name} ${user.name} -K <signing key of the account>`;
      throw needsSigningKey(`user ${quote(user.name)} in ${name}`, hint);
    }
  }
}

function needsSigningKey(name: string, hint: string): CommandError {
  return new CommandError(`${name} needs to be issued with a signing key first`, {
    code: "ERR_SIGNING_KEY_REQUIRED",
    hint,
  });
}

/** The identity, or, where that is kept elsewhere, a signing key that is here, as with nsc. */
async function signerOf(invocation: Invocation, operator: Operator): Promise<SignerOption> {
  const requested = await requestedSigner(invocation, ["operator"]);
  const { store } = invocation.tree;
  if (requested.signer !== undefined || (await store.getKey(operator.publicKey)) !== undefined) return requested;
  for (const key of operator.claims.nats.signing_keys ?? []) {
    if ((await store.getKey(key)) === undefined) continue;
    invocation.output.note(`the operator's identity is not in the keystore, so its signing key ${key} signs`);
    return { signer: key };
  }
  return {};
}
