import { type Command, command } from "../command.ts";
import { bool, text } from "../flags/flag-types.ts";
import { accountFlag, outputFileFlag } from "../flags/shared-flags.ts";
import type { Schema } from "../schema.ts";

/** The flags that all of them have. */
export const describeFlags = {
  field: text("extract value from specified field using json structure", { short: "F" }),
  "long-ids": bool("display account ids on imports", { short: "W" }),
  raw: bool("output the raw JWT (exclusive of long-ids)", { short: "R" }),
  "output-file": outputFileFlag,
};

export const describeAccountFlags = {
  ...describeFlags,
  name: text("account name", { short: "n", completes: "account" }),
};

export const describeOperatorFlags = {
  ...describeFlags,
  name: text("operator name", { short: "n", completes: "operator" }),
};

export const describeUserFlags = {
  ...describeFlags,
  account: accountFlag,
  name: text("user name", { short: "n", completes: "user" }),
};

export const describeJwtFlags = {
  ...describeFlags,
  file: text("a token file or url to a token file", { short: "f", completes: "file" }),
};

const claims: Schema = {
  type: ["object", "array", "string", "number", "boolean", "null"],
  description:
    "what stands in the token, its names in their order; with --field the value there, with --raw the token; with --output-file that goes to the file, and this is its absolute path, as `file`",
  additionalProperties: true,
};

export const describeCommands: readonly Command[] = [
  command({
    path: ["describe", "account"],
    summary: "Describes an account by name or public nkey",
    examples: ["nsc describe account APP", "nsc describe account APP --field nats.limits.conn"],
    arguments: { usage: "[name]", min: 0, max: 1, completes: "account" },
    flags: describeAccountFlags,
    library: "describe(account)",
    output: claims,
    isWriting: true,
    load: () => import("../actions/describe-account.ts"),
  }),
  command({
    path: ["describe", "jwt"],
    summary: "Describe a jwt/creds file",
    examples: ["nsc describe jwt -f pathorurl"],
    flags: describeJwtFlags,
    library: "describe(token, { operator })",
    output: claims,
    isWriting: true,
    load: () => import("../actions/describe-jwt.ts"),
  }),
  command({
    path: ["describe", "operator"],
    summary: "Describes the operator by name or public nkey",
    arguments: { usage: "[name]", min: 0, max: 1, completes: "operator" },
    flags: describeOperatorFlags,
    library: "describe(operator)",
    output: claims,
    isWriting: true,
    load: () => import("../actions/describe-operator.ts"),
  }),
  command({
    path: ["describe", "user"],
    summary: "Describes a user by name or public nkey",
    examples: ["nsc describe user -a APP alice"],
    arguments: { usage: "[name]", min: 0, max: 1, completes: "user" },
    flags: describeUserFlags,
    library: "describe(user)",
    output: claims,
    isWriting: true,
    load: () => import("../actions/describe-user.ts"),
  }),
];
