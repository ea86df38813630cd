import { expect, test } from "vitest";
import { messageData, messageText } from "../../../src/cli/servers/message-data.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test("what a message holds is text where it is one, and base64 else", () => {
  expect(messageData(encode("grüß\n"))).toEqual({ data: "grüß\n" });
  expect(messageData(bytes())).toEqual({ data: "" });
  // A byte order mark is a part of it.
  expect(messageData(bytes(0xef, 0xbb, 0xbf, 0x41))).toEqual({ data: "\ufeffA" });
  expect(messageData(bytes(0xff, 0x00))).toEqual({ data_base64: "/wA=" });
});

test("what is shown of a message does nothing to a terminal", () => {
  expect(messageText(encode("a\tb\nc"))).toBe("a\tb\nc");
  expect(messageText(encode("\u001b[2Jgone"))).toBe("\\x1b[2Jgone");
});
