import { type JsonValue, readAny, writeAny } from "../encoding/json-any.ts";
import { assertPlainObject, type Codec, isEmptyMap, setOwn } from "../encoding/json-codec.ts";
import { optional, StructCodec } from "../encoding/json-struct.ts";
import { list, seconds, text } from "../encoding/json-types.ts";
import { type CommonClaims, commonClaims } from "./common.ts";

/** Claims of a kind that NATS does not know. Go: `GenericClaims`. */
export interface GenericClaims extends CommonClaims {
  /** Free data. Its `version` is set by `encodeGeneric`; without the object nothing is written. */
  nats?: { [name: string]: JsonValue };
}

/** The free data of generic claims: a map, in which repeated objects merge. */
const freeData: Codec<{ [name: string]: JsonValue }> = {
  read(reader, previous) {
    if (reader.tryNull()) return undefined;
    if (reader.peek() !== "object") {
      reader.mismatch("an object");
      return previous;
    }
    const data = readAny(reader) as { [name: string]: JsonValue };
    if (previous === undefined) return data;
    for (const [name, value] of Object.entries(data)) setOwn(previous, name, value);
    return previous;
  },
  write(value, writer) {
    assertPlainObject(value, writer);
    return writeAny(value, writer);
  },
  isEmpty: isEmptyMap,
};

export const genericCodec: StructCodec<GenericClaims> = new StructCodec<GenericClaims>({
  ...commonClaims,
  nats: optional(freeData),
});

/** What a version 1 token has at its top level besides the common claims. */
interface Version1Generic extends GenericClaims {
  tags?: string[];
  type?: string;
  version?: number;
}

export const version1GenericCodec: StructCodec<Version1Generic> = new StructCodec<Version1Generic>(
  {
    ...commonClaims,
    nats: optional(freeData),
    tags: optional(list(text)),
    type: optional(text),
    version: optional(seconds),
  },
  { dropUnknown: true },
);
