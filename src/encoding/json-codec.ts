import { NscError } from "../errors.ts";
import { describePath, type JsonReader } from "./json-reader.ts";

/**
 * How one type of value is read and written. `undefined` is Go's zero value (or nil); a codec never has to be told
 * apart whether a member was absent or zero.
 */
export interface Codec<T> {
  /**
   * Reads the next value on top of `previous`, as Go does where a key is repeated. That is what the same reader has read
   * before, and is changed in place: copying it for each repetition would take minutes for a hostile text.
   */
  read(reader: JsonReader, previous: T | undefined): T | undefined;
  /** The JSON text of a value that comes from a caller and may be anything. */
  write(value: unknown, writer: JsonWriter): string;
  /** Whether Go's `omitempty` leaves the value out. */
  isEmpty(value: unknown): boolean;
  /** What a member has that is present although it is zero; absent for types whose zero is nil. */
  readonly zero?: () => T;
}

/** The state of one run of the writer. */
export class JsonWriter {
  /** Where the writer stands, for messages. */
  readonly path: (string | number)[] = [];
  /** Whether members that no table knows are written instead of refused. */
  readonly allowUnknown: boolean;

  constructor(allowUnknown: boolean) {
    this.allowUnknown = allowUnknown;
  }

  refuse(code: "ERR_CLAIMS_TYPE" | "ERR_CLAIMS_INTEGER" | "ERR_CLAIMS_VALUE", what: string): never {
    throw new NscError(code, `${describePath(this.path)} ${what}`);
  }
}

/** Refuses anything but an object literal or what JSON.parse makes: the members of others are not all their own. */
export function assertPlainObject(value: unknown, writer: JsonWriter): asserts value is Record<string, unknown> {
  if (!isPlainObject(value)) writer.refuse("ERR_CLAIMS_TYPE", "must be a plain object");
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Object.prototype of this or another realm, or none.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Whether a map is left out. What is no plain object is left to the writer, which refuses it: a `Map`, for one, has no keys
 * and yet holds something.
 */
export function isEmptyMap(value: unknown): boolean {
  return value === undefined || value === null || (isPlainObject(value) && Object.keys(value).length === 0);
}

/** Sets a member of its own whatever its name; an assignment to `__proto__` would set the prototype. */
export function setOwn(target: object, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (target as Record<string, unknown>)[name] = value;
  }
}

/** JSON that stands for a value because it is written already. */
export class WrittenJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
