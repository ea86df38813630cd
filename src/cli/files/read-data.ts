import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { quotePath } from "../text/quote.ts";
import { loadText, shownSource } from "./load-text.ts";

/**
 * Data from a file or address, in JSON or YAML; `-` is standard input.
 *
 * @throws CommandError for what can't be read as either, or is no object
 */
export async function readData(invocation: Pick<Invocation, "io" | "output">, source: string): Promise<object> {
  const text = await readInput(invocation, source);
  const data = text.trimStart().startsWith("{") ? parseJson(text, source) : await parseYaml(text, source);
  if (typeof data === "object" && data !== null && !Array.isArray(data)) return data;
  throw invalid(`${titleOf(source)} holds no object`);
}

/** The text of a file, or what is at an address; `-` is standard input. */
export async function readInput(invocation: Pick<Invocation, "io" | "output">, source: string): Promise<string> {
  return source === "-" ? await readAll(invocation.io.stdin) : await loadText(invocation, source);
}

/** A source in messages. */
export function titleOf(source: string): string {
  return source === "-" ? "standard input" : quotePath(shownSource(source));
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Node's message quotes what it reads, which may be a secret.
    const reason = (cause as Error).message.replace(/, (?:\.\.\.)?".*$/s, "");
    throw invalid(`${titleOf(source)} is no JSON: ${reason}`);
  }
}

async function parseYaml(text: string, source: string): Promise<unknown> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const [reason = ""] = error.message.split("\n");
    throw invalid(`${titleOf(source)} is neither JSON nor YAML: ${reason.replace(/:$/, "")}`, error);
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw invalid(`${titleOf(source)} is no YAML that can be read: ${(cause as Error).message}`, cause);
  }
}

function invalid(message: string, cause?: unknown): CommandError {
  return new CommandError(message, { code: "ERR_SOURCE_INVALID", cause });
}

async function readAll(stream: Invocation["io"]["stdin"]): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
