import type { StoredAccount } from "./accounts.ts";

/**
 * Accounts in the order in which servers should get them: those that others import from before these, and the system account
 * at the end. What is in one list may be sent at a time. Where accounts import from each other, none comes first.
 */
export function inPushOrder(
  accounts: readonly StoredAccount[],
  systemAccount: string | undefined,
): readonly (readonly StoredAccount[])[] {
  const levels: StoredAccount[][] = [];
  let waiting = accounts.filter(({ publicKey }) => publicKey !== systemAccount);
  while (waiting.length > 0) {
    const keys = new Set(waiting.map(({ publicKey }) => publicKey));
    const ready = waiting.filter((account) => exportersOf(account).every((exporter) => !keys.has(exporter)));
    const level = ready.length > 0 ? ready : waiting;
    levels.push(level);
    const sent = new Set(level);
    waiting = waiting.filter((account) => !sent.has(account));
  }
  const system = accounts.filter(({ publicKey }) => publicKey === systemAccount);
  return system.length > 0 ? [...levels, system] : levels;
}

function exportersOf({ claims, publicKey }: StoredAccount): readonly string[] {
  const exporters = (claims.nats.imports ?? []).map((entry) => entry?.account ?? "");
  return exporters.filter((exporter) => exporter !== publicKey);
}
