import { parseNanoseconds } from "../encoding/duration.ts";
import type { Int64 } from "../encoding/json-types.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { ExportType } from "../jwt/export-type.ts";
import type { Export, ResponseType } from "../jwt/exports.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { request } from "./drafts.ts";
import { callEdit, type EditOptions, editClaims } from "./edit-claims.ts";
import { assertKnownOptions } from "./options.ts";
import { type AccountPath, titleOf } from "./paths.ts";
import type { Workspace } from "./workspace.ts";

/** What an account offers to others. */
export interface ExportInit {
  /** The subject, possibly with wildcards. */
  readonly subject: string;
  readonly type: ExportType;
  /** A name for people; the subject by default, as nsc has it. */
  readonly name?: string;
  /** Whether importing accounts need an activation; false by default. */
  readonly private?: boolean;
  /** For people. */
  readonly description?: string;
  /** For people: where more is said. */
  readonly infoUrl?: string;
  /** Services: how they answer; `Singleton` by default. */
  readonly responseType?: ResponseType;
  /** Services: for how long responses are accepted, as a Go duration such as `"5s"`. */
  readonly responseThreshold?: string;
  /** Services: the subject that latencies are published to, and the share of requests, in percent or by header. */
  readonly latency?: { readonly results: string; readonly sampling: number | "headers" };
  /** Public exports: the token of the subject, counted from 1, that is the public key of the importing account. */
  readonly accountTokenPosition?: number;
  /** Services: whether message traces go across; nats-server 2.11 and later. */
  readonly allowTrace?: boolean;
}

const EXPORT =
  "subject type name private description infoUrl responseType responseThreshold latency accountTokenPosition allowTrace".split(
    " ",
  );

/** Adds an export. */
export async function addExport(
  workspace: Workspace,
  path: AccountPath,
  init: ExportInit,
  options: EditOptions,
): Promise<void> {
  assertKnownOptions(options, ["signer"]);
  const added = exportOf(init);
  const draft = await workspace.draft(path);
  const exports = draft.claims.nats.exports ?? [];
  if (findExport(exports, added.subject, added.type) !== undefined) {
    const title = `${added.type} ${JSON.stringify(added.subject)}`;
    throw new NscError("ERR_ENTITY_EXISTS", `the ${titleOf(path)} exports the ${title} already`);
  }
  draft.claims.nats.exports = [...exports, added];
  request(draft, options.signer);
}

/** An export in the shape of the wire. */
export function exportOf(init: ExportInit): Export & { readonly type: ExportType } {
  assertKnownOptions(init, EXPORT);
  const { subject, type, name = subject, private: isPrivate = false } = init;
  assertSubject(subject);
  assertExportType(type);
  if (typeof isPrivate !== "boolean") throw invalid("private must be true or false");
  const { description, infoUrl, responseThreshold, latency, accountTokenPosition, allowTrace } = init;
  if (accountTokenPosition !== undefined && isPrivate) {
    throw invalid("accountTokenPosition is for public exports: the subject says who imports");
  }
  const responseType = init.responseType ?? (type === "service" ? "Singleton" : undefined);
  return {
    name,
    subject,
    type,
    ...(isPrivate && { token_req: true }),
    ...(responseType !== undefined && { response_type: responseType }),
    ...(responseThreshold !== undefined && { response_threshold: nanoseconds(responseThreshold) }),
    ...(latency !== undefined && { service_latency: latencyOf(latency) }),
    ...(accountTokenPosition !== undefined && { account_token_position: accountTokenPosition }),
    ...(allowTrace !== undefined && { allow_trace: allowTrace }),
    ...(description !== undefined && { description }),
    ...(infoUrl !== undefined && { info_url: infoUrl }),
  };
}

function latencyOf(latency: NonNullable<ExportInit["latency"]>): NonNullable<Export["service_latency"]> {
  assertKnownOptions(latency, ["results", "sampling"]);
  const { results, sampling } = latency;
  assertSubject(results);
  if (sampling !== "headers" && !(Number.isInteger(sampling) && sampling >= 1 && sampling <= 100)) {
    throw invalid('sampling must be "headers", or a percentage from 1 to 100');
  }
  return { results, sampling };
}

function nanoseconds(text: unknown): Int64 {
  const parsed = parseNanoseconds(text);
  if (parsed === undefined || parsed < 0) throw invalid('responseThreshold must be a duration such as "5s"');
  return parsed;
}

/** What says which export or import is meant, where it has more than one with a subject. */
export interface ExportChoice extends EditOptions {
  readonly type?: ExportType;
}

/** Removes an export. */
export async function removeExport(
  workspace: Workspace,
  path: AccountPath,
  subject: string,
  options: ExportChoice,
): Promise<void> {
  assertKnownOptions(options, ["type", "signer"]);
  const draft = await workspace.draft(path);
  const chosen = theExport(path, draft.claims.nats.exports ?? [], subject, options.type);
  const left = (draft.claims.nats.exports ?? []).filter((entry) => entry !== chosen);
  if (left.length > 0) draft.claims.nats.exports = left;
  else delete draft.claims.nats.exports;
  request(draft, options.signer);
}

/** Changes an export where it stands: what the edit does not name stays, revocations too. */
export async function editExport(
  workspace: Workspace,
  path: AccountPath,
  subject: string,
  edit: (entry: Export) => void,
  options: ExportChoice,
): Promise<void> {
  assertKnownOptions(options, ["type", "signer"]);
  const { type, signer } = options;
  const change = ({ nats }: AccountClaims): void => callEdit(edit, theExport(path, nats.exports ?? [], subject, type));
  await editClaims(workspace, path, change, signer === undefined ? {} : { signer });
}

/** The one export of a subject. */
export function theExport<Entry extends ReadonlyDeep<Export>>(
  path: AccountPath,
  exports: readonly Entry[],
  subject: string,
  type: ExportType | undefined,
): Entry {
  assertSubject(subject);
  if (type !== undefined) assertExportType(type);
  const found = exports.filter((entry) => entry?.subject === subject && (type === undefined || entry.type === type));
  const [chosen] = found;
  const title = `${type ?? "stream or service"} ${JSON.stringify(subject)}`;
  if (chosen === undefined) throw new NscError("ERR_ENTITY_NOT_FOUND", `the ${titleOf(path)} exports no ${title}`);
  if (found.length === 1) return chosen;
  throw invalid(`the ${titleOf(path)} exports both a stream and a service ${JSON.stringify(subject)}: say type`);
}

function findExport(exports: readonly Export[], subject: string, type: ExportType): Export | undefined {
  return exports.find((entry) => entry?.subject === subject && entry.type === type);
}

export function assertSubject(subject: unknown): asserts subject is string {
  if (typeof subject === "string" && subject !== "") return;
  throw invalid("a subject must be a text");
}

export function assertExportType(type: unknown): asserts type is ExportType {
  if (type === "stream" || type === "service") return;
  throw invalid('the type must be "stream" or "service"');
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
