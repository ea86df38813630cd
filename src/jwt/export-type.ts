import { quoteGo } from "../encoding/go-text.ts";
import type { Codec } from "../encoding/json-codec.ts";
import { NscError } from "../errors.ts";

/** What is exported or imported. */
export type ExportType = "stream" | "service";

/** Go: `ExportType`. It refuses other texts, null among them, at once and not when the rest was read. */
export const exportType: Codec<ExportType> = {
  read(reader, previous) {
    const isNull = reader.tryNull();
    if (!isNull && reader.peek() !== "string") {
      reader.mismatch('"stream" or "service"');
      return previous;
    }
    const name = isNull ? "" : reader.readString();
    if (name === "stream" || name === "service") return name;
    return reader.fail(new NscError("ERR_JSON_TYPE", `unknown export type ${quoteGo(name)}`));
  },
  write(value, writer) {
    if (value === "stream" || value === "service") return `"${value}"`;
    if (typeof value !== "string") return writer.refuse("ERR_CLAIMS_TYPE", 'must be "stream" or "service"');
    throw new NscError("ERR_CLAIMS_VALUE", `unknown export type ${quoteGo(value)}`);
  },
  isEmpty: (value) => value === undefined || value === null,
};
