import { isNscError } from "../../errors.ts";
import { decodeUnverified, HEADER } from "../../jwt/decode.ts";

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
  const head = quickHead(token, kind);
  if (head !== undefined) return head;
  try {
    const { name = "", sub } = decodeUnverified(token, kind);
    return { name, publicKey: sub };
  } catch (error) {
    if (!isNscError(error)) throw error;
    return { problem: error.message };
  }
}

/** The head of a token that is as tokens of today are: a tenth of the work. Whatever else it may be is read by the rules. */
function quickHead(token: string, kind: string): TokenHead | undefined {
  const [header, payload, signature, ...rest] = token.split(".");
  if (header !== HEADER || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  try {
    const { name, sub, nats } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    const isUsual = typeof name === "string" && typeof sub === "string" && nats?.type === kind && nats.version === 2;
    return isUsual ? { name, publicKey: sub } : undefined;
  } catch {
    return undefined;
  }
}
