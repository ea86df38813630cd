import { compareUtf8 } from "./go-text.ts";
import { assertPlainObject, type Codec, isEmptyMap, setOwn } from "./json-codec.ts";
import { quoteJson } from "./json-string.ts";

export const text: Codec<string> = {
  read(reader, previous) {
    if (reader.tryNull()) return previous;
    if (reader.peek() === "string") return reader.readString();
    reader.mismatch("a string");
    return previous;
  },
  write(value, writer) {
    if (value === undefined) return '""';
    if (typeof value !== "string") return writer.refuse("ERR_CLAIMS_TYPE", "must be a string");
    return quoteJson(value);
  },
  isEmpty: (value) => value === undefined || value === null || value === "",
  zero: () => "",
};

export const bool: Codec<boolean> = {
  read(reader, previous) {
    if (reader.tryNull()) return previous;
    if (reader.peek() === "bool") return reader.readBool();
    reader.mismatch("true or false");
    return previous;
  },
  write(value, writer) {
    if (value === undefined) return "false";
    if (typeof value !== "boolean") return writer.refuse("ERR_CLAIMS_TYPE", "must be true or false");
    return String(value);
  },
  isEmpty: (value) => value === undefined || value === null || value === false,
  zero: () => false,
};

/** What Go holds as a 64-bit integer: a number as long as that is exact, a bigint beyond 2^53. */
export type Int64 = number | bigint;

function integer<T extends Int64>(least: bigint, most: bigint): Codec<T> {
  const needed = `an integer from ${least} to ${most}`;
  const signed = least < 0n;
  const fits = (value: bigint) => value >= least && value <= most;
  return {
    read(reader, previous) {
      if (reader.tryNull()) return previous;
      if (reader.peek() !== "number") {
        reader.mismatch("an integer");
        return previous;
      }
      const digits = reader.readNumber();
      // Fifteen digits are exact, so most numbers need no bigint. Go takes no sign where there is none to take, not even -0.
      if ((signed ? /^-?\d+$/ : /^\d+$/).test(digits)) {
        const value = digits.length <= 15 ? Number(digits) : BigInt(digits);
        if (fits(BigInt(value))) {
          const small = Number(value);
          // Number("-0") would be told apart from 0 by some comparisons.
          return (Number.isSafeInteger(small) ? small + 0 : value) as T;
        }
      }
      reader.noteWrong(needed);
      return previous;
    },
    write(value, writer) {
      if (value === undefined) return "0";
      if (typeof value === "number") {
        if (!Number.isSafeInteger(value)) {
          return writer.refuse("ERR_CLAIMS_INTEGER", "is no exact integer: use a bigint beyond 2^53");
        }
        if (!fits(BigInt(value))) return writer.refuse("ERR_CLAIMS_INTEGER", `must be ${needed}`);
        return String(value);
      }
      if (typeof value !== "bigint") return writer.refuse("ERR_CLAIMS_TYPE", "must be an integer");
      if (!fits(value)) return writer.refuse("ERR_CLAIMS_INTEGER", `must be ${needed}`);
      return String(value);
    },
    isEmpty: (value) => value === undefined || value === null || value === 0 || value === 0n,
    zero: () => 0 as T,
  };
}

export const int64: Codec<Int64> = /* @__PURE__ */ integer<Int64>(-(2n ** 63n), 2n ** 63n - 1n);
export const uint64: Codec<Int64> = /* @__PURE__ */ integer<Int64>(0n, 2n ** 64n - 1n);
export const uint8: Codec<number> = /* @__PURE__ */ integer<number>(0n, 255n);
/** Seconds since 1970 and small counts. Beyond 2^53, where no real one is, it is a bigint whatever the type says. */
export const seconds: Codec<number> = int64 as Codec<number>;

export function list<T>(element: Codec<T>): Codec<T[]> {
  return {
    read(reader, previous) {
      if (reader.tryNull()) return undefined;
      if (reader.peek() !== "array") {
        reader.mismatch("a list");
        return previous;
      }
      // A repeated key overwrites the former list element by element, on top of what is there.
      const out: T[] = previous ?? [];
      const backing = (reader.backing.get(out) ?? out) as T[];
      let length = 0;
      reader.enterArray();
      while (reader.nextElement(length === 0)) {
        reader.path.push(length);
        const item = (element.read(reader, backing[length] ?? undefined) ?? element.zero?.() ?? null) as T;
        backing[length] = item;
        out[length] = item;
        reader.path.pop();
        length += 1;
      }
      if (length === 0) reader.backing.delete(out);
      else if (length < out.length && backing === out) reader.backing.set(out, out.slice());
      out.length = length;
      return out;
    },
    write(value, writer) {
      if (value === undefined || value === null) return "null";
      if (!Array.isArray(value)) return writer.refuse("ERR_CLAIMS_TYPE", "must be a list");
      let out = "";
      for (let i = 0; i < value.length; i++) {
        writer.path.push(i);
        const item: unknown = value[i];
        if (item === undefined) writer.refuse("ERR_CLAIMS_TYPE", "is missing");
        out += (i === 0 ? "" : ",") + element.write(item, writer);
        writer.path.pop();
      }
      return `[${out}]`;
    },
    isEmpty: (value) => value === undefined || value === null || (Array.isArray(value) && value.length === 0),
  };
}

/** A map from free keys; written in the order of its keys' UTF-8 bytes. */
export function map<T>(element: Codec<T>): Codec<Record<string, T>> {
  return {
    read(reader, previous) {
      if (reader.tryNull()) return undefined;
      if (reader.peek() !== "object") {
        reader.mismatch("an object");
        return previous;
      }
      const out: Record<string, T> = previous ?? {};
      reader.enterObject();
      for (let key = reader.nextKey(true); key !== undefined; key = reader.nextKey(false)) {
        reader.path.push(key);
        setOwn(out, key, (element.read(reader, undefined) ?? element.zero?.() ?? null) as T);
        reader.path.pop();
      }
      return out;
    },
    write(value, writer) {
      if (value === undefined || value === null) return "null";
      assertPlainObject(value, writer);
      let out = "";
      for (const key of Object.keys(value).sort(compareUtf8)) {
        writer.path.push(key);
        const item = value[key];
        if (item === undefined) writer.refuse("ERR_CLAIMS_TYPE", "is undefined");
        out += `${out === "" ? "" : ","}${quoteJson(key)}:${element.write(item, writer)}`;
        writer.path.pop();
      }
      return `{${out}}`;
    },
    isEmpty: isEmptyMap,
  };
}
