import { decodeBase64Url } from "../../encoding/base64url.ts";
import { decodeUtf8 } from "../../encoding/bytes.ts";
import { type JsonValue, readAny, writeAny } from "../../encoding/json-any.ts";
import { JsonWriter } from "../../encoding/json-codec.ts";
import { JsonReader } from "../../encoding/json-reader.ts";
import { indentJson } from "../../encoding/json-string.ts";
import { isNscError } from "../../errors.ts";
import { CommandError } from "../command-error.ts";

/** What a token says, as it stands there: members that nobody knows, and all digits of large integers. */
export interface Payload {
  readonly [name: string]: JsonValue;
}

/**
 * The payload of a token, whose signature is not looked at. nsc: `bodyAsJson`.
 *
 * @throws CommandError
 */
export function payloadOf(token: string): Payload {
  const chunks = token.trim().split(".");
  if (chunks.length !== 3) throw new CommandError("data is not a jwt", { code: "ERR_TOKEN_INVALID" });
  const bytes = decodeBase64Url(chunks[1] as string);
  if (typeof bytes === "number") {
    throw new CommandError(`error decoding base64: illegal base64 data at input byte ${bytes}`, {
      code: "ERR_TOKEN_INVALID",
    });
  }
  try {
    const reader = new JsonReader(decodeUtf8(bytes));
    if (reader.peek() !== "object")
      throw new CommandError("error parsing json: it is no object", { code: "ERR_SOURCE_INVALID" });
    const payload = readAny(reader, true) as Payload;
    reader.end();
    return payload;
  } catch (cause) {
    if (!isNscError(cause)) throw cause;
    throw new CommandError(`error parsing json: ${cause.message}`, { code: "ERR_TOKEN_INVALID", cause });
  }
}

/** JSON in one line, keys in order, `<`, `>` and `&` escaped. Go: `json.Marshal`. */
export function formatJsonLine(value: unknown): string {
  return writeAny(value, new JsonWriter(true));
}

/**
 * JSON over lines with indentation, keys in order and all characters as they are. Go: an `Encoder` with
 * `SetEscapeHTML(false)`.
 *
 * @param indentation - blanks for each depth; one in most of nsc's output
 */
export function formatJson(value: unknown, indentation = 1): string {
  return indentJson(formatJsonLine(value), indentation).replace(/\\(u003c|u003e|u0026|.)/g, (sequence, code: string) =>
    code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : sequence,
  );
}
