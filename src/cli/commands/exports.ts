import { type Command, command } from "../command.ts";
import { bool, duration, text, uint } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";

const RESPONSE_TYPES = ["Singleton", "Stream", "Chunked"] as const;

const offer = {
  account: accountFlag,
  name: text("export name", { short: "n" }),
  service: bool("export type service", { short: "r" }),
  private: bool("private export - requires an activation to access", { short: "p" }),
  latency: text("latency metrics subject (services only)"),
  "response-type": text("response type for the service [Singleton | Stream | Chunked] (services only)", {
    shownDefault: "Singleton",
    completes: RESPONSE_TYPES,
  }),
  "response-threshold": duration("response threshold duration (units ms/s/m/h) (services only)"),
  "allow-trace": bool("allow trace requests (services only)"),
};

export const addExportFlags = {
  ...offer,
  subject: text("subject", { short: "s" }),
  sampling: text("latency sampling percentage [1-100] or header (services only)"),
  "account-token-position": uint("subject token position where account is expected (public exports only)"),
  advertise: bool("advertise export", { isHidden: true }),
};

const addExport = command({
  path: ["add", "export"],
  summary: "Add an export",
  examples: [
    "nsc add export -i",
    'nsc add export --subject "a.b.c.>"',
    "nsc add export --service --subject a.b",
    "nsc add export --name myexport --subject a.b --service",
  ],
  flags: addExportFlags,
  library: "account.addExport(init)",
  isWriting: true,
  load: () => import("../actions/add-export.ts"),
});

/** Which of the exports of a subject is meant, where there is a stream and a service. */
const exportType = text("which export is meant, if both a stream and a service have the subject", {
  completes: ["stream", "service"],
});

export const editExportFlags = {
  ...offer,
  subject: text("subject of the export", { short: "s" }),
  type: exportType,
  sampling: text("latency sampling percentage [1-100] or header - 0 disables it (services only)"),
  "rm-latency-sampling": bool("remove latency sampling"),
  description: text("Description for this export"),
  "info-url": text("Link for more info on this export"),
};

const editExport = command({
  path: ["edit", "export"],
  summary: "Edit an export",
  examples: ["nsc edit export --subject a.b --description 'what it is'", "nsc edit export --subject a.b --private"],
  flags: editExportFlags,
  library: "account.editExport(subject, edit)",
  isWriting: true,
  load: () => import("../actions/edit-export.ts"),
});

export const deleteExportFlags = {
  account: offer.account,
  subject: text("subject", { short: "s" }),
  type: exportType,
  force: bool("delete without a question", { short: "F" }),
};

const deleteExport = command({
  path: ["delete", "export"],
  summary: "Delete an export",
  examples: ["nsc delete export --subject a.b"],
  flags: deleteExportFlags,
  library: "account.removeExport(subject)",
  isWriting: true,
  load: () => import("../actions/delete-export.ts"),
});

export const exportCommands: readonly Command[] = [addExport, editExport, deleteExport];
