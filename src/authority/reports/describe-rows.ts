/** Rows and values of descriptions, in nsc's words. */

import { formatByteSize } from "../../encoding/byte-size.ts";
import { formatSeconds } from "../../encoding/dates.ts";
import { formatGoDuration } from "../../encoding/duration.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import type { UserPermissionLimits } from "../../jwt/limits.ts";
import type { Permissions } from "../../jwt/permissions.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import type { DescribedRow, DescribedValue } from "./description.ts";

/** Names of entities by public key. */
export type NamesByKey = ReadonlyMap<string, string>;

export function plain(text: unknown): DescribedValue {
  return { text: String(text) };
}

/** A key that is shown as it is, with the name of its entity if that is known. */
export function keyValue(publicKey: string, names: NamesByKey): DescribedValue {
  const name = names.get(publicKey);
  return { text: publicKey, publicKey, ...(name !== undefined && { name }) };
}

/** A key that is shown by the name of its entity, if that is known. */
export function namedValue(publicKey: string, names: NamesByKey): DescribedValue {
  const value = keyValue(publicKey, names);
  return { ...value, text: value.name ?? publicKey };
}

export function row(label: string, ...values: readonly (DescribedValue | string)[]): DescribedRow {
  return { label, values: values.map((value) => (typeof value === "string" ? plain(value) : value)) };
}

/** A row for a list, unless it is empty. */
export function listRow(label: string, values: readonly (DescribedValue | string)[] | undefined): DescribedRow[] {
  return (values ?? []).length === 0 ? [] : [row(label, ...(values ?? []))];
}

/** A row for a text, unless it is empty. */
export function textRow(label: string, text: string | undefined): DescribedRow[] {
  return listRow(label, text === undefined || text === "" ? [] : [oneLine(text)]);
}

export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}

export function yesNo(value: boolean | undefined): string {
  return value === true ? "Yes" : "No";
}

/** A time in nsc's form; empty for none. */
export function dateText(seconds: number | undefined): string {
  if (seconds === undefined || seconds <= 0) return "";
  return formatSeconds(seconds).replace(/^(.*)T(.*)\.000Z$/, "$1 $2 UTC");
}

/** A number that is unlimited when it is negative. */
export function countText(count: Int64 = 0): string {
  return count < 0 ? "Unlimited" : String(count);
}

/** Permissions: lists in a group of their own if there are any, then what replies are allowed. */
export function permissionRows(given: ReadonlyDeep<Partial<Permissions>> | undefined): {
  readonly isSeparate: boolean;
  readonly rows: readonly DescribedRow[];
} {
  const { pub, sub, resp } = given ?? {};
  const lists = [
    ...listRow("Pub Allow", pub?.allow),
    ...listRow("Pub Deny", pub?.deny),
    ...listRow("Sub Allow", sub?.allow),
    ...listRow("Sub Deny", sub?.deny),
  ];
  const responses =
    resp === undefined || resp === null
      ? [row("Response Permissions", "Not Set")]
      : [
          row("Max Responses", String(resp.max ?? 0)),
          row("Response Permission TTL", formatGoDuration(BigInt(resp.ttl ?? 0))),
        ];
  return { isSeparate: lists.length > 0, rows: [...lists, ...responses] };
}

/** Rows of permissions after other rows: in the same group, or after a rule. */
export function withPermissions(
  rows: readonly DescribedRow[],
  given: ReadonlyDeep<Partial<Permissions>> | undefined,
): readonly (readonly DescribedRow[])[] {
  const permissions = permissionRows(given);
  return permissions.isSeparate ? [rows, permissions.rows] : [[...rows, ...permissions.rows]];
}

/**
 * Limits of users and roles. nsc says that limits of 0 are unlimited, which servers don't think: 0 is shown as what it is.
 */
export function limitRows(limits: ReadonlyDeep<UserPermissionLimits>): readonly DescribedRow[] {
  const { subs = 0, data = 0, payload = 0, src = [], times = [] } = limits;
  const sizeOf = (bytes: Int64) => {
    if (bytes < 0) return "Unlimited";
    return bytes > 0 ? `${bytes} bytes (≈${formatByteSize(bytes)})` : "0 bytes";
  };
  const ranges = (times ?? []).map((range) => `${range?.start ?? ""}-${range?.end ?? ""}`);
  return [
    row("Max Msg Payload", sizeOf(payload)),
    row("Max Data", sizeOf(data)),
    row("Max Subs", countText(subs)),
    row("Network Src", (src ?? []).length === 0 ? "Any" : `[${(src ?? []).join(" ")}]`),
    row("Time", ...(ranges.length === 0 ? ["Any"] : ranges)),
  ];
}
