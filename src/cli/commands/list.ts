import { type Command, command } from "../command.ts";
import { noFlags } from "../flags/flag.ts";
import { text } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";
import type { Schema } from "../schema.ts";

const operator = text("operator name", { short: "o", completes: "operator" });

export const listOperatorsFlags = noFlags;
export const listAccountsFlags = { operator };
export const listUsersFlags = { operator, account: accountFlag };

const entries: Schema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      name: { type: "string", description: "as the folder has it" },
      public_key: { type: "string", description: "missing where the token can't be read" },
      error: { type: "string", description: "why it can't be read" },
    },
    required: ["name"],
  },
};

export const listCommands: readonly Command[] = [
  command({
    path: ["list", "operators"],
    aliases: ["operator"],
    summary: "List operators",
    flags: listOperatorsFlags,
    library: "nsc.operators()",
    output: entries,
    showsUsage: true,
    load: () => import("../actions/list-operators.ts"),
  }),
  command({
    path: ["list", "accounts"],
    aliases: ["account"],
    summary: "List accounts",
    flags: listAccountsFlags,
    library: "operator.accounts()",
    output: entries,
    showsUsage: true,
    load: () => import("../actions/list-accounts.ts"),
  }),
  command({
    path: ["list", "users"],
    aliases: ["user"],
    summary: "List users",
    flags: listUsersFlags,
    library: "account.users()",
    output: entries,
    showsUsage: true,
    load: () => import("../actions/list-users.ts"),
  }),
];
