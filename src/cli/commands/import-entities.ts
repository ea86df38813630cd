import { type Command, command } from "../command.ts";
import { bool, list, text } from "../flags/flag-types.ts";

export const importAccountFlags = {
  file: text("account jwt to import", { short: "j", completes: "file" }),
  skip: bool("skip validation issues, they can be edited out prior to push"),
  overwrite: bool("overwrite existing account"),
  force: bool("import account signed by different operator"),
};

const importAccount = command({
  path: ["import", "account"],
  summary: "Imports an account from a jwt file and resign with operator if self signed",
  examples: ["nsc import account --file <account-jwt>"],
  flags: importAccountFlags,
  library: "operator.importAccount(token, { replace, allowInvalid, force, keepLimits })",
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/import-account.ts"),
});

export const importUserFlags = {
  file: text("user jwt or creds to import", { short: "f", completes: "file" }),
  skip: bool("skip validation issues"),
  overwrite: bool("overwrite existing user"),
};

const importUser = command({
  path: ["import", "user"],
  summary: "Imports an user from a jwt or creds file",
  description:
    "Imports a user from a jwt or creds file. The seed of creds goes to the keystore, and a creds file is written.",
  examples: ["nsc import user --file <user-jwt/user-creds>"],
  flags: importUserFlags,
  library: "account.importUser(tokenOrCreds, { replace, allowInvalid })",
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/import-user.ts"),
});

export const loadFlags = {
  profile: text("Profile URL to initialize NSC and NATS CLI env"),
  url: text("URL of the operator's token on its account server"),
  seed: text("Seed of the account used to create users, or a file that holds it", { completes: "file" }),
  user: text("Default username", { shownDefault: "default" }),
};

const load = command({
  path: ["load"],
  summary: "load entities for an operator, account and keys",
  description:
    "Fetches a managed operator and one of its accounts, keeps the account's seed, and adds a user. A seed in a profile URL stays in the history of the shell: --seed takes a file that holds it.",
  examples: [
    "nsc load --profile nsc://synadia?user=me --seed account.nk",
    "nsc load --url https://host/jwt/v1/operator --seed account.nk",
  ],
  flags: loadFlags,
  library: "nsc.importOperator(token), operator.importAccount(token), account.addUser(name)",
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/load.ts"),
});

export const migrateFlags = {
  url: text("path or url to import jwt from", { short: "u", completes: "file" }),
  "operator-dir": text("path to an operator dir - all accounts are migrated", { completes: "folder" }),
  force: bool("overwrite accounts with the same name", { short: "F" }),
};

const migrate = command({
  path: ["migrate"],
  summary: "Migrate an account to the current operator",
  description:
    "Migrates accounts of another operator, and of files their users, to the current operator, which signs them. A managed operator has its account server sign them.",
  examples: ["nsc migrate --url account.jwt", "nsc migrate --operator-dir backup/stores/local"],
  isHidden: true,
  flags: migrateFlags,
  library: "operator.importAccount(token, { force: true }), account.importUser(token)",
  isWriting: true,
  load: () => import("../actions/migrate.ts"),
});

export const fixFlags = {
  in: list("input paths", { isRequired: true, completes: "folder" }),
  out: text("output dir", { completes: "folder" }),
  creds: bool("import creds"),
};

const fix = command({
  path: ["fix"],
  summary: "rebuilds a project tree from jwts, nk and cred files found in the input directories",
  description:
    "Makes nsc's folders of loose files: of the tokens of each operator, account and user the newest is taken, of the seeds all, and with --creds also what is in creds files. Tokens go to <out>/operators, keys to <out>/keys.",
  examples: ["nsc fix --in <dir>,<dir2> --out <outdir>", "nsc fix --creds --in <dir> --out <outdir>"],
  isHidden: true,
  flags: fixFlags,
  library: "rebuildTree(store, { folders })",
  isWriting: true,
  isStandalone: true,
  load: () => import("../actions/fix.ts"),
});

export const importEntityCommands: readonly Command[] = [importAccount, importUser, load, migrate, fix];
