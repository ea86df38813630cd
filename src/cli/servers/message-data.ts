import { Buffer } from "node:buffer";
import { escapeUnprintable } from "../../encoding/go-text.ts";

/** What a message holds, for people: as it is, but nothing in it talks to the terminal. */
export function messageText(data: Uint8Array): string {
  return Buffer.from(data)
    .toString("utf8")
    .split("\n")
    .map((line) => line.split("\t").map(escapeUnprintable).join("\t"))
    .join("\n");
}

/** What a message holds, for programs. */
export function messageData(data: Uint8Array): { readonly data: string } | { readonly data_base64: string } {
  try {
    return { data: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    return { data_base64: Buffer.from(data).toString("base64") };
  }
}
