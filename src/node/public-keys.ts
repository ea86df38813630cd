import { defaultEngine } from "../crypto/engine.ts";
import { decodeUtf8 } from "../encoding/bytes.ts";
import { signingKeyOf } from "../jwt/signing-keys.ts";
import { keyPrefix } from "../nkeys/codec.ts";
import { isKeyKind } from "../nkeys/kinds.ts";

/** The keys of the entity of a token: its identity, its signing keys, and the one that authorization requests are sealed for. */
export interface EntityKeys {
  readonly identity: string | undefined;
  readonly signingKeys: readonly string[];
  readonly curve: string | undefined;
}

/** What may name keys, in claims of which nothing is certain. */
interface KeyHolder {
  readonly signing_keys?: unknown;
  readonly authorization?: { readonly xkey?: unknown } | null;
}

export function keysOfClaims(claims: { readonly sub?: unknown; readonly nats?: unknown }): EntityKeys {
  const { sub } = claims;
  const nats = claims.nats as KeyHolder | null | undefined;
  const keys: unknown = nats?.signing_keys;
  const signingKeys = Array.isArray(keys) ? keys.map(keyText).filter(isPublic) : [];
  const xkey = nats?.authorization?.xkey;
  return { identity: isPublic(sub) ? sub : undefined, signingKeys, curve: isPublic(xkey) ? xkey : undefined };
}

/** The keys that a token names, without any check of its signature; nothing if it can't be read. */
export function keysOfToken(token: string): EntityKeys | undefined {
  const bytes = defaultEngine.decodeBase64Url(token.split(".", 2)[1] ?? "");
  if (typeof bytes === "number") return undefined;
  try {
    const claims: unknown = JSON.parse(decodeUtf8(bytes));
    return typeof claims === "object" && claims !== null ? keysOfClaims(claims) : undefined;
  } catch {
    return undefined;
  }
}

export function allKeys({ identity, signingKeys, curve }: EntityKeys): string[] {
  return [identity, ...signingKeys, curve].filter((key) => key !== undefined);
}

function keyText(key: unknown): unknown {
  return typeof key === "object" && key !== null ? signingKeyOf(key as { readonly key: string }) : key;
}

function isPublic(key: unknown): key is string {
  return typeof key === "string" && isKeyKind(keyPrefix(key));
}
