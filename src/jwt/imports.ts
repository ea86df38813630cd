import { optional, required, StructCodec } from "../encoding/json-struct.ts";
import { bool, text } from "../encoding/json-types.ts";
import { type ExportType, exportType } from "./export-type.ts";

/** What an account imports from another. Go: `Import`. */
export interface Import {
  /** A name for people. */
  name?: string;
  /** The subject as the exporting account has it. */
  subject: string;
  /** Public key of the exporting account. */
  account: string;
  /** Activation token, if the export asks for one. */
  token?: string;
  /** Deprecated: the local subject. Use `local_subject`. */
  to?: string;
  /** The subject in this account; `$1` and so on refer to the wildcards of `subject`. */
  local_subject?: string;
  /** What is imported; validation refuses its absence. */
  type?: ExportType;
  /** Services: whether to share information about the requester for latency tracking. */
  share?: boolean;
  /**
   * Streams: whether message traces go across.
   *
   * @since nats-server 2.11.0
   */
  allow_trace?: boolean;
}

export const importCodec: StructCodec<Import> = new StructCodec<Import>({
  name: optional(text),
  subject: required(text),
  account: required(text),
  token: optional(text),
  to: optional(text),
  local_subject: optional(text),
  type: optional(exportType),
  share: optional(bool),
  allow_trace: optional(bool),
});

/**
 * The subjects of an import, as servers read them: in the exporting account, and in its own, where `$1` and so on may stand
 * for wildcards. The deprecated `to` is the subject there of a service, and a prefix here of a stream. nats-server:
 * `updateAccountClaimsWithRefresh`.
 */
export function importSubjects({ subject, type, to = "", local_subject: local = "" }: Omit<Import, "account">): {
  readonly remote: string;
  readonly local: string;
} {
  if (local !== "") return { remote: subject, local };
  if (to === "") return { remote: subject, local: subject };
  return type === "service" ? { remote: to, local: subject } : { remote: subject, local: `${to}.${subject}` };
}
