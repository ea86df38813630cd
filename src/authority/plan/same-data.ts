/** Whether two pieces of plain data are the same, whatever the order of members. */
export function isSameData(one: unknown, other: unknown): boolean {
  return dataText(one) === dataText(other);
}

/** Plain data as a text that is the same for the same data. */
export function dataText(data: unknown): string {
  return JSON.stringify(data, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
