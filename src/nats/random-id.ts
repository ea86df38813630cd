import { encodeBase64Url } from "../encoding/base64url.ts";

/** 96 random bits as a token of a subject, which nobody else has or guesses. */
export function randomId(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(12)));
}
