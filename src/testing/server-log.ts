import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Traces of a long test can fill gigabytes; what matters stands at the end. */
const LONGEST_BYTES = 1024 * 1024;
const EXCERPT_LINES = 20;

/** The log file's content, its last mebibyte at most, from a line's start; empty if there is no file. */
export function readLog(path: string, from = 0): string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return "";
  }
  try {
    const { size } = fstatSync(file);
    const start = Math.max(from, size - LONGEST_BYTES, 0);
    const bytes = Buffer.alloc(Math.max(size - start, 0));
    const length = readSync(file, bytes, 0, bytes.length, start);
    const text = bytes.toString("utf8", 0, length);
    return start === from ? text : text.slice(text.indexOf("\n") + 1);
  } finally {
    closeSync(file);
  }
}

/**
 * The end of a log, for an error's message, without the page of help that follows a flag which is not known. Lines stay whole: the error hides seeds and tokens in its message, which it
 * can only do where it sees all of one.
 */
export function logExcerpt(log: string): string {
  const lines = log
    .replace(/^Usage: nats-server .*/ms, "")
    .trimEnd()
    .split("\n");
  return lines.slice(-EXCERPT_LINES).join("\n") || "(the log is empty)";
}
