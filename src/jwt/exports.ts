import type { Codec } from "../encoding/json-codec.ts";
import { always, optional, pointer, required, StructCodec } from "../encoding/json-struct.ts";
import { bool, type Int64, int64, map, seconds, text, uint64 } from "../encoding/json-types.ts";
import { type ExportType, exportType } from "./export-type.ts";

/** How a service answers. */
export type ResponseType = "Singleton" | "Stream" | "Chunked";

/** Latency tracking of a service. Go: `ServiceLatency`. */
export interface ServiceLatency {
  /** The share of requests that is measured, 1 to 100 percent, or `"headers"` for those that ask for it by header. */
  sampling: "headers" | number;
  /** The subject that results are published to. */
  results: string;
}

/** What an account offers to others. Go: `Export`. */
export interface Export {
  /** A name for people. */
  name?: string;
  /** The subject, possibly with wildcards. */
  subject: string;
  /** What is exported; validation refuses its absence. */
  type?: ExportType;
  /** Whether importing accounts need an activation token. */
  token_req?: boolean;
  /** By public key of an importing account, or `*`: activations issued at or before that time (seconds) are revoked. */
  revocations?: Record<string, number>;
  /** Services: how they answer; `Singleton` by default. */
  response_type?: ResponseType;
  /** Services: for how long responses are accepted, in nanoseconds. */
  response_threshold?: Int64;
  /** Services: latency tracking. */
  service_latency?: ServiceLatency;
  /** The token of the subject, counted from 1, that is the public key of the importing account. */
  account_token_position?: Int64;
  /** Whether the export is listed publicly; without effect in nats-server. */
  advertise?: boolean;
  /**
   * Services: whether message traces go across.
   *
   * @since nats-server 2.11.0
   */
  allow_trace?: boolean;
  /** For people, at most 8192 bytes. */
  description?: string;
  /** For people: where more is said, at most 8192 bytes. */
  info_url?: string;
}

/** Go: `SamplingRate`, whose zero is `"headers"`. */
const samplingRate: Codec<"headers" | number> = {
  read(reader, previous) {
    if (reader.tryNull()) return "headers";
    if (reader.peek() === "string") {
      // Go looks at the text as it stands, so a letter that is written as an escape is not that letter.
      if (reader.skipValue().toLowerCase() === '"headers"') return "headers";
      reader.noteWrong('"headers" or an integer');
      return previous;
    }
    const rate = int64.read(reader, undefined);
    return rate === undefined || rate === 0 ? "headers" : (rate as number);
  },
  write(value, writer) {
    if (value === undefined || value === 0) return '"headers"';
    if (typeof value === "string" && value.toLowerCase() === "headers") return '"headers"';
    if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "string") {
      return writer.refuse("ERR_CLAIMS_TYPE", 'must be "headers" or a percentage');
    }
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 100) return String(value);
    return writer.refuse("ERR_CLAIMS_VALUE", 'is an unknown sampling rate: it must be "headers" or from 1 to 100');
  },
  isEmpty: () => false,
  zero: () => "headers",
};

export const exportCodec: StructCodec<Export> = new StructCodec<Export>({
  name: optional(text),
  subject: required(text),
  type: optional(exportType),
  token_req: optional(bool),
  revocations: optional(map(seconds)),
  response_type: optional(text as Codec<ResponseType>),
  response_threshold: optional(int64),
  service_latency: optional(
    pointer(new StructCodec<ServiceLatency>({ sampling: always(samplingRate), results: always(text) })),
  ),
  account_token_position: optional(uint64),
  advertise: optional(bool),
  allow_trace: optional(bool),
  description: optional(text),
  info_url: optional(text),
});
