/** What `nats-server --version` says, and the order of versions. */

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-(.+))?$/;

/** The version in the output of `nats-server --version`, or undefined if it is another program's. */
export function parseVersionOutput(output: string): string | undefined {
  const version = /^nats-server: v(\S+)/m.exec(output)?.[1];
  return version !== undefined && isVersion(version) ? version : undefined;
}

export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/** Negative if `a` is the older one. A pre-release ("2.16.0-RC.1") comes before its release. */
export function compareVersions(a: string, b: string): number {
  const left = VERSION.exec(a) ?? [];
  const right = VERSION.exec(b) ?? [];
  for (const part of [1, 2, 3]) {
    const difference = Number(left[part] ?? 0) - Number(right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  const [preview, other] = [left[4], right[4]];
  if (preview === other) return 0;
  if (preview === undefined || other === undefined) return preview === undefined ? 1 : -1;
  return preview < other ? -1 : 1;
}
