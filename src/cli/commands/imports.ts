import { type Command, command } from "../command.ts";
import { bool, text } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";

export const addImportFlags = {
  account: accountFlag,
  token: text("path to token file can be a local path or an url (private imports only)", {
    short: "u",
    completes: "file",
  }),
  name: text("import name", { short: "n" }),
  "local-subject": text("local subject", { short: "s" }),
  "src-account": text("exporting account: its public key, or its name if it is one of this operator", {
    completes: "account",
  }),
  "remote-subject": text("remote subject (only public imports)"),
  service: bool("service"),
  share: bool("share data when tracking latency (service only)"),
  "allow-trace": bool("allow trace requests (streams only)"),
};

const addImport = command({
  path: ["add", "import"],
  summary: "Add an import",
  examples: [
    "nsc add import -i",
    "nsc add import --token <filepath> --local-subject <sub>",
    "nsc add import --token <some-http-url> --local-subject <sub>",
    "nsc add import --src-account <account_pubkey> --remote-subject <remote-sub> --local-subject <sub>",
  ],
  flags: addImportFlags,
  library: "account.addImport(init)",
  isWriting: true,
  load: () => import("../actions/add-import.ts"),
});

export const deleteImportFlags = {
  account: accountFlag,
  subject: text("stream/service subject", { short: "s" }),
  "src-account": text("source account (only if subject is ambiguous)", { completes: "account" }),
  type: text("which import is meant, if both a stream and a service have the subject", {
    completes: ["stream", "service"],
  }),
  force: bool("delete without a question", { short: "F" }),
};

const deleteImport = command({
  path: ["delete", "import"],
  summary: "Delete an import",
  examples: ["nsc delete import -i", 'nsc delete import -s "bar.>"'],
  flags: deleteImportFlags,
  library: "account.removeImport(subject)",
  isWriting: true,
  load: () => import("../actions/delete-import.ts"),
});

export const importCommands: readonly Command[] = [addImport, deleteImport];
