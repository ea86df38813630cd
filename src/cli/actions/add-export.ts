import type { ExportInit } from "../../authority/export-verbs.ts";
import { formatGoDuration, parseNanoseconds } from "../../encoding/duration.ts";
import { isNscError } from "../../errors.ts";
import type { ExportType } from "../../jwt/export-type.ts";
import type { ResponseType } from "../../jwt/exports.ts";
import { accountOrAsk } from "../asking/ask-account.ts";
import { CommandError } from "../command-error.ts";
import type { addExportFlags } from "../commands/exports.ts";
import { askLatency, askResponseType, askThreshold } from "../exchange/ask-service.ts";
import { reportIgnored } from "../exchange/ignored-flags.ts";
import { exportProblem, lengthProblem } from "../exchange/problems.ts";
import { readSampling } from "../exchange/sampling.ts";
import type { Invocation } from "../invocation.ts";
import { afterAccountChange } from "../managed/managed.ts";
import { signerOrAsk } from "../signing/ask-signer.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { exportsBeyondLimits } from "../validation/tolerate.ts";

type Values = Invocation<typeof addExportFlags>["flags"];

export async function run(invocation: Invocation<typeof addExportFlags>): Promise<void> {
  const { globals, report, tree } = invocation;
  const account = await accountOrAsk(invocation, invocation.flags.account);
  const operator = await tree.operator();
  const flags = globals.interactive === true ? await ask(invocation) : invocation.flags;
  const init = exportOf(flags);
  const signing = await signerOrAsk(invocation, ["operator"], { operator, account });
  const { subject, type, name = subject } = init;
  reportUnused(invocation, flags, type);
  await changeTree(
    invocation,
    async (tx) => {
      const changed = await (await tx.operator(operator.name)).account(account.name);
      await addTo(() => changed.addExport(init, signing), init);
      if (flags.advertise !== true) return;
      const advertise = (entry: { advertise?: boolean }): void => {
        entry.advertise = true;
      };
      await changed.editExport(subject, advertise, { type, ...signing });
    },
    exportsBeyondLimits,
  );
  await afterAccountChange(invocation, operator, account);
  report.ok(`added ${init.private === true ? "private" : "public"} ${type} export ${quote(name)}`);
}

async function addTo(add: () => Promise<void>, { subject, type }: ExportInit): Promise<void> {
  try {
    await add();
  } catch (cause) {
    if (!isNscError(cause, "ERR_ENTITY_EXISTS")) throw cause;
    throw new CommandError(`${type} export subject ${quote(subject)} already exports ${quote(subject)}`, {
      code: cause.code,
      hint: `'nsc edit export --subject ${subject}' changes it`,
      cause,
    });
  }
}

/** @throws CommandError */
function exportOf(flags: Values): ExportInit {
  const { subject = "", name = "", latency = "", private: isPrivate = false } = flags;
  const type: ExportType = flags.service === true ? "service" : "stream";
  if (subject === "") throw new CommandError("a subject is required", { code: "ERR_FLAGS", showsUsage: true });
  const position = flags["account-token-position"] ?? 0;
  if (isPrivate && position !== 0)
    throw new CommandError("account token position is only valid for public exports", { code: "ERR_FLAGS" });
  const sampling = flags.sampling ? readSampling(flags.sampling) : "headers";
  const responseType = flags["response-type"];
  if (type === "stream" && responseType !== undefined) {
    throw new CommandError("response type can only be specified in conjunction with service", { code: "ERR_FLAGS" });
  }
  if (responseType === "") throw new CommandError('unknown response type ""', { code: "ERR_FLAGS" });
  const threshold = type === "service" ? (flags["response-threshold"] ?? 0) : 0;
  if (BigInt(threshold) < 0n) throw new CommandError("negative response threshold is invalid", { code: "ERR_FLAGS" });
  return {
    subject,
    type,
    private: isPrivate,
    ...(name === "" ? {} : { name }),
    ...(latency === "" ? {} : { latency: { results: latency, sampling } }),
    ...(responseType === undefined ? {} : { responseType: responseType as ResponseType }),
    ...(BigInt(threshold) === 0n ? {} : { responseThreshold: formatGoDuration(BigInt(threshold)) }),
    ...(position === 0 ? {} : { accountTokenPosition: position }),
    ...(flags["allow-trace"] === true ? { allowTrace: true } : {}),
  };
}

function reportUnused({ report }: Invocation<typeof addExportFlags>, flags: Values, type: ExportType): void {
  if (type === "stream") reportIgnored(report, flags, ["response-threshold"], "it is for services");
  if (!flags.latency) reportIgnored(report, flags, ["sampling"], "it goes with --latency");
}

async function ask({ flags, prompts }: Invocation<typeof addExportFlags>): Promise<Values> {
  const type = await prompts.select<ExportType>(
    "export type",
    [
      { label: "stream", value: "stream" },
      { label: "service", value: "service" },
    ],
    flags.service === true ? "service" : "stream",
  );
  const subject = await prompts.text("subject", {
    ...(flags.subject === undefined ? {} : { initial: flags.subject }),
    check: (answer) => exportProblem({ subject: answer, type }),
  });
  const name = await prompts.text("name", { initial: flags.name || subject, check: lengthProblem });
  const isPrivate = await prompts.confirm(`private ${type}`, flags.private === true);
  const offered = { ...flags, subject, name, private: isPrivate, service: type === "service" };
  if (type === "stream") return offered;
  const latency = await askLatency(prompts, flags.latency ? { results: flags.latency } : {});
  const responseType = await askResponseType(prompts, flags["response-type"]);
  const threshold = await askThreshold(prompts, flags["response-threshold"]);
  return {
    ...offered,
    latency: latency?.latency,
    sampling: latency?.sampling,
    "response-type": responseType,
    "response-threshold": parseNanoseconds(threshold) ?? 0,
    "allow-trace": await prompts.confirm("allow tracing", flags["allow-trace"] === true),
  };
}
