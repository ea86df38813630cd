import { JsonReader } from "../encoding/json-reader.ts";
import { type Claims, KINDS, type KindEntry } from "./kinds.ts";
import { toJson } from "./to-json.ts";

/** Claims as they would be read back, so that neither side sees what the other changes. Unknown members come along. */
export function copyClaims<C extends Claims>(claims: C): C {
  const entry: KindEntry = KINDS[claims.nats.type] as KindEntry;
  const copy = entry.claims.read(new JsonReader(toJson(claims)), undefined) ?? entry.claims.zero();
  entry.settle?.(copy);
  copy.nats.type = claims.nats.type;
  return copy as C;
}
