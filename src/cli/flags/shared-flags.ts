import { text } from "./flag-types.ts";

/** What the help of lists says of how to give several. */
export const SEVERAL = "comma separated list or option can be specified multiple times";

/** The account that a command is about. */
export const accountFlag = text("account name", { short: "a", completes: "account" });

/** Where what is printed goes instead. */
export const outputFileFlag = text("output file, '--' is stdout", {
  short: "o",
  shownDefault: "--",
  completes: "file",
});
