import { foldName, isReadableName } from "../../node/names.ts";
import type { ConfiguredEntity } from "./server-config-text.ts";

/**
 * The names of the files of tokens in one folder, one for each entity. They are made of names that may hold anything and may be
 * the same: in nsc the token of an account that is called as its operator overwrites that of the operator.
 */
export function tokenFileNames(entities: readonly Pick<ConfiguredEntity, "name" | "publicKey">[]): readonly string[] {
  const taken = new Set<string>();
  return entities.map(({ name, publicKey }) => {
    const isUsable = isReadableName(name) && !taken.has(foldName(name));
    const own = isUsable ? name : publicKey;
    taken.add(foldName(own));
    return `${own}.jwt`;
  });
}
