import type { Command, CommandGroup } from "../command.ts";
import { accountCommands } from "./account.ts";
import { activationCommands } from "./activation.ts";
import { completionCommands } from "./completion.ts";
import { declarativeCommands } from "./declarative.ts";
import { describeCommands } from "./describe.ts";
import { envCommands } from "./env.ts";
import { expirationsCommands } from "./expirations.ts";
import { exportCommands } from "./exports.ts";
import { accessCommands } from "./generate-access.ts";
import { generateConfigCommands } from "./generate-config.ts";
import { generateDiagramCommands } from "./generate-diagram.ts";
import { helpCommand } from "./help.ts";
import { importEntityCommands } from "./import-entities.ts";
import { importCommands } from "./imports.ts";
import { initCommands } from "./init.ts";
import { keyCommands } from "./keys.ts";
import { listCommands } from "./list.ts";
import { mappingCommands } from "./mappings.ts";
import { operatorCommands } from "./operator.ts";
import { pushCommands } from "./push.ts";
import { questionCommands } from "./questions.ts";
import { renameCommands } from "./rename.ts";
import { revocationCommands } from "./revocations.ts";
import { rotateCommands } from "./rotate.ts";
import { selectCommands } from "./select.ts";
import { signingKeyCommands } from "./signing-key.ts";
import { toolCommands } from "./tool.ts";
import { updateCommand } from "./update.ts";
import { upgradeJwtCommands } from "./upgrade-jwt.ts";
import { userCommands } from "./users.ts";
import { validateCommands } from "./validate.ts";

/** Every command that there is; each file of commands has one line here. */
export const commands: readonly Command[] = [
  helpCommand,
  ...validateCommands,
  ...upgradeJwtCommands,
  ...listCommands,
  ...generateDiagramCommands,
  ...generateConfigCommands,
  ...expirationsCommands,
  ...describeCommands,
  ...accountCommands,
  ...completionCommands,
  ...accessCommands,
  ...keyCommands,
  ...operatorCommands,
  ...pushCommands,
  ...renameCommands,
  ...activationCommands,
  ...envCommands,
  ...exportCommands,
  ...importCommands,
  ...initCommands,
  ...importEntityCommands,
  ...mappingCommands,
  ...revocationCommands,
  ...selectCommands,
  ...signingKeyCommands,
  ...toolCommands,
  ...userCommands,
  ...questionCommands,
  ...declarativeCommands,
  ...rotateCommands,
  updateCommand,
];

/** The words that commands stand below. */
export const groups: readonly CommandGroup[] = [
  {
    path: ["add"],
    aliases: ["create"],
    summary: "Add assets such as operators, accounts, imports/exports, users, mappings",
  },
  { path: ["completion"], summary: "Generate the autocompletion script for the specified shell" },
  { path: ["delete"], summary: "Delete assets such as accounts/users, imports/exports, mappings" },
  { path: ["describe"], summary: "Describe assets such as operators, accounts, users, and jwt files" },
  {
    path: ["edit"],
    summary:
      "Edit assets such as operators, accounts, users, exports, signing keys, and the auth callout of an account",
  },
  { path: ["export"], summary: "Export assets such as nkeys" },
  {
    path: ["generate"],
    summary: "Generate activations, nats-cli contexts, credential files, configs, nkeys and diagrams",
  },
  { path: ["generate", "diagram"], summary: "Generate diagrams for this store" },
  { path: ["import"], summary: "Import accounts, users or nkeys" },
  { path: ["keys"], summary: "Manage keys for operators, accounts, and users" },
  { path: ["list"], summary: "List assets such as operators, accounts, users and keys" },
  { path: ["reissue"], summary: "Re-issue objects with a new identity key" },
  { path: ["rename"], summary: "Rename operator, account or user", isHidden: true },
  { path: ["revocations"], summary: "Manage revocation for users and activations from an account" },
  { path: ["rotate"], summary: "Replace keys in stages, so that everybody stays connected" },
  { path: ["select"], summary: "Set the current operator or account" },
  { path: ["template"], summary: "Make accounts after the pattern of another one" },
  { path: ["tool"], summary: "NATS tools: pub, sub, req, reply, rtt" },
];
