import { JsonWriter } from "../encoding/json-codec.ts";
import { indentJson } from "../encoding/json-string.ts";
import { NscError } from "../errors.ts";
import { type GenericClaims, genericCodec } from "./generic.ts";
import { type Claims, isClaimKind, KINDS } from "./kinds.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";

/** Options of {@link toJson}. */
export interface ToJsonOptions {
  /** Spaces of indentation, at most 10; 0, which is one line, by default. Go's `String()` has 2. */
  readonly indent?: number;
}

/**
 * The JSON of claims as it stands in a token, with all digits of large integers, which `JSON.stringify` can't write.
 * Members that are unknown are written.
 *
 * @param claims - claims of any kind
 * @param options - the form
 * @throws NscError `ERR_CLAIMS_TYPE`, `ERR_CLAIMS_INTEGER`, `ERR_CLAIMS_VALUE`, and `ERR_ARGUMENT_INVALID` for the
 * indentation
 *
 * @example
 * ```ts
 * import { createKeyPair, createUserClaims, toJson } from "nsc.js";
 *
 * const claims = createUserClaims(createKeyPair("user").publicKey, { nats: { payload: 9007199254740993n } });
 * toJson(claims, { indent: 2 }).includes("9007199254740993"); // true
 * ```
 */
export function toJson(claims: ReadonlyDeep<Claims | GenericClaims>, options: ToJsonOptions = {}): string {
  const { indent = 0 } = options;
  if (!Number.isInteger(indent) || indent < 0 || indent > 10) {
    throw new NscError("ERR_ARGUMENT_INVALID", "indent must be a number of spaces from 0 to 10");
  }
  const type: unknown = (claims as Partial<Claims> | null | undefined)?.nats?.type;
  if (typeof claims !== "object" || claims === null) throw new NscError("ERR_CLAIMS_TYPE", "claims must be an object");
  const codec = isClaimKind(type) ? KINDS[type].claims : genericCodec;
  const json = codec.write(claims, new JsonWriter(true));
  return indent === 0 ? json : indentJson(json, indent);
}
