import { isNscError } from "../errors.ts";
import { decodeUnverified } from "../jwt/decode.ts";

/** What a list shows of a token. */
export interface TokenHead {
  readonly name: string;
  readonly publicKey: string;
}

/** Why a token can't be read. */
export interface UnreadableToken {
  readonly problem: string;
}

/** The name and the key in a token, whose signature is not checked. */
export function headOf(token: string, kind: "operator" | "account" | "user"): TokenHead | UnreadableToken {
  try {
    const { name = "", sub } = decodeUnverified(token, kind);
    return { name, publicKey: sub };
  } catch (error) {
    if (!isNscError(error)) throw error;
    return { problem: error.message };
  }
}
