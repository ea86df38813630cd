import { CommandError } from "../command-error.ts";
import { problemOf } from "../output/problem-of.ts";
import { quote } from "../text/quote.ts";
import { randomName } from "./random-name.ts";

/**
 * The name of what is added.
 *
 * @param given - the flag before the word; `*` is for any name that is free
 * @param taken - the names that are there
 * @throws CommandError when there is none, or it is none
 */
export function newName(
  kind: "operator" | "account" | "user",
  given: string | undefined,
  taken: readonly string[],
): string {
  if (given === undefined || given === "") {
    throw new CommandError(`${kind} name is required`, { code: "ERR_NAME_INVALID", showsUsage: kind !== "account" });
  }
  if (given === "*") return randomName({ isTaken: (name) => taken.some((other) => isSameName(other, name)) });
  if (/[/\\]/.test(given)) {
    throw new CommandError("name cannot contain '/' or '\\'", { code: "ERR_NAME_INVALID", showsUsage: true });
  }
  return given;
}

/** What is wrong with the name of what is added, or nothing; for questions, so that it is asked for again. */
export function newNameProblem(
  kind: "operator" | "account" | "user",
  name: string,
  taken: readonly string[],
): string | undefined {
  const problem = problemOf(() => newName(kind, name, taken));
  if (problem !== undefined || !taken.some((other) => isSameName(other, name))) return problem;
  return `the ${kind} ${quote(name)} already exists`;
}

/** Whether two names are one where case does not count, as on some file systems. */
export function isSameName(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
