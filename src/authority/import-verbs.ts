import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { decode } from "../jwt/decode.ts";
import type { ExportType } from "../jwt/export-type.ts";
import type { Import } from "../jwt/imports.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { isPublicKey } from "../nkeys/codec.ts";
import { isCoveredBy } from "../subjects/subject.ts";
import type { Account } from "./account.ts";
import { activationFor } from "./activation-verbs.ts";
import { offeredTo } from "./covering-exports.ts";
import { request } from "./drafts.ts";
import type { EditOptions } from "./edit-claims.ts";
import { assertExportType, assertSubject } from "./export-verbs.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, titleOf } from "./paths.ts";
import type { SignerInput } from "./signer-choice.ts";
import type { Workspace } from "./workspace.ts";

/** What an account takes from another. */
export interface ImportInit {
  /**
   * The exporting account: a handle of the same `Nsc`, whose export is then looked at, or its public key. Not needed with an
   * activation, which says it.
   */
  readonly from?: Account | string;
  /**
   * The subject as the exporting account has it; by default the one of an activation, or that of the only export. With a handle,
   * a wildcard that stands for who imports (`accountTokenPosition`) is replaced by this account's key.
   */
  readonly subject?: string;
  /** Needed where neither the export nor an activation says it. */
  readonly type?: ExportType;
  /** The subject in this account, with `$1` and so on for the wildcards; the same by default. */
  readonly localSubject?: string;
  /** A name for people; that of the export by default. */
  readonly name?: string;
  /** Services: whether the requester is told in measurements of latency. */
  readonly share?: boolean;
  /** Streams: whether message traces go across; nats-server 2.11 and later. */
  readonly allowTrace?: boolean;
  /**
   * The activation, where the export is private. With a handle of the exporting account it is signed here if it is not given:
   * its key is needed for it.
   */
  readonly activation?: string;
  /** Who signs the activation; by default whom the policy says. */
  readonly activationSigner?: SignerInput;
}

const IMPORT = "from subject type localSubject name share allowTrace activation activationSigner".split(" ");

/** The exporting account, as far as it is known. */
interface Source {
  readonly account: string;
  readonly subject: string;
  readonly type: ExportType;
  readonly name: string | undefined;
  readonly token: string | undefined;
}

/** Adds an import. */
export async function addImport(
  workspace: Workspace,
  path: AccountPath,
  exporter: AccountPath | undefined,
  init: ImportInit,
  options: EditOptions,
): Promise<void> {
  assertKnownOptions(init, IMPORT);
  assertKnownOptions(options, ["signer"]);
  const importer = await workspace.need(path);
  const source =
    exporter === undefined
      ? sourceOf(workspace, path, importer, init)
      : await sourceInStore(workspace, exporter, importer, init);
  if (source.account === importer.sub) throw invalid(`the ${titleOf(path)} can't import from itself`);
  const draft = await workspace.draft(path);
  const imports = draft.claims.nats.imports ?? [];
  const present = imports.some((entry) => isOf(entry, source));
  if (present) {
    const title = `${source.type} ${JSON.stringify(source.subject)} of ${source.account}`;
    throw new NscError("ERR_ENTITY_EXISTS", `the ${titleOf(path)} imports the ${title} already`);
  }
  const { localSubject, share, allowTrace, name = source.name ?? source.subject } = init;
  const added: Import = {
    name,
    subject: source.subject,
    account: source.account,
    type: source.type,
    ...(source.token !== undefined && { token: source.token }),
    ...(localSubject !== undefined && { local_subject: localSubject }),
    ...(share !== undefined && { share }),
    ...(allowTrace !== undefined && { allow_trace: allowTrace }),
  };
  draft.claims.nats.imports = [...imports, added];
  request(draft, options.signer);
}

function isOf(entry: ReadonlyDeep<Import> | null | undefined, { account, subject, type }: Source): boolean {
  return entry?.account === account && entry.subject === subject && entry.type === type;
}

