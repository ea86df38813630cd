import { type Command, command } from "../command.ts";
import { bool, list, text } from "../flags/flag-types.ts";
import { SEVERAL } from "../flags/shared-flags.ts";
import { tagFlags } from "../flags/tag-flags.ts";
import { validityFlags } from "../flags/validity-flags.ts";
import { keyRemovalReport } from "../validation/invalidated.ts";

export const addOperatorFlags = {
  name: text("operator name", { short: "n" }),
  url: text("import from a jwt server url, file, or well known operator", { short: "u", completes: "file" }),
  "generate-signing-key": bool("generate a signing key with the operator"),
  sys: bool("generate system account with the operator (if specified will be signed with signing key)", {
    short: "s",
  }),
  force: bool("on import, overwrite existing when already present"),
  ...validityFlags,
};

const addOperator = command({
  path: ["add", "operator"],
  summary: "Add an operator",
  examples: ["nsc add operator --generate-signing-key --sys --name local", "nsc add operator -u operator.jwt"],
  arguments: { usage: "[name]", min: 0, max: 1 },
  flags: addOperatorFlags,
  library: "nsc.addOperator(name, { signingKey, systemAccount, expires, notBefore })",
  isWriting: true,
  load: () => import("../actions/add-operator.ts"),
});

export const editOperatorFlags = {
  sk: list(`signing key or keypath or the value "generate" to generate a key pair on the fly - ${SEVERAL}`, {
    completes: "key",
  }),
  "rm-sk": list(`remove signing key - ${SEVERAL}`, { completes: "key" }),
  ...tagFlags,
  "account-jwt-server-url": text(
    "set account jwt server url for nsc sync (only http/https or nats service (nats/tls/ws/wss) urls supported if updating with nsc)",
    { short: "u" },
  ),
  "rm-account-jwt-server-url": bool("clear account server url"),
  "system-account": text("set system account by account by public key or name", { completes: "account" }),
  "service-url": list(
    "add an operator service url for nsc where clients can access the NATS service (only nats/tls/ws/wss urls supported)",
    { short: "n" },
  ),
  "rm-service-url": list(
    "remove an operator service url for nsc where clients can access the NATS service (only nats/tls/ws/wss urls supported)",
  ),
  "require-signing-keys": bool("require accounts/user to be signed with a signing key"),
  ...validityFlags,
};

const editOperator = command({
  path: ["edit", "operator"],
  summary: "Edit the operator",
  examples: ["nsc edit operator --require-signing-keys --account-jwt-server-url nats://localhost:4222"],
  flags: editOperatorFlags,
  library: "operator.edit((claims) => { … })",
  output: keyRemovalReport,
  isWriting: true,
  load: () => import("../actions/edit-operator.ts"),
});

export const reissueOperatorFlags = {
  name: text("operator name", { short: "n", completes: "operator" }),
  "convert-to-signing-key": bool("turn operator identity key into signing key (avoids account re-signing)"),
  force: bool("don't ask before the identity is replaced", { short: "F" }),
};

const reissueOperator = command({
  path: ["reissue", "operator"],
  summary: "Re-issues the operator with a new identity and re-signs affected accounts",
  description:
    "Re-issues the operator with a new identity and re-signs affected accounts. With --private-key, that key becomes the identity. Servers refuse everything of the new identity until they are restarted with the operator's new token, so this can disrupt service: back up your servers and your nsc folders first.",
  examples: ["nsc reissue operator", "nsc reissue operator --convert-to-signing-key"],
  flags: reissueOperatorFlags,
  library: "operator.reissue({ key: true, keepAsSigningKey })",
  showsUsage: true,
  isWriting: true,
  load: () => import("../actions/reissue-operator.ts"),
});

export const operatorCommands: readonly Command[] = [addOperator, editOperator, reissueOperator];
