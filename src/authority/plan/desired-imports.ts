import { NscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import { type Import, importSubjects } from "../../jwt/imports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { isPublicKey } from "../../nkeys/codec.ts";
import { activationFor, exporterIn, signerOfActivation, titleOfActivation } from "../activation-verbs.ts";
import { coveringExport, coveringExports } from "../covering-exports.ts";
import { editClaims } from "../edit-claims.ts";
import { assertExportType, assertSubject } from "../export-verbs.ts";
import { sourceOf } from "../import-verbs.ts";
import { activationProblem } from "../known-activations.ts";
import { assertKnownOptions } from "../options.ts";
import type { AccountPath, OperatorPath } from "../paths.ts";
import type { DesiredImport } from "./desired-state.ts";
import { listOf, without } from "./plain-data.ts";
import { signerAmongMany } from "./plan-signer.ts";
import type { Reconciliation } from "./reconciliation.ts";
import { isSameData } from "./same-data.ts";
import { type Place, within } from "./within.ts";

type Entry = ReadonlyDeep<Import> | null | undefined;

const DESIRED = ["from", "subject", "type", "localSubject", "name", "share", "allowTrace", "activation"];

/** The members that a description says, and the deprecated one that they take the place of. */
const MEMBERS = [
  "name",
  "subject",
  "account",
  "token",
  "to",
  "local_subject",
  "type",
  "share",
  "allow_trace",
] as const satisfies readonly (keyof Import)[];

/** What an import is known by; those that are none to servers, by nothing. */
function idOf(entry: Entry): string | undefined {
  return entry?.type === undefined ? undefined : `${entry.type} ${importSubjects(entry).remote} of ${entry.account}`;
}

/**
 * The imports of an account. Those that are none to servers are left out.
 *
 * @param nameOf - the name of an account that is in the tree
 */
export function describeImports(
  imports: readonly Entry[],
  nameOf: (publicKey: string) => string | undefined,
): readonly DesiredImport[] {
  return imports.flatMap((entry) => {
    if (idOf(entry) === undefined) return [];
    const { account, type, name, token = "", share, allow_trace: trace } = entry as ReadonlyDeep<Import>;
    const { subject, localSubject } = subjectsOf(entry as ReadonlyDeep<Import>);
    const exporter = nameOf(account);
    return {
      from: exporter ?? account,
      subject,
      type: type as ExportType,
      ...(localSubject !== subject && { localSubject }),
      ...(name !== undefined && { name }),
      ...(share === true && { share }),
      ...(trace === true && { allowTrace: true }),
      ...(exporter === undefined && token !== "" && { activation: token }),
    };
  });
}

function subjectsOf(entry: ReadonlyDeep<Import>): { readonly subject: string; readonly localSubject: string } {
  const { remote, local } = importSubjects(entry);
  let wildcards = 0;
  // The deprecated prefix stands before a subject whose wildcards have no numbers.
  const numbered = local.split(".").map((token) => (token === "*" ? `$${++wildcards}` : token));
  return { subject: remote, localSubject: local === remote ? local : numbered.join(".") };
}

/** An import as it is to be, and where its exporting account is. */
interface Wanted {
  readonly entry: Import;
  /** The name that it has when none is said. */
  readonly fallback: string;
  readonly exporter: AccountPath | undefined;
}

/** Gives an account the imports of a description. */
export async function reconcileImports(
  run: Reconciliation,
  path: AccountPath,
  place: Place,
  desired: readonly DesiredImport[],
): Promise<void> {
  const importer = await run.workspace.need(path);
  const present = importer.nats.imports ?? [];
  const next: Entry[] = [...present];
  const listed = new Set<string>();
  const taken = new Set<number>();
  for (const [index, each] of listOf(desired, "imports").entries()) {
    await within([...place, index], async () => {
      assertKnownOptions(each, DESIRED);
      const wanted = await wantedImport(run, importer, present, each);
      const id = idOf(wanted.entry) as string;
      const at = indexOf(present, id, wanted.entry, taken);
      // Others may have written one several times, with different local subjects.
      if (at === undefined && listed.has(id)) throw new NscError("ERR_ENTITY_EXISTS", `the ${id} is described twice`);
      listed.add(id);
      const known = at === undefined ? undefined : present[at];
      const entry = await withToken(run, path, [...place, index], importer, wanted, known, each.activation);
      if (at === undefined) next.push(entry);
      else {
        taken.add(at);
        next[at] = entry;
      }
    });
  }
  const kept = next.filter((entry, index) => {
    const id = index < present.length && !taken.has(index) ? idOf(entry) : undefined;
    if (id === undefined) return true;
    if (!run.remove) run.unlisted.push([...place, id]);
    return !run.remove;
  });
  if (isSameData(present, kept)) return;
  await editClaims(run.workspace, path, (claims) => {
    if (kept.length === 0) delete claims.nats.imports;
    else claims.nats.imports = kept as Import[];
  });
}

/** The import that a description means: that with the same local subject, or any that is not taken by another. */
function indexOf(
  present: readonly Entry[],
  id: string,
  wanted: Import,
  taken: ReadonlySet<number>,
): number | undefined {
  const found = [...present.keys()].filter((index) => !taken.has(index) && idOf(present[index]) === id);
  const { localSubject } = subjectsOf(wanted);
  return found.find((index) => subjectsOf(present[index] as Import).localSubject === localSubject) ?? found[0];
}

async function wantedImport(
  run: Reconciliation,
  importer: ReadonlyDeep<AccountClaims>,
  present: readonly Entry[],
  desired: DesiredImport,
): Promise<Wanted> {
  const { workspace } = run;
  const { from, subject, type, localSubject, share, allowTrace } = desired;
  if (type !== undefined) assertExportType(type);
  assertSubject(subject);
  if (localSubject !== undefined) assertSubject(localSubject);
  const exporter = await exporterOf(run, from);
  const claims = exporter && (await workspace.need(exporter));
  const account = claims?.sub ?? from;
  if (account === importer.sub) throw new NscError("ERR_ARGUMENT_INVALID", "an account can't import from itself");
  // What is imported already may be exported no more.
  const isKnown = type !== undefined && present.some((entry) => idOf(entry) === `${type} ${subject} of ${account}`);
  const covering = coveringExports(claims?.nats.exports, subject).filter((each) => each.type === type);
  const chosen =
    claims === undefined || (isKnown && covering.length === 0)
      ? undefined
      : coveringExport(exporter as AccountPath, claims.nats.exports ?? [], subject, type);
  const kind = type ?? (chosen?.type as ExportType | undefined);
  assertExportType(kind);
  const fallback = chosen?.name ?? subject;
  const entry: Import = {
    name: desired.name ?? fallback,
    subject,
    account,
    type: kind,
    ...(localSubject !== undefined && localSubject !== subject && { local_subject: localSubject }),
    ...(share === true && { share }),
    ...(allowTrace === true && { allow_trace: allowTrace }),
  };
  return { entry, fallback, exporter: chosen?.token_req === true ? exporter : undefined };
}

async function exporterOf(run: Reconciliation, from: unknown): Promise<AccountPath | undefined> {
  if (typeof from !== "string")
    throw new NscError("ERR_ARGUMENT_INVALID", "from must be the name or public key of an account");
  if (isPublicKey(from, "account")) return run.accountWith(from);
  const path: AccountPath = [run.operator[0], from];
  await run.workspace.need(path);
  return path;
}

/** The import with the activation that it has, was given, or is to get. */
async function withToken(
  run: Reconciliation,
  path: AccountPath,
  place: Place,
  importer: ReadonlyDeep<AccountClaims>,
  { entry, fallback, exporter }: Wanted,
  known: Entry,
  activation: string | undefined,
): Promise<Entry> {
  const isSame = known != null && isSameData(plain(described(known, fallback)), plain(entry));
  const rest = known == null ? {} : without(known, MEMBERS);
  if (activation !== undefined) {
    if (known?.token === activation && isSame) return known;
    const { account: from, subject, type } = entry;
    sourceOf(run.workspace, path, importer, { from, subject, ...(type && { type }), activation });
    return { ...rest, ...entry, token: activation };
  }
  const token = known?.token;
  if (exporter === undefined) return isSame ? known : { ...rest, ...entry, ...(token !== undefined && { token }) };
  const operator = await run.workspace.need<OperatorPath>(run.operator);
  const strict = operator.nats.strict_signing_key_usage === true;
  const claims = await run.workspace.need(exporter);
  const judge = { claims, strict, now: run.now, context: run.workspace.context };
  if (token !== undefined && activationProblem(token, entry, importer, judge) === undefined) {
    return isSame ? known : { ...rest, ...entry, token };
  }
  run.activations.push({ importer: path, exporter, subject: entry.subject, type: entry.type as ExportType, place });
  return { ...rest, ...entry };
}

/** A present import in the words of today. */
function described(entry: ReadonlyDeep<Import>, fallback: string): Import {
  const { name = fallback, account, type, share, allow_trace: trace } = entry;
  const { subject, localSubject } = subjectsOf(entry);
  return {
    name,
    subject,
    account,
    ...(type && { type }),
    local_subject: localSubject,
    ...(share === true && { share }),
    ...(trace === true && { allow_trace: trace }),
  };
}

function plain(entry: Import): Import {
  return { ...entry, local_subject: entry.local_subject ?? entry.subject };
}

/** Who signs the activations that imports wait for: refuses now what would be refused when they are signed. */
export async function activationSigners({ workspace, activations }: Reconciliation): Promise<readonly string[]> {
  const signers: string[] = [];
  for (const { exporter: path, subject, type, place } of activations) {
    await within(place, async () => {
      const asked = await signerAmongMany(workspace, path);
      const exporter = await exporterIn(workspace, path);
      signers.push((await signerOfActivation(exporter, titleOfActivation(type, subject), asked)).publicKey);
    });
  }
  return signers;
}

/** Signs the activations that imports wait for. */
export async function signActivations({ workspace, activations }: Reconciliation): Promise<void> {
  for (const { importer, exporter: path, subject, type, place } of activations) {
    await within(place, async () => {
      const { sub: account } = await workspace.need(path);
      const { sub: to } = await workspace.need(importer);
      const signer = await signerAmongMany(workspace, path);
      const wanted = { to, subject, type, ...(signer !== undefined && { signer }) };
      const token = await activationFor(workspace, path, wanted);
      const { nats } = (await workspace.draft(importer)).claims;
      for (const entry of nats.imports ?? []) {
        const isOf = entry.account === account && entry.subject === subject && entry.type === type;
        if (isOf && entry.token === undefined) entry.token = token;
      }
    });
  }
}