/** What is said of an account that need not be in the store. */
export function sourceOf(
  { context }: Workspace,
  path: AccountPath,
  importer: ReadonlyDeep<AccountClaims>,
  { from, subject, type, activation }: ImportInit,
): Source {
  if (activation === undefined) {
    if (typeof from !== "string" || !isPublicKey(from, "account")) {
      throw new NscError("ERR_KEY_KIND", "from must be an Account, or the public key of one");
    }
    assertSubject(subject);
    assertExportType(type);
    return { account: from, subject, type, name: undefined, token: undefined };
  }
  const { sub, iss = "", name, nats } = decode(activation, { kind: "activation", engine: context.engine });
  if (sub !== importer.sub) {
    throw invalid(`the activation is not for the ${titleOf(path)}, but for ${sub}`);
  }
  const account = nats.issuer_account ?? iss;
  if (from !== undefined && from !== account) throw invalid(`the activation is of ${account}, and not of ${from}`);
  if (type !== undefined && type !== nats.kind)
    throw invalid(`the activation is for a ${nats.kind}, and not a ${type}`);
  const wanted = subject ?? nats.subject;
  assertSubject(wanted);
  if (!isCoveredBy(wanted, nats.subject)) {
    throw invalid(
      `the activation is for ${JSON.stringify(nats.subject)}, which does not cover ${JSON.stringify(wanted)}`,
    );
  }
  return { account, subject: wanted, type: nats.kind as ExportType, name, token: activation };
}

/** What the store has of the exporting account. */
async function sourceInStore(
  workspace: Workspace,
  path: AccountPath,
  importer: ReadonlyDeep<AccountClaims>,
  init: ImportInit,
): Promise<Source> {
  const { activation, activationSigner: signer } = init;
  const claims = await workspace.need(path);
  const known =
    init.subject !== undefined || activation === undefined
      ? init
      : sourceOf(workspace, path, importer, { ...init, from: claims.sub });
  if (init.subject !== undefined) assertSubject(init.subject);
  const { chosen, subject } = offeredTo(path, claims.nats.exports ?? [], known, importer.sub);
  const kind = chosen.type as ExportType;
  const found: Source = { account: claims.sub, subject, type: kind, name: chosen.name, token: undefined };
  if (chosen.token_req !== true) return found;
  if (activation !== undefined) {
    return sourceOf(workspace, path, importer, { from: claims.sub, subject, type: kind, activation });
  }
  const wanted = { to: importer.sub, subject, type: kind, ...(signer !== undefined && { signer }) };
  return { ...found, token: await activationFor(workspace, path, wanted) };
}

/** What says which import is meant. */
export interface ImportChoice extends EditOptions {
  readonly type?: ExportType;
  /** The exporting account: a handle, or its public key. */
  readonly from?: { readonly publicKey: string } | string;
}

/** Removes an import. */
export async function removeImport(
  workspace: Workspace,
  path: AccountPath,
  subject: string,
  options: ImportChoice,
): Promise<void> {
  assertKnownOptions(options, ["type", "from", "signer"]);
  assertSubject(subject);
  const { type, from, signer } = options;
  if (type !== undefined) assertExportType(type);
  const account = typeof from === "object" ? from.publicKey : from;
  const draft = await workspace.draft(path);
  const imports = draft.claims.nats.imports ?? [];
  const found = imports.filter(
    (entry) =>
      entry?.subject === subject &&
      (type === undefined || entry.type === type) &&
      (account === undefined || entry.account === account),
  );
  const [chosen] = found;
  const title = `${type ?? "stream or service"} ${JSON.stringify(subject)}`;
  if (chosen === undefined) throw new NscError("ERR_ENTITY_NOT_FOUND", `the ${titleOf(path)} imports no ${title}`);
  if (found.length > 1) {
    const sources = found.map((entry) => `${entry.type} of ${entry.account}`).join(", ");
    throw invalid(`the ${titleOf(path)} imports it more than once (${sources}): say type and from`);
  }
  const left = imports.filter((entry) => entry !== chosen);
  if (left.length > 0) draft.claims.nats.imports = left;
  else delete draft.claims.nats.imports;
  request(draft, signer);
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
