import { NscError } from "../errors.ts";
import { deepFreeze } from "./freeze.ts";
import { readAny, writeAny } from "./json-any.ts";
import { assertPlainObject, type Codec, type JsonWriter, setOwn, WrittenJson } from "./json-codec.ts";
import { describePath, JsonReader } from "./json-reader.ts";
import { quoteJson } from "./json-string.ts";

/** What a member of a struct is and when it is left out. */
export interface Member<T> {
  readonly codec: Codec<T>;
  /** Go's `omitempty`. */
  readonly omitEmpty: boolean;
  /** Whether the value read always has this member. */
  readonly present: boolean;
  /** Whether an empty list stays apart from an absent one when it is read. */
  readonly keepEmpty: boolean;
}

/** The members of a struct in the order in which Go declares them, which is the order on the wire. */
export type Members<T> = { readonly [K in keyof T]-?: Member<NonNullable<T[K]>> };

/** A member that is left out when it is empty. */
export function optional<T>(codec: Codec<T>): Member<T> {
  return { codec, omitEmpty: true, present: false, keepEmpty: false };
}

/** A list that is left out when it is empty, but whose emptiness is remembered: Go compares such lists with nil. */
export function optionalOrEmpty<T>(codec: Codec<T>): Member<T> {
  return { codec, omitEmpty: true, present: false, keepEmpty: true };
}

/** A member that is left out of the JSON when it is empty, and always there once it was read. */
export function required<T>(codec: Codec<T>): Member<T> {
  return { codec, omitEmpty: true, present: true, keepEmpty: false };
}

/** A member that is always written. */
export function always<T>(codec: Codec<T>): Member<T> {
  return { codec, omitEmpty: false, present: true, keepEmpty: false };
}

/** A member with its name, plain and as it stands in JSON. */
interface NamedMember extends Member<unknown> {
  readonly name: string;
  readonly key: string;
  /** Whether a zero that was read is kept: where its absence would mean something else. */
  readonly keepZero: boolean;
}

/**
 * The members that a struct was read with and that its table does not know, in their order. In an object, names that look
 * like numbers would come first.
 */
type UnknownMembers = Map<string, UnknownMember>;

interface UnknownMember {
  readonly raw: string;
  readonly value: unknown;
}

/** Holds {@link UnknownMembers} on the object they were read with; not enumerable, so it is not part of the data. */
const UNKNOWN = Symbol("members that this version does not know, as they were read");

/** Options of {@link StructCodec}. */
export interface StructOptions<T> {
  /** What members have before anything is read, no lists or objects; none by default. */
  readonly presets?: Partial<T>;
  /** Whether unknown members are passed over instead of kept. */
  readonly dropUnknown?: boolean;
  /** Names that are no members, and are passed over in claims made by hand, where other unknown ones are refused. */
  readonly ignored?: readonly string[];
}

/** A struct: the one place where its members, their order and their rules are known. */
export class StructCodec<T extends object> implements Codec<T> {
  readonly #members: readonly NamedMember[];
  readonly #indexes: ReadonlyMap<string, number>;
  /** The values of the members before anything is read. */
  readonly #presets: readonly unknown[];
  readonly #dropUnknown: boolean;
  readonly #ignored: readonly string[];

