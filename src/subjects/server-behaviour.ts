/**
 * What releases of nats-server make of subjects and permissions in different ways.
 *
 * @module
 */

import { compareVersions, isVersion } from "../encoding/server-version.ts";
import { NscError } from "../errors.ts";

/**
 * What changed. `VARIABLES_ANYWHERE`: variables of templates may stand anywhere in a token, and not only be one. `SUM_OF_DENIALS`:
 * a denial of a queue does not undo one without a queue. `OVERLAPS_WITHHELD`: what is denied is withheld from subscriptions that
 * overlap it, and not only from those that take it in. `STARS_LOST`, `STARS_FOUND`: publications overlook `*` beside a token that
 * is spelled out, and do so no more. `WILDCARDS_COUNTED`: a partition uses all wildcards that it is of. `WILDCARDS_OPTIONAL`:
 * mappings need not use all wildcards, and those of a source without any are looked at. `WHOLE_PARTITIONS`: partitions and random
 * tokens need no wildcard. `ENDS`: mappings have `left` and `right`.
 */
export type ServerChange =
  | "VARIABLES_ANYWHERE"
  | "SUM_OF_DENIALS"
  | "OVERLAPS_WITHHELD"
  | "STARS_LOST"
  | "STARS_FOUND"
  | "WILDCARDS_COUNTED"
  | "WILDCARDS_OPTIONAL"
  | "WHOLE_PARTITIONS"
  | "ENDS";

/** The releases that brought a change, one for each line that got it; all later lines have it. */
const RELEASES: Readonly<Record<ServerChange, readonly string[]>> = {
  WILDCARDS_COUNTED: ["2.9.15"],
  WILDCARDS_OPTIONAL: ["2.10.0"],
  STARS_LOST: ["2.10.22"],
  VARIABLES_ANYWHERE: ["2.11.0"],
  STARS_FOUND: ["2.11.12", "2.12.4"],
  SUM_OF_DENIALS: ["2.11.16", "2.12.7", "2.14.0"],
  WHOLE_PARTITIONS: ["2.12.0"],
  OVERLAPS_WITHHELD: ["2.12.14", "2.14.4"],
  ENDS: ["2.15.0"],
};

/** Templates are as old, and servers before that have no say in what `nsc` makes now. */
const OLDEST = "2.9.0";

/** Whether a server has a change; without a version it has all. */
export function hasChange(version: string | undefined, change: ServerChange): boolean {
  if (version === undefined) return true;
  const releases = RELEASES[change];
  return releases.some(
    (release, index) =>
      (index === releases.length - 1 || lineOf(release) === lineOf(version)) && compareVersions(version, release) >= 0,
  );
}

/** Refuses what is no version, or one that is too old to be known. */
export function assertServerVersion(version: unknown): asserts version is string | undefined {
  if (version === undefined) return;
  if (typeof version === "string" && isVersion(version) && compareVersions(version, OLDEST) >= 0) return;
  throw new NscError(
    "ERR_ARGUMENT_INVALID",
    `serverVersion must be one of nats-server, as "2.10.27", ${OLDEST} or later`,
  );
}

function lineOf(version: string): string {
  return version.split(".", 2).join(".");
}
