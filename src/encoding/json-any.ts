import { NscError } from "../errors.ts";
import { compareUtf8 } from "./go-text.ts";
import { assertPlainObject, type JsonWriter, setOwn } from "./json-codec.ts";
import { isNullEntry } from "./json-null.ts";
import { describePath, type JsonReader } from "./json-reader.ts";
import { quoteJson } from "./json-string.ts";

/** Free data: what JSON can hold. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | { [name: string]: JsonValue };

/**
 * Reads a value of any type as Go reads into an `any`: all numbers are 64-bit floats, unless integers that these can't hold
 * are to be exact. Does not recurse.
 */
export function readAny(reader: JsonReader, exact = false): JsonValue {
  const open: { target: JsonValue[] | { [name: string]: JsonValue }; key: string; first: boolean }[] = [];
  for (;;) {
    let value = readScalar(reader, exact);
    if (value === undefined) {
      const isObject = reader.peek() === "object";
      if (isObject) reader.enterObject();
      else reader.enterArray();
      open.push({ target: isObject ? {} : [], key: "", first: true });
    }
    // Stores what is complete in what surrounds it, until another value is to be read.
    for (;;) {
      const frame = open[open.length - 1];
      if (frame === undefined) return value as JsonValue;
      if (value !== undefined) {
        if (Array.isArray(frame.target)) frame.target.push(value);
        else setOwn(frame.target, frame.key, value);
        value = undefined;
      }
      const { first } = frame;
      frame.first = false;
      if (Array.isArray(frame.target)) {
        if (reader.nextElement(first)) break;
      } else {
        const key = reader.nextKey(first);
        if (key !== undefined) {
          frame.key = key;
          break;
        }
      }
      value = frame.target;
      open.pop();
    }
  }
}

function readScalar(reader: JsonReader, exact: boolean): JsonValue | undefined {
  switch (reader.peek()) {
    case "null":
      reader.tryNull();
      return null;
    case "bool":
      return reader.readBool();
    case "string":
      return reader.readString();
    case "number": {
      const digits = reader.readNumber();
      const value = Number(digits);
      if (exact && !Number.isSafeInteger(value) && /^-?[0-9]+$/.test(digits)) return BigInt(digits);
      if (Number.isFinite(value)) return value;
      reader.note(new NscError("ERR_JSON_TYPE", `${describePath(reader.path)} holds a number that is too large`));
      return 0;
    }
    default:
      return undefined;
  }
}

/** Writes free data as Go does: members ordered by their UTF-8 bytes, floats as JavaScript writes them. Does not recurse. */
export function writeAny(root: unknown, writer: JsonWriter): string {
  let out = "";
  const open: { items: readonly unknown[]; keys: readonly string[] | undefined; next: number }[] = [];
  let value = root;
  for (;;) {
    const scalar = writeScalar(value, writer);
    if (scalar !== undefined) out += scalar;
    else {
      // Deeper than any reader accepts, so also the way out of data that contains itself.
      if (open.length >= 10_000)
        throw new NscError("ERR_JSON_DEPTH", `${describePath(writer.path)} is nested too deeply`);
      if (Array.isArray(value)) {
        out += "[";
        open.push({ items: value, keys: undefined, next: 0 });
      } else {
        assertPlainObject(value, writer);
        const data = value;
        const keys = Object.keys(data)
          .filter((key) => data[key] !== undefined)
          .sort(compareUtf8);
        out += "{";
        open.push({ items: keys.map((key) => data[key]), keys, next: 0 });
      }
    }
    for (;;) {
      const frame = open[open.length - 1];
      if (frame === undefined) return out;
      const index = frame.next++;
      if (index < frame.items.length) {
        if (index > 0) out += ",";
        if (frame.keys !== undefined) out += `${quoteJson(frame.keys[index] as string)}:`;
        value = frame.items[index];
        break;
      }
      out += frame.keys === undefined ? "]" : "}";
      open.pop();
    }
  }
}

function writeScalar(value: unknown, writer: JsonWriter): string | undefined {
  switch (typeof value) {
    case "string":
      return quoteJson(value);
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      if (!Number.isFinite(value)) return writer.refuse("ERR_CLAIMS_VALUE", `holds ${value}, which JSON can't`);
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      return isNullEntry(value) ? "null" : undefined;
    default:
      return writer.refuse("ERR_CLAIMS_TYPE", `holds a value of type ${typeof value}, which JSON can't`);
  }
}
