import { parseGoInteger } from "../../encoding/go-time.ts";
import type { JsonValue } from "../../encoding/json-any.ts";
import { CommandError } from "../command-error.ts";
import { quote } from "../text/quote.ts";
import { formatJsonLine } from "./payload.ts";

/**
 * What is at a path such as `nats.signing_keys[0].role`; `null` for a member that is not there. nsc: `GetField`.
 *
 * @throws CommandError
 */
export function readField(data: JsonValue, path: string): JsonValue {
  let value = data;
  for (const step of stepsOf(path)) value = take(value, step, path);
  return value;
}

function stepsOf(path: string): readonly string[] {
  return path.split(".").flatMap((segment) => {
    const [name = "", ...indexes] = segment.split("[");
    if (indexes.length === 0) return [name];
    const steps = indexes.map((index) => /^([^\]]*)\](.*)$/s.exec(index));
    if (steps.includes(null)) {
      throw invalid(`bad path - unterminated index expression: ${quote(segment)} in ${quote(path)}`);
    }
    const rest = steps.find((step) => step?.[2] !== "");
    if (rest !== undefined) throw invalid(`bad path - ${quote(rest?.[2] ?? "")} after an index in ${quote(path)}`);
    return [name, ...steps.map((step) => step?.[1] as string)];
  });
}

function take(value: JsonValue, step: string, path: string): JsonValue {
  if (Array.isArray(value)) {
    const index = parseGoInteger(step);
    if (index === undefined) throw invalid(`error parsing index: ${quote(step)} in ${quote(path)}`);
    if (index < 0n || index >= value.length) throw invalid(`index is out of bounds: ${index} in ${quote(path)}`);
    return value[Number(index)] as JsonValue;
  }
  if (typeof value === "object" && value !== null)
    return Object.hasOwn(value, step) ? (value[step] as JsonValue) : null;
  const shown = value === null ? "<nil>" : typeof value === "string" ? value : formatJsonLine(value);
  throw invalid(`unable to extract ${quote(step)} in ${quote(path)} from ${shown}`);
}

function invalid(message: string): CommandError {
  return new CommandError(message, {
    code: "ERR_FIELD_PATH",
    hint: "a path is names with a dot between them, such as nats.limits.conn or nats.signing_keys[0]",
  });
}
