import { type Command, command } from "../command.ts";
import { list, text } from "../flags/flag-types.ts";
import { permissionRemoveFlags, permissionSetFlags } from "../flags/permission-flags.ts";
import { accountFlag } from "../flags/shared-flags.ts";
import { userLimitRemoveFlags, userLimitSetFlags } from "../flags/user-limit-flags.ts";
import { keyRemovalReport } from "../validation/invalidated.ts";

export const editSigningKeyFlags = {
  account: accountFlag,
  sk: list('signing key or keypath or the value "generate" to generate a key pair on the fly', { completes: "key" }),
  role: text("role associated with the signing key scope", { completes: "role" }),
  description: text("user description associated with the role"),
  ...permissionSetFlags("permissions"),
  ...permissionRemoveFlags("permissions"),
  ...userLimitSetFlags,
  ...userLimitRemoveFlags,
};

const editSigningKey = command({
  path: ["edit", "signing-key"],
  summary: "Edit a scoped signing key or promote a signing key to be scoped",
  examples: [
    "nsc edit signing-key --account APP --sk generate --role web --allow-pub 'orders.>'",
    "nsc edit signing-key --account APP web --allow-sub '_INBOX.>'",
  ],
  arguments: { usage: "[key or role]", min: 0, max: 1 },
  flags: editSigningKeyFlags,
  library: "account.addRole(role, { pub, sub }), account.editRole(role, (scope) => { … })",
  output: keyRemovalReport,
  isWriting: true,
  load: () => import("../actions/edit-signing-key.ts"),
});

export const signingKeyCommands: readonly Command[] = [editSigningKey];
