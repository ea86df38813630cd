import { encodeBase64Url } from "../../src/encoding/base64url.ts";
import { decodeUtf8, encodeUtf8 } from "../../src/encoding/bytes.ts";

/** How many accounts are counted in. */
export const ACCOUNTS = 4;

/** A text that is a token as far as a store looks, with counts by name. */
export function tokenOf(subject: string, counts: Readonly<Record<string, number>>): string {
  return `e30.${encodeBase64Url(encodeUtf8(JSON.stringify({ sub: subject, counts })))}.c2ln`;
}

/** The counts of a token. */
export function countsOf(token: string | undefined): Readonly<Record<string, number>> {
  const payload = Buffer.from(token?.split(".")[1] ?? "e30", "base64url");
  return (JSON.parse(decodeUtf8(payload)) as { counts?: Record<string, number> }).counts ?? {};
}
