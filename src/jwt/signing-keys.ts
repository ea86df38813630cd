import { compareUtf8, quoteGo } from "../encoding/go-text.ts";
import { readAny, writeAny } from "../encoding/json-any.ts";
import { assertPlainObject, type Codec, JsonWriter } from "../encoding/json-codec.ts";
import { JsonReader } from "../encoding/json-reader.ts";
import { quoteJson } from "../encoding/json-string.ts";
import { always, StructCodec } from "../encoding/json-struct.ts";
import { text } from "../encoding/json-types.ts";
import { NscError } from "../errors.ts";
import { type UserPermissionLimits, userPermissionLimits } from "./limits.ts";

/** A signing key whose users all get the permissions and limits of its template: a role. Go: `UserScope`. */
export interface UserScope {
  kind: "user_scope";
  /** Public key of the signing key. */
  key: string;
  /** Name of the role. */
  role: string;
  /**
   * What users of the role may do. Subjects may hold variables such as `{{name()}}`. Limits that are absent are
   * unlimited here, unlike elsewhere; a limit of 0 is left out on the wire and so reads as unlimited.
   */
  template: UserPermissionLimits;
  /** For people. */
  description: string;
}

/** A key that may sign for an account: its public key alone, or with a scope. */
export type SigningKey = string | UserScope;

/** Go: `NewUserScope`, the state that a scope is read into. */
const UNLIMITED: Partial<UserPermissionLimits> = { subs: -1, data: -1, payload: -1 };

const scope: StructCodec<UserScope> = new StructCodec<UserScope>({
  kind: always(text as Codec<"user_scope">),
  key: always(text),
  role: always(text),
  template: always(new StructCodec<UserPermissionLimits>(userPermissionLimits, { presets: UNLIMITED })),
  description: always(text),
});

/** The public key of a signing key, scoped or not. */
export function signingKeyOf(key: string | { readonly key: string }): string {
  return typeof key === "string" ? key : key.key;
}

/** Go: `SigningKeys`, a map by key that is a list on the wire. */
export const signingKeys: Codec<SigningKey[]> = {
  read(reader, previous) {
    if (reader.tryNull()) return previous;
    if (reader.peek() !== "array") {
      reader.mismatch("a list");
      return previous;
    }
    // In the order of the text: sorting for each repetition would take minutes for a hostile one.
    const keys = previous ?? [];
    let failed = false;
    reader.enterArray();
    for (let index = 0; reader.nextElement(index === 0); index++) {
      reader.path.push(index);
      const kind = reader.peek();
      if (kind === "string") keys.push(reader.readString());
      else if (kind === "object" && !failed) {
        const read = readScope(reader);
        if (read === undefined) failed = true;
        else keys.push(read);
      } else {
        // Go passes over elements of other types.
        reader.skipValue();
      }
      reader.path.pop();
    }
    return keys;
  },
  write(value, writer) {
    if (!Array.isArray(value)) return writer.refuse("ERR_CLAIMS_TYPE", "must be a list of keys and scopes");
    const texts = new Map<string, string>();
    for (const [index, key] of (value as unknown[]).entries()) {
      writer.path.push(index);
      if (typeof key === "string") texts.set(key, quoteJson(key));
      else {
        assertPlainObject(key, writer);
        assertScopeKind(key["kind"], key["type"]);
        texts.set(typeof key["key"] === "string" ? key["key"] : "", scope.write(key, writer));
      }
      writer.path.pop();
    }
    return `[${[...texts.keys()]
      .sort(compareUtf8)
      .map((key) => texts.get(key))
      .join(",")}]`;
  },
  isEmpty: (value) => value === undefined || value === null || (Array.isArray(value) && value.length === 0),
};

/** Go reads a scope into free data first, in which all numbers are floats, and that again into the structure. */
function readScope(reader: JsonReader): UserScope | undefined {
  const data = readAny(reader) as Record<string, unknown>;
  try {
    assertScopeKind(own(data, "kind"), own(data, "type"));
    const again = new JsonReader(writeAny(data, new JsonWriter(true)));
    again.path.push(...reader.path);
    const read = scope.read(again, undefined) as UserScope;
    again.end();
    // The kind that was looked at above has its exact name; another spelling of the name may come after it.
    if (read.kind !== "user_scope") {
      throw new NscError("ERR_CLAIMS_VALUE", `unknown scope type ${quoteGo(read.kind)}`);
    }
    return read;
  } catch (error) {
    reader.note(error as NscError);
    return undefined;
  }
}

/** By a slip in Go the message names another member than the one that is wrong. */
function assertScopeKind(kind: unknown, type: unknown): void {
  if (kind === "user_scope") return;
  const named = typeof type === "string" ? quoteGo(type) : "%!q(<nil>)";
  throw new NscError("ERR_CLAIMS_VALUE", `unknown signing key scope ${named}`);
}

function own(data: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}

/** The map that Go has once all is read, in the order in which it is written; the last of several with one key counts. */
export function settleSigningKeys(keys: readonly SigningKey[]): SigningKey[] {
  const byKey = new Map(keys.map((key) => [signingKeyOf(key), key]));
  return [...byKey.keys()].sort(compareUtf8).map((key) => byKey.get(key) as SigningKey);
}
