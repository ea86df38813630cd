import { CommandError } from "./command-error.ts";
import type { Invocation } from "./invocation.ts";
import { loadText } from "./load-text.ts";

/**
 * Data from a file or address, in JSON or YAML; `-` is standard input.
 *
 * @throws CommandError for what can't be read as either, or is no object
 */
export async function readData(invocation: Pick<Invocation, "io" | "output">, source: string): Promise<object> {
  const text = source === "-" ? await readAll(invocation.io.stdin) : await loadText(invocation, source);
  const data = text.trimStart().startsWith("{") ? parseJson(text, source) : await parseYaml(text, source);
  if (typeof data === "object" && data !== null && !Array.isArray(data)) return data;
  throw unreadable(source, "it holds no object");
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(source, (cause as Error).message, cause);
  }
}

async function parseYaml(text: string, source: string): Promise<unknown> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw unreadable(source, error.message.split("\n")[0] ?? "", error);
  return document.toJS({ maxAliasCount: 100 });
}

function unreadable(source: string, reason: string, cause?: unknown): CommandError {
  return new CommandError(`${JSON.stringify(source)} is neither JSON nor YAML: ${reason}`, {
    code: "ERR_SOURCE_INVALID",
    cause,
  });
}

async function readAll(stream: Invocation["io"]["stdin"]): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
