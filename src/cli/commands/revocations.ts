import { type Command, command } from "../command.ts";
import { bool, date, text } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";
import type { Schema } from "../schema.ts";

const AT = "('0' is treated as now, accepted formats are RFC3339 or #seconds since epoch)";

const userFlags = {
  account: accountFlag,
  name: text("user name", { short: "n", completes: "user" }),
  "user-public-key": text("public key or name of a user, or '*' for all users", { short: "u", completes: "user" }),
};

export const revokeUserFlags = {
  ...userFlags,
  at: date(`revokes all user credentials created or edited before a Unix timestamp ${AT}`),
};

const addUser = command({
  path: ["revocations", "add-user"],
  aliases: ["add_user"],
  summary: "Revoke a user",
  examples: [
    "nsc revocations add-user --account A --name bob",
    "nsc revocations add-user -u '*' --at 2026-01-01T00:00:00Z",
  ],
  flags: revokeUserFlags,
  library: "account.revoke(user)",
  isWriting: true,
  load: () => import("../actions/revoke-user.ts"),
});

export const clearUserFlags = userFlags;

const deleteUser = command({
  path: ["revocations", "delete-user"],
  aliases: ["delete_user"],
  summary: "Remove a user revocation",
  examples: ["nsc revocations delete-user --name bob"],
  flags: clearUserFlags,
  library: "account.clearRevocation(user)",
  isWriting: true,
  load: () => import("../actions/clear-user-revocation.ts"),
});

/** What the two lists print. */
function revocationList(key: string): Schema {
  return {
    type: "array",
    items: {
      type: "object",
      properties: {
        public_key: { type: "string", description: key },
        name: { type: "string", description: "its name here, where it has one" },
        before: { type: "integer", description: "seconds since 1970: what was issued then or before is revoked" },
      },
      required: ["public_key", "before"],
    },
  };
}

export const listUsersFlags = { account: accountFlag };

const listUsers = command({
  path: ["revocations", "list-users"],
  aliases: ["list_users"],
  summary: "List users revoked in an account",
  examples: ["nsc revocations list-users --json"],
  flags: listUsersFlags,
  library: "account.revocations",
  output: revocationList("of a user, or * for all users"),
  load: () => import("../actions/list-revoked-users.ts"),
});

const exportFlags = {
  account: accountFlag,
  subject: text("export subject", { short: "s" }),
  service: bool("service"),
};

const activationFlags = {
  ...exportFlags,
  "target-account": text("public key or name of the importing account, or '*' for all accounts", {
    short: "t",
    completes: "account",
  }),
};

export const revokeActivationFlags = {
  ...activationFlags,
  at: date(`revokes all activations for an account created or edited before a Unix timestamp ${AT}`),
};

const addActivation = command({
  path: ["revocations", "add_activation"],
  aliases: ["add-activation"],
  summary: "Revoke an accounts access to an export",
  examples: ["nsc revocations add_activation --subject a.b --target-account B"],
  flags: revokeActivationFlags,
  library: "account.revokeActivation(subject, to)",
  isWriting: true,
  load: () => import("../actions/revoke-activation.ts"),
});

export const clearActivationFlags = activationFlags;

const deleteActivation = command({
  path: ["revocations", "delete_activation"],
  aliases: ["delete-activation"],
  summary: "Remove an account revocation from an export",
  examples: ["nsc revocations delete_activation --subject a.b --target-account B"],
  flags: clearActivationFlags,
  library: "account.clearActivationRevocation(subject, to)",
  isWriting: true,
  load: () => import("../actions/clear-activation-revocation.ts"),
});

export const listActivationsFlags = exportFlags;

const listActivations = command({
  path: ["revocations", "list_activations"],
  aliases: ["list-activations"],
  summary: "List account revocations for an export",
  examples: ["nsc revocations list_activations --subject a.b --json"],
  flags: listActivationsFlags,
  library: "account.activationRevocations(subject)",
  output: revocationList("of an importing account, or * for all accounts"),
  load: () => import("../actions/list-revoked-activations.ts"),
});

export const revocationCommands: readonly Command[] = [
  addUser,
  deleteUser,
  listUsers,
  addActivation,
  deleteActivation,
  listActivations,
];
