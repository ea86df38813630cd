import { type Command, command } from "../command.ts";
import { bool, text } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";
import type { Schema } from "../schema.ts";

export const validateFlags = {
  account: accountFlag,
  "all-accounts": bool("validate all accounts under the current operator (exclusive of -a and -f)", { short: "A" }),
  file: text("validate all jwt (separated by newline) in the provided file (exclusive of -a and -A)", {
    short: "f",
    completes: "file",
  }),
};

const issues: Schema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      level: { enum: ["error", "time", "warning"], description: "errors and times make the command fail" },
      message: { type: "string" },
      code: { type: "string", description: "for programs; missing where it is about more than one token" },
      user: { type: "string", description: "the user that it is about; the account itself without" },
    },
    required: ["level", "message"],
  },
};

export const validateCommands: readonly Command[] = [
  command({
    path: ["validate"],
    summary: "Validate an operator, account(s), and users",
    description:
      "Without flags it is about the current operator, the current account and the users of that. It ends with code 1 if there are errors. The tokens of a file may also stand between lines of dashes, as in creds.",
    examples: ["nsc validate", "nsc validate -a <accountName>", "nsc validate -A", "nsc validate -f <file>"],
    flags: validateFlags,
    library: "validate(claims), lint(operator)",
    output: {
      type: "object",
      properties: {
        valid: { type: "boolean" },
        operator: {
          type: "object",
          properties: { name: { type: "string" }, issues },
          required: ["name", "issues"],
        },
        accounts: {
          type: "array",
          description: "with --file one for each subject of the tokens there",
          items: {
            type: "object",
            properties: { name: { type: "string" }, issues },
            required: ["name", "issues"],
          },
        },
      },
      required: ["valid", "operator", "accounts"],
    },
    showsUsage: true,
    load: () => import("../actions/validate.ts"),
  }),
];
