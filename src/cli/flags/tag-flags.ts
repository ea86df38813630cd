import { list } from "./flag-types.ts";
import { SEVERAL } from "./shared-flags.ts";

/** The tags of what is edited. */
export const tagFlags = {
  tag: list(`add tags - ${SEVERAL}`),
  "rm-tag": list(`remove tags - ${SEVERAL}`),
};
