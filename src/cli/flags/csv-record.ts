import { FlagError } from "./flag.ts";

/**
 * The fields of one line of comma-separated values, read as Go's `encoding/csv` does.
 *
 * @throws FlagError for quotes out of place, and for a second line, which Go would pass over
 */
export function readCsvRecord(text: string): readonly string[] {
  if (text === "") return [];
  // Go makes every line end the same, and drops a carriage return at the very end.
  const input = text.replaceAll("\r\n", "\n").replace(/\r$/, "");
  const start = /^\n*/.exec(input)?.[0].length ?? 0;
  if (start === input.length) throw new FlagError("EOF");
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const field = input[at] === '"' ? readQuoted(input, at, start) : readPlain(input, at, start);
    fields.push(field.value);
    at = field.end;
    if (input[at] !== ",") break;
    at += 1;
  }
  if (input.slice(at).trim() !== "") throw new FlagError("more than one line: separate values by commas");
  return fields;
}

interface Field {
  readonly value: string;
  readonly end: number;
}

function readPlain(input: string, start: number, record: number): Field {
  const length = input.slice(start).search(/[,\n]/);
  const end = length < 0 ? input.length : start + length;
  const value = input.slice(start, end);
  const quote = value.indexOf('"');
  if (quote >= 0) throw failAt(input, record, start + quote, 'bare " in non-quoted-field');
  return { value, end };
}

function readQuoted(input: string, start: number, record: number): Field {
  let value = "";
  let at = start + 1;
  for (;;) {
    const quote = input.indexOf('"', at);
    if (quote < 0) throw failAt(input, record, input.length, 'extraneous or missing " in quoted-field');
    value += input.slice(at, quote);
    const next = input[quote + 1];
    if (next === undefined || next === "," || next === "\n") return { value, end: quote + 1 };
    if (next !== '"') throw failAt(input, record, quote, 'extraneous or missing " in quoted-field');
    value += '"';
    at = quote + 2;
  }
}

/** Go counts lines from the first one, empty ones too, and columns in bytes. */
function failAt(input: string, record: number, at: number, reason: string): FlagError {
  const lineOf = (end: number) => input.slice(0, end).split("\n").length;
  // After the end of the last line there is no other one.
  const end = at === input.length && input.endsWith("\n") ? at - 1 : at;
  const column = new TextEncoder().encode(input.slice(input.lastIndexOf("\n", end - 1) + 1, at)).length + 1;
  const first = lineOf(record);
  const line = lineOf(end);
  const where = `parse error on line ${line}, column ${column}: ${reason}`;
  return new FlagError(first === line ? where : `record on line ${first}; ${where}`);
}
