import type { Description } from "../../authority/reports/description.ts";
import { formatDescription } from "../../authority/reports/description.ts";
import { formatDecoratedToken } from "../../creds/decorated.ts";
import type { describeFlags } from "../commands/describe.ts";
import type { Invocation } from "../invocation.ts";
import { quoteHomePath } from "../text/home-path.ts";
import { readField } from "./field-path.ts";
import { formatJson, formatJsonLine, payloadOf } from "./payload.ts";

/** The least that descriptions can be fitted to. */
const NARROWEST = 20;

/** What is described. */
export interface DescribedToken {
  /** What reports call it. */
  readonly kind: string;
  readonly token: string;
  readonly describe: () => Promise<Description>;
}

/** Prints a token, what stands in it, or its description, or writes that into the file that was asked for. */
export async function describeToken(
  { flags, io, output, report }: Invocation<typeof describeFlags>,
  { kind, token, describe }: DescribedToken,
): Promise<void> {
  const { raw: isRaw = false, field = "", "long-ids": longIds = false, "output-file": file = "" } = flags;
  const isFile = file !== "" && file !== "--";
  const text = await textOf();
  if (!isFile) {
    // Not by way of numbers, which don't hold all that stands in tokens.
    io.stdout.write(`${text}\n`);
    return;
  }
  const path = await output.writeFile(file, text, { overwrites: true });
  output.data({ file: path });
  if (output.isDryRun) return;
  const shown = quoteHomePath(file, io);
  report.ok(`wrote ${kind} ${isRaw ? "jwt" : "description"} to ${shown}`);

  async function textOf(): Promise<string> {
    if (isRaw && isFile) return formatDecoratedToken(kind, token);
    if (isRaw) return output.isJson ? JSON.stringify(token) : token;
    if (field !== "") return formatJsonLine(readField(payloadOf(token), field));
    if (output.isJson) return `${formatJson(payloadOf(token))}\n`;
    const { width } = output;
    const fits = isFile || width === undefined ? {} : { width: Math.max(width, NARROWEST) };
    return formatDescription(await describe(), { longIds, ...fits });
  }
}
