import { defaultEngine } from "../crypto/engine.ts";
import { decodeUtf8 } from "../encoding/bytes.ts";

/** The subject of a token, without any check of its signature; nothing if it can't be read. */
export function subjectOf(token: string): string | undefined {
  const bytes = defaultEngine.decodeBase64Url(token.split(".", 2)[1] ?? "");
  if (typeof bytes === "number") return undefined;
  try {
    const claims = JSON.parse(decodeUtf8(bytes)) as { readonly sub?: unknown } | null;
    return typeof claims?.sub === "string" && claims.sub !== "" ? claims.sub : undefined;
  } catch {
    return undefined;
  }
}
