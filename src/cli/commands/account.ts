import { type Command, command } from "../command.ts";
import { accountLimitFlags } from "../flags/account-limit-flags.ts";
import { bool, list, size, text } from "../flags/flag-types.ts";
import { jetStreamFlags } from "../flags/jetstream-flags.ts";
import { permissionRemoveFlags, permissionSetFlags } from "../flags/permission-flags.ts";
import { accountFlag, SEVERAL } from "../flags/shared-flags.ts";
import { tagFlags } from "../flags/tag-flags.ts";
import { validityFlags } from "../flags/validity-flags.ts";
import { keyRemovalReport } from "../validation/invalidated.ts";

export const addAccountFlags = {
  name: text("account name", { short: "n" }),
  operator: text("operator to add the account to", { completes: "operator" }),
  "public-key": text("public key identifying the account", { short: "k", completes: "key" }),
  ...validityFlags,
  ...permissionSetFlags("default permissions"),
};

const addAccount = command({
  path: ["add", "account"],
  summary: "Add an account",
  examples: ["nsc add account APP", "nsc add account --operator local APP"],
  arguments: { usage: "[name]", min: 0, max: 1 },
  flags: addAccountFlags,
  library: "operator.addAccount(name, { key, expires, notBefore, defaultPermissions, signer })",
  isWriting: true,
  load: () => import("../actions/add-account.ts"),
});

export const editAccountFlags = {
  name: text("account to edit", { short: "n", completes: "account" }),
  ...tagFlags,
  ...accountLimitFlags,
  ...jetStreamFlags,
  sk: list(`signing key or keypath or the value "generate" to generate a key pair on the fly - ${SEVERAL}`, {
    completes: "key",
  }),
  "rm-sk": list(`remove signing key - ${SEVERAL}`, { completes: "key" }),
  description: text("Description for this account"),
  "info-url": text("Link for more info on this account"),
  ...permissionSetFlags("default permissions"),
  ...permissionRemoveFlags("default permissions"),
  ...validityFlags,
  "trace-context-subject": text('sets the subject where w3c trace context information is sent. Set to "" to disable', {
    shownDefault: "trace.messages",
  }),
  "trace-context-sampling": size("set the trace context sampling rate (1-100) - 0 default is 100"),
  "host-cluster-traffic": bool("route JetStream cluster traffic via the account instead of system", {
    isHidden: true,
  }),
};

const editAccount = command({
  path: ["edit", "account"],
  summary: "Edit an account",
  examples: [
    "nsc edit account APP --sk generate",
    "nsc edit account APP --conns 1000 --js-disk-storage 10GiB",
    "nsc edit account APP --js-tier 3 --js-disk-storage 30GiB",
  ],
  arguments: { usage: "[name]", min: 0, max: 1, completes: "account" },
  flags: editAccountFlags,
  library: "account.edit((claims) => { … }), account.addSigningKey(), account.removeSigningKey(key, { force: true })",
  output: keyRemovalReport,
  isWriting: true,
  load: () => import("../actions/edit-account.ts"),
});

export const deleteAccountFlags = {
  name: text("name of account to delete", { short: "n", completes: "account" }),
  revoke: bool("revoke users before deleting", { short: "R", shownDefault: "true" }),
  "rm-nkey": bool("delete user keys", { short: "D" }),
  "rm-creds": bool("delete users creds", { short: "C" }),
  force: bool("managed accounts must supply --force", { short: "F" }),
};

const deleteAccount = command({
  path: ["delete", "account"],
  summary: "Delete an account and associated users",
  examples: ["nsc delete account -n name", "nsc delete account -i"],
  arguments: { usage: "[name]", min: 0, max: 1, completes: "account" },
  flags: deleteAccountFlags,
  library: "account.delete({ deleteKeys, keepCreds })",
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/delete-account.ts"),
});

export const editAuthCalloutFlags = {
  account: accountFlag,
  "auth-user": list(
    "adds a user public key that bypasses the authorization callout and is used by the authorization service itself",
    { completes: "user" },
  ),
  "rm-auth-user": list(
    "removes a user public key that bypasses the authorization callout and is used by the authorization service itself",
    { completes: "user" },
  ),
  "allowed-account": list(
    "adds an account public key that the authorization service can bind authorized users to (specify '*' to allow any account that the service can generate users for)",
    { completes: "account" },
  ),
  "rm-allowed-account": list(
    "removes an account public key or the '*' wildcard that the authorization service can bind authorized users to",
    { completes: "account" },
  ),
  curve: text('curve key or keypath or the value "generate" to generate a curve encryption target key on the fly', {
    short: "x",
    completes: "key",
  }),
  "rm-curve": bool("remove curve encryption target"),
  disable: bool("disable external authorization"),
};

const editAuthCallout = command({
  path: ["edit", "authcallout"],
  summary: "Edit an account authorization callout",
  examples: ["nsc edit authcallout AUTH --auth-user UABC… --allowed-account '*' --curve generate"],
  arguments: { usage: "[account]", min: 0, max: 1, completes: "account" },
  flags: editAuthCalloutFlags,
  library: "account.setAuthCallout({ users, accounts, xkey }), account.removeAuthCallout()",
  isWriting: true,
  load: () => import("../actions/edit-auth-callout.ts"),
});

export const accountCommands: readonly Command[] = [addAccount, editAccount, deleteAccount, editAuthCallout];
