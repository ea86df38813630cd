import { type Command, command } from "../command.ts";
import { bool, list, text } from "../flags/flag-types.ts";
import { permissionRemoveFlags, permissionSetFlags } from "../flags/permission-flags.ts";
import { accountFlag, SEVERAL } from "../flags/shared-flags.ts";
import { tagFlags } from "../flags/tag-flags.ts";
import { userLimitRemoveFlags, userLimitSetFlags } from "../flags/user-limit-flags.ts";
import { validityFlags } from "../flags/validity-flags.ts";

export const addUserFlags = {
  account: accountFlag,
  name: text("name to assign the user", { short: "n" }),
  "public-key": text("public key identifying the user, or its seed, which is kept then", {
    short: "k",
    completes: "key",
  }),
  tag: list(`tags for user - ${SEVERAL}`),
  ...validityFlags,
  ...userLimitSetFlags,
  ...permissionSetFlags(),
};

const addUser = command({
  path: ["add", "user"],
  summary: "Add an user to the account",
  description:
    "The user gets a key, which goes to the keystore, and a creds file. With -K and the name of a role it has the permissions and limits of that role, and none of its own.",
  examples: [
    "nsc add user bob",
    "nsc add user bob --allow-pub 'orders.>' --allow-sub '_INBOX.>' --expiry 30d",
    "nsc add user bob -K web",
    "nsc add user bob --subs 100 --payload 64kib --conn-type websocket",
    "nsc add user device --public-key UBRC3MFJUV7MPKCWQJQ2XDPATMB3N3OYRMME6IIVZL5SLOGKJ6C2FF7R",
    "nsc add user worker --allow-sub 'jobs.> workers' --allow-pub-response=5 --response-ttl 5s",
  ],
  arguments: { usage: "[name]", min: 0, max: 1 },
  flags: addUserFlags,
  library: "account.addUser(name, options)",
  isWriting: true,
  load: () => import("../actions/add-user.ts"),
});

export const editUserFlags = {
  account: accountFlag,
  name: text("user name", { short: "n", completes: "user" }),
  ...tagFlags,
  ...validityFlags,
  ...userLimitSetFlags,
  ...userLimitRemoveFlags,
  ...permissionSetFlags(),
  ...permissionRemoveFlags(),
};

const editUser = command({
  path: ["edit", "user"],
  summary: "Edit an user",
  description:
    "Only what is named changes. The user is signed again, by the key that signed it if that is at hand and -K names no other, and its creds file is written again.",
  examples: [
    "nsc edit user bob --allow-pubsub 'orders.>'",
    "nsc edit user bob --rm 'orders.>'",
    "nsc edit user bob --allow-pub-response=5 --response-ttl 5s",
    "nsc edit user bob --rm-response-perms",
    "nsc edit user bob --expiry 0",
    "nsc edit user bob -K AAVZ…",
  ],
  arguments: { usage: "[name]", min: 0, max: 1, completes: "user" },
  flags: editUserFlags,
  library: "user.edit(fn, { signer })",
  isWriting: true,
  load: () => import("../actions/edit-user.ts"),
});

export const deleteUserFlags = {
  account: accountFlag,
  name: list("name of user(s) to delete", { short: "n", completes: "user" }),
  revoke: bool("revoke user before deleting", { short: "R" }),
  "rm-nkey": bool("delete the user key", { short: "D" }),
  "rm-creds": bool("delete the user creds", { short: "C" }),
  force: bool("do not ask", { short: "F" }),
};

const deleteUser = command({
  path: ["delete", "user"],
  summary: "Delete an user",
  description:
    "Without --revoke servers go on accepting the user until its token expires. All users are deleted, or none.",
  examples: ["nsc delete user bob --revoke", "nsc delete user -n bob,eve -RDC"],
  arguments: { usage: "[name]", min: 0, max: 1, completes: "user" },
  flags: deleteUserFlags,
  library: "user.delete(options)",
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/delete-user.ts"),
});

export const userCommands: readonly Command[] = [addUser, editUser, deleteUser];
