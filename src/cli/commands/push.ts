import { type Command, command } from "../command.ts";
import { clientFlags, systemUserFlags } from "../flags/client-flags.ts";
import { bool, int, text } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";
import type { Schema } from "../schema.ts";
import { deletedSchema, driftSchema, prunedSchema, pulledSchema, pushedSchema } from "../servers/server-data.ts";

export const pushFlags = {
  account: accountFlag,
  all: bool("push all accounts under the current operator (exclusive of -a)", { short: "A" }),
  force: bool("push regardless of validation issues; prune and remove without a question", { short: "F" }),
  "account-jwt-server-url": text("URL of nats-servers (nats, tls, ws, wss) or of an account server (http, https)", {
    short: "u",
  }),
  diff: bool("show what the servers have otherwise than the store (exclusive of -P and -R)", { short: "D" }),
  prune: bool("delete from the servers all accounts that are not under the current operator", { short: "P" }),
  "account-removal": text("delete one account from the servers, by name or public key (exclusive of -P and -D)", {
    short: "R",
    completes: "account",
  }),
  ...systemUserFlags,
  timeout: int("seconds [1-60] to wait for the answer of a server to each request", { shownDefault: "5" }),
  ...clientFlags,
};

const pushOutput: Schema = {
  type: "object",
  properties: {
    dry_run: { type: "boolean", description: "whether nothing was sent" },
    url: { type: "string", description: "where it was sent to" },
    system_account: { type: ["string", "null"], description: "by which servers were asked; nothing for HTTP" },
    push: pushedSchema,
    would_push: { ...driftSchema, description: "with --dry-run: what servers have of what would be pushed" },
    prune: prunedSchema,
    removal: deletedSchema,
    diff: driftSchema,
  },
  required: ["dry_run", "url", "system_account"],
};

const push = command({
  path: ["push"],
  summary: "Push an account jwt to nats-servers or an Account JWT Server",
  description:
    "Pushes the current account, one account (-a) or all of them (-A). Many are under way at a time, and it is over as soon as all servers have answered.",
  examples: ["nsc push", "nsc push -a APP", "nsc push -A", "nsc push -P --dry-run", "nsc push -R OLD", "nsc push -D"],
  flags: pushFlags,
  library: "push({ connect, servers }, operator, { accounts })",
  output: pushOutput,
  isWriting: true,
  load: () => import("../actions/push.ts"),
});

export const pullFlags = {
  account: accountFlag,
  all: bool("operator and all accounts under the operator", { short: "A" }),
  "overwrite-newer": bool("overwrite local JWTs that are newer than remote", { short: "F" }),
  ...systemUserFlags,
  ...clientFlags,
};

const pull = command({
  path: ["pull"],
  summary: "Pull an operator or account jwt replacing the local jwt with the server's version",
  examples: ["nsc pull -A", "nsc pull -a APP"],
  flags: pullFlags,
  library: "pull({ connect, servers }, operator)",
  output: pulledSchema,
  isWriting: true,
  load: () => import("../actions/pull.ts"),
});

export const pushCommands: readonly Command[] = [push, pull];
