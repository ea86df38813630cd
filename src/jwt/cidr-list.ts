import { toGoLower, trimGoSpace } from "../encoding/go-text.ts";
import type { Codec } from "../encoding/json-codec.ts";
import { list, text } from "../encoding/json-types.ts";

const strings: Codec<string[]> = list(text);

/** A list of networks, which older tokens hold as one string with commas. Go: `CIDRList`. */
export const cidrList: Codec<string[]> = {
  read(reader, previous) {
    if (reader.tryNull()) return undefined;
    switch (reader.peek()) {
      case "array":
        return strings.read(reader, undefined);
      case "string":
        return splitCidrs(reader.readString());
      default:
        reader.mismatch("a list of networks or a string");
        return previous;
    }
  },
  write: (value, writer) => strings.write(value, writer),
  isEmpty: (value) => strings.isEmpty(value),
};

/** Go: `CIDRList.Set`. */
function splitCidrs(text: string): string[] {
  const networks = toGoLower(text).split(",").map(trimGoSpace);
  return [...new Set(networks.filter((network) => network !== ""))];
}