  /** @param members - all members, in wire order */
  constructor(members: Members<T>, { presets = {}, dropUnknown = false, ignored = [] }: StructOptions<T> = {}) {
    const entries = Object.entries<Member<unknown>>(members as Record<string, Member<unknown>>);
    this.#members = entries.map(([name, member]) => ({
      ...member,
      name,
      key: `${quoteJson(name)}:`,
      keepZero: member.present || member.keepEmpty || Object.hasOwn(presets, name),
    }));
    this.#indexes = new Map(entries.map(([name], index) => [name, index]));
    this.#presets = entries.map(([name]) => (presets as Record<string, unknown>)[name]);
    this.#dropUnknown = dropUnknown;
    this.#ignored = ignored;
  }

  /** The names of the members, in wire order. */
  get names(): readonly string[] {
    return this.#members.map(({ name }) => name);
  }

  zero(): T {
    return this.#finish(this.#presets, undefined);
  }

  isEmpty(): boolean {
    return false;
  }

  /** A struct of these members, in wire order and without the empty ones that Go leaves out. */
  from(members: Partial<T>): T {
    return this.#finish(this.#slotsOf(members), undefined);
  }

  read(reader: JsonReader, previous: T | undefined): T | undefined {
    if (reader.tryNull()) return previous;
    if (reader.peek() !== "object") {
      reader.mismatch("an object");
      return previous;
    }
    const slots = previous === undefined ? this.#presets.slice() : this.#slotsOf(previous);
    let unknown: UnknownMembers | undefined;
    reader.enterObject();
    for (let key = reader.nextKey(true); key !== undefined; key = reader.nextKey(false)) {
      reader.path.push(key);
      const index = this.#indexes.get(key) ?? this.#indexes.get(foldKey(key));
      if (index !== undefined) {
        slots[index] = (this.#members[index] as NamedMember).codec.read(reader, slots[index] as never);
      } else {
        const raw = reader.skipValue();
        if (!this.#dropUnknown) {
          unknown ??= new Map();
          // What is frozen can't come apart from the raw text that is remembered for it.
          unknown.set(key, { raw, value: deepFreeze(readAny(new JsonReader(raw))) });
        }
      }
      reader.path.pop();
    }
    return this.#finish(slots, unknown, previous);
  }

  write(value: unknown, writer: JsonWriter): string {
    if (value instanceof WrittenJson) return value.text;
    const slots = this.#presets.slice();
    const unknown = this.#fill(slots, value, writer);
    let out = "";
    for (let i = 0; i < slots.length; i++) {
      const member = this.#writeMember(i, slots[i], writer);
      if (member !== undefined) out += out === "" ? member : `,${member}`;
    }
    if (unknown !== "") out += out === "" ? unknown : `,${unknown}`;
    return `{${out}}`;
  }

  /**
   * The texts of the members, with `overrides` in place of what `value` has: those in the table by their place there,
   * `undefined` where one is left out, and the unknown ones together.
   */
  writeMembers(
    value: unknown,
    writer: JsonWriter,
    overrides: { readonly [K in keyof T]?: T[K] | WrittenJson | undefined },
  ): { readonly known: (string | undefined)[]; readonly unknown: string } {
    const slots = this.#presets.slice();
    const unknown = this.#fill(slots, value, writer);
    for (const name of Object.keys(overrides)) {
      slots[this.#indexes.get(name) as number] = overrides[name as keyof T];
    }
    return { known: slots.map((item, index) => this.#writeMember(index, item, writer)), unknown };
  }

  /** The text of a member, or nothing if it is left out. */
  #writeMember(index: number, item: unknown, writer: JsonWriter): string | undefined {
    const member = this.#members[index] as NamedMember;
    const value = item ?? undefined;
    if (member.omitEmpty && member.codec.isEmpty(value)) return undefined;
    writer.path.push(member.name);
    const written = member.key + member.codec.write(value, writer);
    writer.path.pop();
    return written;
  }

  /** Puts the members of a value into their slots, and gives the text of the others. */
  #fill(slots: unknown[], value: unknown, writer: JsonWriter): string {
    if (value === undefined || value === null) return "";
    assertPlainObject(value, writer);
    let added: string[] | undefined;
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (item === undefined) continue;
      const index = this.#indexes.get(key);
      if (index !== undefined) slots[index] = item;
      else if (!this.#ignored.includes(key) || unknownMembers(value)?.has(key)) {
        added ??= [];
        added.push(key);
      }
    }
    return added === undefined ? "" : this.#writeUnknown(value, added, writer);
  }

  #writeUnknown(value: Record<string, unknown>, names: readonly string[], writer: JsonWriter): string {
    const read: UnknownMembers = unknownMembers(value) ?? new Map();
    const out: string[] = [];
    const order = [...read.keys(), ...names.filter((name) => !read.has(name))];
    for (const name of order) {
      // Deleted, or set to undefined, since it was read.
      if (!Object.hasOwn(value, name) || value[name] === undefined) continue;
      const member = read.get(name);
      writer.path.push(name);
      if (member !== undefined && Object.is(member.value, value[name])) {
        out.push(`${quoteJson(name)}:${member.raw}`);
      } else if (writer.allowUnknown) {
        out.push(`${quoteJson(name)}:${writeAny(value[name], writer)}`);
      } else {
        const near = this.#indexes.has(foldKey(name)) ? `; the name is written "${foldKey(name)}"` : "";
        throw new NscError(
          "ERR_CLAIMS_UNKNOWN_FIELD",
          `${describePath(writer.path)} is not a member that NATS claims have here${near}; pass allowUnknown to write it all the same`,
        );
      }
      writer.path.pop();
    }
    return out.join(",");
  }

  #slotsOf(value: Partial<T>): unknown[] {
    const slots = this.#presets.slice();
    for (let i = 0; i < slots.length; i++) {
      const { name } = this.#members[i] as NamedMember;
      if (Object.hasOwn(value, name)) slots[i] = (value as Record<string, unknown>)[name];
    }
    return slots;
  }

  #finish(slots: readonly unknown[], unknown: UnknownMembers | undefined, previous?: T): T {
    const out = (previous ?? {}) as Record<string, unknown>;
    for (let i = 0; i < slots.length; i++) {
      const member = this.#members[i] as NamedMember;
      let value = slots[i];
      if (value === undefined && member.present) value = member.codec.zero?.();
      // A map that was kept before has only gained since. Looking whether it is empty takes as long as it is large, and
      // with that for each repetition of a hostile text.
      if (value !== undefined && value === out[member.name] && !Array.isArray(value)) continue;
      if (value !== undefined && (member.keepZero || !member.codec.isEmpty(value))) out[member.name] = value;
      else if (previous !== undefined) delete out[member.name];
    }
    if (unknown !== undefined) keepUnknown(out, unknown);
    return out as T;
  }
}

