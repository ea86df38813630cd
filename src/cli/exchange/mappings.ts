import { setOwn } from "../../encoding/json-codec.ts";
import type { AccountNats, WeightedMapping } from "../../jwt/account.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";

/** Which destinations of a source are meant: all of them, those of a cluster, or one. */
export interface MappingChoice {
  readonly from: string;
  readonly to?: string | undefined;
  readonly cluster?: string | undefined;
}

/** The destinations of a source that are meant. */
export function destinationsOf(
  { mappings = {} }: ReadonlyDeep<AccountNats>,
  { from, to, cluster }: MappingChoice,
): readonly ReadonlyDeep<WeightedMapping>[] {
  const there = Object.hasOwn(mappings, from) ? (mappings[from] ?? []) : [];
  if (to === undefined) return there.filter((entry) => cluster === undefined || clusterOf(entry) === cluster);
  return there.filter((entry) => entry.subject === to && clusterOf(entry) === (cluster ?? ""));
}

/** Gives a source a destination, in place of the one with the same subject and cluster. */
export function setMapping(nats: AccountNats, from: string, added: WeightedMapping): void {
  nats.mappings ??= {};
  const there = Object.hasOwn(nats.mappings, from) ? (nats.mappings[from] ?? []) : [];
  const isSame = (entry: WeightedMapping) => entry.subject === added.subject && clusterOf(entry) === clusterOf(added);
  const isChange = there.some(isSame);
  setOwn(nats.mappings, from, isChange ? there.map((entry) => (isSame(entry) ? added : entry)) : [...there, added]);
}

/** Takes destinations from a source, and the source when it has none left. */
export function removeMappings(nats: AccountNats, choice: MappingChoice): void {
  const { mappings } = nats;
  if (mappings === undefined) return;
  const meant = destinationsOf(nats, choice);
  const { from, to, cluster } = choice;
  const left = (Object.hasOwn(mappings, from) ? (mappings[from] ?? []) : []).filter((entry) => !meant.includes(entry));
  if (left.length > 0) setOwn(mappings, from, left);
  else if (meant.length > 0 || (to === undefined && cluster === undefined)) delete mappings[from];
  if (Object.keys(mappings).length === 0) delete nats.mappings;
}

function clusterOf({ cluster = "" }: ReadonlyDeep<WeightedMapping>): string {
  return cluster;
}
