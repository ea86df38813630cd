import { type Command, command } from "../command.ts";
import { noFlags } from "../flags/flag.ts";
import { bool, list, text } from "../flags/flag-types.ts";
import {
  differencesSchema,
  explanationSchema,
  fileFindingsSchema,
  findingsSchema,
  permissionSchema,
} from "../schemas.ts";

export const lintFlags = {
  account: list("only what is found in these accounts", { short: "a", completes: "account" }),
  within: text("what expires within this time is told of", { shownDefault: "30d" }),
  level: text("the mildest findings that are shown: error, warning or info", {
    shownDefault: "info",
    completes: ["error", "warning", "info"],
  }),
  strict: bool("exit with 3 for warnings, too"),
};

export const canFlags = {
  account: text("account of the user", { short: "a", completes: "account" }),
  user: text("user; the only one of the account by default", { short: "u", completes: "user" }),
  queue: text("queue group of the subscription", { short: "q" }),
  cluster: text("cluster of the server, where mappings have destinations for single clusters"),
  reply: bool("the subject is one to which a message that the user got asks for replies"),
  "server-version": text("version of the server, whose defects are taken into account"),
};

export const explainFlags = {
  account: text("account of the user", { short: "a", completes: "account" }),
  user: text("user of the account", { short: "u", completes: "user" }),
};

export const diffFlags = {
  all: bool("compare times of issue and ids, too"),
  "exit-code": bool("exit with 3 where there are differences"),
};

export const inspectFlags = noFlags;

const lint = command({
  path: ["lint"],
  summary: "Find what servers refuse, drop or break on, and what soon does",
  description:
    "Looks through all accounts and users of the operator and tells what does not work or soon won't, with what would mend it. Nothing is changed. Exits with 3 where something does not work.",
  examples: ["nsc lint", "nsc lint -a APP --within 7d --json"],
  flags: lintFlags,
  library: "lint(operator, { within })",
  output: findingsSchema,
  load: () => import("../actions/lint.ts"),
});

const can = command({
  path: ["can"],
  summary: "Tell whether a user may publish or subscribe to a subject, and why",
  description: "Exits with 0 where it may, and with 3 where it may not.",
  examples: ["nsc can publish orders.eu.new -a SHOP -u alice", "nsc can subscribe 'orders.>' -a SHOP -u alice --json"],
  arguments: { usage: "<publish|subscribe> <subject>", min: 2, max: 2, completes: ["publish", "subscribe"] },
  flags: canFlags,
  library: "can(user, action, subject)",
  output: permissionSchema,
  load: () => import("../actions/can.ts"),
});

const explain = command({
  path: ["explain"],
  summary: "Tell whether servers would accept a token, and by which rule",
  description:
    "Explains a file with creds or a token, a token itself, or a stored account or user; - is standard input. Without any of them it is about the current account. Exits with 0 where servers would accept it, and with 3 where they would not.",
  examples: ["nsc explain alice.creds", "nsc explain -a SHOP -u alice", "nsc explain -a SHOP --json"],
  arguments: { usage: "[file, address or token]", min: 0, max: 1, completes: "file" },
  flags: explainFlags,
  library: "explain(token, operator)",
  output: explanationSchema,
  load: () => import("../actions/explain.ts"),
});

const diff = command({
  path: ["diff"],
  summary: "Tell what differs between two tokens or two trees",
  description:
    "Compares two files with tokens or creds, member by member; or the current operator with the same one in another folder of stores, such as a backup, or in two of them. What is named first is taken for the older one.",
  examples: ["nsc diff old.jwt new.jwt", "nsc diff ~/backup/stores", "nsc diff a.creds b.creds --exit-code"],
  arguments: { usage: "<file or folder> [file or folder]", min: 1, max: 2, completes: "file" },
  flags: diffFlags,
  library: "diff(before, after), diffTrees(before, after)",
  output: differencesSchema,
  load: () => import("../actions/diff.ts"),
});

const inspect = command({
  path: ["inspect"],
  summary: "Find what is damaged, missing, out of place or not nsc's in the folders",
  description:
    "Looks at every file of the stores, the keystore and the creds. Nothing is changed. Exits with 3 where something is found.",
  examples: ["nsc inspect", "nsc inspect -H ~/backup --json"],
  flags: inspectFlags,
  library: "directory.inspect()",
  output: fileFindingsSchema,
  load: () => import("../actions/inspect.ts"),
});

export const questionCommands: readonly Command[] = [lint, can, explain, diff, inspect];
