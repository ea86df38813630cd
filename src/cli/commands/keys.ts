import { type Command, command } from "../command.ts";
import { bool, text } from "../flags/flag-types.ts";
import type { Schema } from "../schema.ts";

const selectionFlags = (verb: "show" | "export") => ({
  operator: bool(`${verb} operator keys`, { short: "o" }),
  accounts: bool(`${verb} account keys`, { short: "a" }),
  users: bool(`${verb} user keys`, { short: "u" }),
  account: text(`${verb} specified account keys`, { completes: "account" }),
  user: text(`${verb} specified user key`, { completes: "user" }),
  all: bool(`${verb} operator, accounts and users`, { short: "A" }),
  filter: text(`${verb} keys containing string`, { short: "f" }),
  "not-referenced": bool(`${verb} keys that are not referenced in the current operator context`),
});

export const listKeysFlags = {
  ...selectionFlags("show"),
  curve: bool("show curve keys", { short: "x" }),
  "show-seeds": bool("shows seed keys value", { short: "S" }),
};

const kind: Schema = { enum: ["operator", "account", "user", "x25519", "server", "cluster"] };

const listedKeysSchema: Schema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      name: { type: "string", description: "the name of whose key it is; ? where nobody has it" },
      pub: { type: "string", description: "the public key" },
      parent: { type: "string", description: "the public key of the operator or account above" },
      signing: { type: "boolean", description: "whether it is a signing key" },
      curve: { type: "boolean", description: "whether auth callout requests are encrypted for it" },
      key_path: { type: "string", description: "the path of its file; empty without one" },
      invalid: { type: "boolean", description: "whether that file holds another key, or none" },
      jwt: { type: "string", description: "the token of which it is the subject" },
      expected_kind: kind,
      seed: { type: "string", description: "with --show-seeds" },
    },
    required: ["name", "pub", "signing", "curve", "key_path", "invalid", "expected_kind"],
  },
};

const listKeys = command({
  path: ["list", "keys"],
  aliases: ["key"],
  summary: "List operator, account and user keys in the current operator and account context",
  description:
    "Without a kind of keys those of the operator, and of the current account and its users; --not-referenced shows the keys of the keystore that nobody of the current operator has.",
  examples: [
    "nsc list keys",
    "nsc list keys --all",
    "nsc list keys --operator --not-referenced",
    "nsc list keys --all --filter VSVMGA",
    "nsc list keys --account A",
  ],
  flags: listKeysFlags,
  library: "store.listKeys()",
  output: listedKeysSchema,
  showsUsage: true,
  load: () => import("../actions/list-keys.ts"),
});

export const exportKeysFlags = {
  ...selectionFlags("export"),
  curves: bool("export curve keys"),
  curve: text("export specified curve key", { completes: "key" }),
  dir: text("directory to export keys to", { short: "d", isRequired: true, completes: "folder" }),
  force: bool("overwrite existing files", { short: "F" }),
  remove: bool("removes the original key file from the keyring after exporting it", { short: "R" }),
  "include-jwts": bool("include jwts"),
};

const exportKeys = command({
  path: ["export", "keys"],
  summary: "Export operator, account and user keys in the current operator and account context",
  description:
    "Without a kind of keys those of the operator, and of the current account and its users. Of an export with tokens 'nsc fix' makes an environment again.",
  examples: [
    "nsc export keys --dir backup",
    "nsc export keys --all --dir backup --include-jwts",
    "nsc export keys --not-referenced --all --dir old --remove",
  ],
  flags: exportKeysFlags,
  library: "exportKeys(store, folder, options)",
  isWriting: true,
  load: () => import("../actions/export-keys.ts"),
});

export const importKeysFlags = {
  dir: text("directory to import keys from", { short: "d", isRequired: true, completes: "folder" }),
  recurse: bool("recurse directories", { short: "R" }),
};

const importKeys = command({
  path: ["import", "keys"],
  summary: "Imports all nkeys found in a directory",
  examples: ["nsc import keys --dir backup", "nsc import keys --recurse --dir backup"],
  flags: importKeysFlags,
  library: "importKeys(store, { folder, recursive })",
  isWriting: true,
  load: () => import("../actions/import-keys.ts"),
});

const migrateKeys = command({
  path: ["keys", "migrate"],
  summary: "migrates keystore to new layout, original keystore is preserved",
  flags: {},
  library: "directory.migrateKeystore()",
  output: {
    type: "object",
    properties: {
      dry_run: { type: "boolean" },
      migrated: { type: "boolean", description: "whether there was, or with --dry-run is, anything to do" },
      keystore: { type: "string" },
      old_keystore: { type: "string", description: "where the old one is now" },
      entries: {
        type: "array",
        description: "the files of the old one",
        items: {
          type: "object",
          properties: {
            path: { type: "string" },
            outcome: { enum: ["moved", "kept", "left"] },
            to: { type: "string", description: "where it is now" },
            message: { type: "string", description: "why it was left" },
          },
          required: ["path", "outcome"],
        },
      },
    },
    required: ["dry_run", "migrated", "keystore", "entries"],
  },
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/migrate-keys.ts"),
});

export const generateNkeyFlags = {
  operator: bool("operator", { short: "o" }),
  account: bool("account", { short: "a" }),
  user: bool("user", { short: "u" }),
  curve: bool("curve", { short: "x" }),
  store: bool("store in the keystore, and do not print the seed", { short: "S" }),
};

const generateNkey = command({
  path: ["generate", "nkey"],
  summary: "Generates an nkey",
  description: "Prints the seed and the public key of each key; what is stored is not printed.",
  examples: ["nsc generate nkey --user", "nsc generate nkey --account --store"],
  flags: generateNkeyFlags,
  library: "createKeyPair(kind)",
  output: {
    type: "array",
    items: {
      type: "object",
      properties: {
        kind: { enum: ["operator", "account", "user", "curve"] },
        public_key: { type: "string" },
        seed: { type: "string", description: "unless it was stored" },
        key_path: { type: "string", description: "where it was stored" },
      },
      required: ["kind", "public_key"],
    },
  },
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/generate-nkey.ts"),
});

export const keyCommands: readonly Command[] = [listKeys, exportKeys, importKeys, migrateKeys, generateNkey];
