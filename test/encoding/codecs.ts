import { type Codec, JsonWriter } from "../../src/encoding/json-codec.ts";
import { JsonReader } from "../../src/encoding/json-reader.ts";

/** Reads a whole text; nothing where Go would leave the zero value. */
export function read<T>(codec: Codec<T>, text: string): T | undefined {
  const reader = new JsonReader(text);
  const value = codec.read(reader, undefined);
  reader.end();
  return value;
}

export function write(codec: Codec<unknown>, value: unknown, options: { allowUnknown?: boolean } = {}): string {
  return codec.write(value, new JsonWriter(options.allowUnknown ?? false));
}
