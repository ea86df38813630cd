import type { StoredAccount } from "./accounts.ts";

/**
 * Accounts in the order in which servers should get them: those that others import from before these, and the system account
 * at the end. What is in one list may be sent at a time. Of accounts that import from each other, none comes first.
 */
export function inPushOrder(
  accounts: readonly StoredAccount[],
  systemAccount: string | undefined,
): readonly (readonly StoredAccount[])[] {
  const byKey = new Map<string, StoredAccount[]>();
  for (const account of accounts) {
    const { publicKey } = account;
    if (publicKey !== systemAccount) byKey.set(publicKey, [...(byKey.get(publicKey) ?? []), account]);
  }
  const levels: StoredAccount[][] = [];
  for (const [publicKey, level] of levelsOf(byKey)) {
    const others = levels[level] ?? [];
    others.push(...(byKey.get(publicKey) ?? []));
    levels[level] = others;
  }
  const system = accounts.filter(({ publicKey }) => publicKey === systemAccount);
  return system.length > 0 ? [...levels, system] : levels;
}

interface Visit {
  readonly publicKey: string;
  readonly exporters: readonly string[];
  readonly index: number;
  /** How many of the exporters were looked at. */
  next: number;
  /** The lowest index of those that it imports from, directly or not, and that may import from it. */
  low: number;
  /** The lowest level that it may have. */
  level: number;
}

/**
 * The level of each key: 0 for those that import from nobody, one more than their exporters for others, and the same for
 * those that import from each other (Tarjan's strongly connected components, without recursion, since chains may be long).
 */
function levelsOf(byKey: ReadonlyMap<string, readonly StoredAccount[]>): ReadonlyMap<string, number> {
  const levels = new Map<string, number>();
  const visits = new Map<string, Visit>();
  const open: Visit[] = [];
  const path: Visit[] = [];
  const enter = (publicKey: string): void => {
    const index = visits.size;
    const exporters = (byKey.get(publicKey) ?? []).flatMap(exportersOf).filter((key) => byKey.has(key));
    const visit = { publicKey, exporters, index, next: 0, low: index, level: 0 };
    visits.set(publicKey, visit);
    open.push(visit);
    path.push(visit);
  };
  for (const publicKey of byKey.keys()) {
    if (!visits.has(publicKey)) enter(publicKey);
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const exporter = visit.exporters[visit.next];
      if (exporter === undefined) {
        path.pop();
        const importer = path.at(-1);
        if (importer !== undefined) importer.low = Math.min(importer.low, visit.low);
        if (visit.low === visit.index) close(open.splice(open.lastIndexOf(visit)), levels);
        continue;
      }
      const known = visits.get(exporter);
      if (known === undefined) {
        enter(exporter);
        continue;
      }
      visit.next += 1;
      const level = levels.get(exporter);
      if (level === undefined) visit.low = Math.min(visit.low, known.low);
      else visit.level = Math.max(visit.level, level + 1);
    }
  }
  return levels;
}

/** Gives their level to those that import from each other. */
function close(group: readonly Visit[], levels: Map<string, number>): void {
  const level = group.reduce((highest, visit) => Math.max(highest, visit.level), 0);
  for (const { publicKey } of group) levels.set(publicKey, level);
}

function exportersOf({ claims, publicKey }: StoredAccount): readonly string[] {
  const exporters = (claims.nats.imports ?? []).map((entry) => entry?.account ?? "");
  return exporters.filter((exporter) => exporter !== publicKey);
}
