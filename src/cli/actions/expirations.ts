import type { expirationsFlags } from "../commands/expirations.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { printTable } from "../output/print-table.ts";
import { Table } from "../output/table.ts";
import { formatRfc3339 } from "../text/dates.ts";
import { relativeDate } from "../text/relative-date.ts";
import { type EntityExpiry, entityExpiries } from "../validation/entity-expiries.ts";
import { readTimeBound } from "../values/validity.ts";

export async function run({ tree, flags, output, io }: Invocation<typeof expirationsFlags>): Promise<void> {
  const now = timeOf(io);
  const until = readTimeBound(flags.within ?? "1M", now, { what: "within" });
  const seconds = Math.floor(now.getTime() / 1000);
  const all = await entityExpiries({ tree, io }, (path, problem) =>
    output.note(`warning: ${path} is left out, since it can't be read: ${problem}`),
  );
  const report = all
    .map((entity) => ({
      ...entity,
      isExpired: entity.expiry !== 0 && seconds > entity.expiry,
      isSoon: entity.expiry !== 0 && until > entity.expiry,
    }))
    .filter(({ isExpired, isSoon }) => flags.skip !== true || isExpired || isSoon);
  if (output.isJson) {
    output.data({
      expiration_threshold: formatRfc3339(until),
      report: report.map((entity) => ({
        resource: entity.resource,
        id: entity.publicKey,
        when: whenText(entity, now),
        expiry: entity.expiry,
        expiration_date: entity.expiry === 0 ? "" : formatRfc3339(entity.expiry),
        expires_soon: entity.isSoon,
        expired: entity.isExpired,
      })),
    });
    return;
  }
  const table = new Table({
    title: `Expiration Report (${relativeDate(until, now)})`,
    headers: ["Expired", "Resource", "Expiration"],
  });
  for (const entity of report) {
    const state = entity.isExpired ? "Yes" : entity.isSoon ? "Soon" : "No";
    table.row(state, entity.resource, `${formatRfc3339(entity.expiry)} - ${whenText(entity, now)}`);
  }
  printTable(output, table);
}

function whenText({ expiry }: EntityExpiry, now: Date): string {
  return expiry === 0 ? "Never" : relativeDate(expiry, now);
}
