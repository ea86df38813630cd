import type { Account } from "../../authority/account.ts";
import { parseNanoseconds } from "../../encoding/duration.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { editExportFlags } from "../commands/exports.ts";
import { askLatency, askResponseType, askThreshold } from "../exchange/ask-service.ts";
import { type ChosenExport, chooseExport } from "../exchange/choose-export.ts";
import { type EditLine, type ExportEdit, editEntry } from "../exchange/edit-entry.ts";
import { reportIgnored } from "../exchange/ignored-flags.ts";
import { exportProblem, lengthProblem } from "../exchange/problems.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { sayingIssues } from "../output/say-issues.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";

type EditExport = Invocation<typeof editExportFlags>;

export async function run(invocation: EditExport): Promise<void> {
  const { flags, globals, report, tree } = invocation;
  const isAsking = globals.interactive === true;
  const { account: _, ...options } = flags;
  if (!isAsking && Object.values(options).every((value) => value === undefined)) {
    throw new CommandError("please specify some options", { code: "ERR_NO_OPTION" });
  }
  const account = await accountOrAsk(invocation, flags.account);
  const operator = await tree.operator();
  const chosen = await choose(invocation, account);
  const edit = isAsking ? await ask(invocation, chosen) : editOf(invocation, chosen);
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  const { subject, type } = chosen;
  let lines: readonly EditLine[] = [];
  const change = (entry: Parameters<typeof editEntry>[0]): void => {
    lines = editEntry(entry, edit);
  };
  await sayingIssues(() => account.editExport(subject, change, { type, ...signing }));
  for (const { level, text } of lines) report[level](text);
  await afterAccountChange(invocation, operator, account);
  const name = edit.name ?? chosen.name ?? "";
  report.ok(`edited ${edit.type ?? type} export ${quote(name)}`);
}

async function choose(invocation: EditExport, account: Account): Promise<ChosenExport> {
  const { flags } = invocation;
  return await chooseExport(
    invocation,
    account,
    { subject: flags.subject, type: flags.type },
    {
      question: "select export to edit",
      missing: new CommandError("a subject is required", { code: "ERR_FLAGS", showsUsage: true }),
      notFound: (subject) =>
        new CommandError(`no export with subject ${quote(subject)} found`, {
          code: "ERR_EXPORT_NOT_FOUND",
          showsUsage: true,
        }),
    },
  );
}

/** @throws CommandError for what does not go with the type that it has or gets */
function editOf({ flags, report }: EditExport, chosen: ChosenExport): ExportEdit {
  const type: ExportType = flags.service === undefined ? chosen.type : flags.service ? "service" : "stream";
  const responseType = flags["response-type"];
  const threshold = flags["response-threshold"];
  if (type === "service") {
    if (responseType !== undefined && !["Singleton", "Stream", "Chunked"].includes(responseType)) {
      throw new CommandError(`unknown response type ${quote(responseType)}`, { code: "ERR_FLAGS", showsUsage: true });
    }
  } else {
    if (threshold !== undefined && BigInt(threshold) !== 0n) {
      throw new CommandError("response threshold is only applicable to services", {
        code: "ERR_FLAGS",
        showsUsage: true,
      });
    }
    if (flags["allow-trace"] === true) {
      throw new CommandError("allow trace is only applicable to services", { code: "ERR_FLAGS", showsUsage: true });
    }
    reportIgnored(report, flags, ["latency", "sampling", "response-type"], "it is for services");
  }
  // "0 disables it", says nsc's help; an empty subject leaves nowhere to publish to.
  const removesLatency = flags["rm-latency-sampling"] === true || flags.sampling === "0" || flags.latency === "";
  return {
    name: flags.name,
    type,
    private: flags.private,
    latency: flags.latency,
    sampling: flags.sampling === "" ? undefined : flags.sampling,
    removesLatency,
    responseType,
    responseThreshold: threshold,
    description: flags.description,
    infoUrl: flags["info-url"],
    allowTrace: flags["allow-trace"],
  };
}

async function ask({ flags, prompts }: EditExport, chosen: ChosenExport): Promise<ExportEdit> {
  const type = await prompts.select<ExportType>(
    "export type",
    [
      { label: "stream", value: "stream" },
      { label: "service", value: "service" },
    ],
    chosen.type,
  );
  const subject = await prompts.text("subject", {
    initial: chosen.subject,
    check: (answer) => exportProblem({ subject: answer, type }),
  });
  const name = await prompts.text("name", { initial: flags.name || (chosen.name ?? subject), check: lengthProblem });
  const isPrivate = await prompts.confirm(`private ${type}`, flags.private ?? chosen.token_req ?? false);
  const service = type === "service" ? await askService(prompts, chosen) : {};
  const description = await prompts.text("Export Description", {
    initial: flags.description ?? chosen.description ?? "",
    check: (answer) => exportProblem({ subject, type, description: answer }),
  });
  const infoUrl = await prompts.text("Info url", {
    initial: flags["info-url"] ?? chosen.info_url ?? "",
    check: (answer) => exportProblem({ subject, type, info_url: answer }),
  });
  return { type, subject, name, private: isPrivate, ...service, description, infoUrl };
}

async function askService(prompts: EditExport["prompts"], chosen: ChosenExport): Promise<ExportEdit> {
  const latency = await askLatency(prompts, chosen.service_latency);
  const responseType = await askResponseType(prompts, chosen.response_type);
  const threshold = await askThreshold(prompts, chosen.response_threshold);
  return {
    ...(latency ?? { removesLatency: chosen.service_latency !== undefined }),
    responseType,
    responseThreshold: parseNanoseconds(threshold) ?? 0,
  };
}
