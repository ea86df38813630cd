import { list } from "./flag-types.ts";

/** The tags of what is edited. */
export const tagFlags = {
  tag: list("add tags - comma separated list or option can be specified multiple times"),
  "rm-tag": list("remove tags - comma separated list or option can be specified multiple times"),
};