/** The texts of the members from a place in the table up to another, without those that are left out. */
export function joinMembers(known: readonly (string | undefined)[], from: number, to: number): string {
  let out = "";
  for (let i = from; i < to; i++) {
    const member = known[i];
    if (member !== undefined) out += out === "" ? member : `,${member}`;
  }
  return out;
}

function unknownMembers(value: object): UnknownMembers | undefined {
  return (value as { [UNKNOWN]?: UnknownMembers })[UNKNOWN];
}

/** Shows unknown members with their parsed values and remembers how they were written. */
function keepUnknown(target: object, unknown: UnknownMembers): void {
  const kept = unknownMembers(target);
  if (kept === undefined) Object.defineProperty(target, UNKNOWN, { value: unknown });
  for (const [name, member] of unknown) {
    setOwn(target, name, member.value);
    kept?.set(name, member);
  }
}

/** The form in which Go compares keys that don't match as they are; two letters beyond ASCII fold into it. */
function foldKey(key: string): string {
  if (!/[A-Z\u017f\u212a]/.test(key)) return key;
  return key
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replaceAll("\u017f", "s")
    .replaceAll("\u212a", "k");
}

/** A struct behind a pointer: absent unless it is set. */
export function pointer<T extends object>(target: StructCodec<T>): Codec<T> {
  return {
    read: (reader, previous) => (reader.tryNull() ? undefined : target.read(reader, previous)),
    write: (value, writer) => target.write(value, writer),
    isEmpty: (value) => value === undefined || value === null,
  };
}
