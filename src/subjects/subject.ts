import { isGoInteger } from "../encoding/go-time.ts";

/** Go: `Subject.HasWildCards`. Only whole tokens count, and `>` only at the end. */
export function hasWildcards(subject: string): boolean {
  return (
    subject.endsWith(".>") ||
    subject.includes(".*.") ||
    subject.endsWith(".*") ||
    subject.startsWith("*.") ||
    subject === "*" ||
    subject === ">"
  );
}

/** Whether every subject that `subject` stands for is among those of `other`. Go: `Subject.IsContainedIn`. */
export function isContainedIn(subject: string, other: string): boolean {
  return tokensAreContainedIn(subject.split("."), other.split("."));
}

/** {@link isContainedIn} for subjects that are split into tokens. */
export function tokensAreContainedIn(tokens: readonly string[], other: readonly string[]): boolean {
  const last = other.length - 1;
  if (tokens.length < other.length || (tokens.length > other.length && other[last] !== ">")) return false;
  for (let i = 0; i <= last; i++) {
    if (i === last && other[i] === ">") return true;
    if (other[i] !== "*" && other[i] !== tokens[i]) return false;
  }
  return true;
}

/**
 * Whether every subject that `subject` stands for is among those of `other`, as servers have it: `*` is one token, so that it
 * covers no `>`. nats-server: `isSubsetMatch`.
 */
export function isCoveredBy(subject: string, other: string): boolean {
  const isOpen = subject === ">" || subject.endsWith(".>");
  return isContainedIn(subject, other) && (!isOpen || other === ">" || other.endsWith(".>"));
}

/** Whether a token refers to a wildcard of another subject, as `$1` does; Go takes any integer, `$-1` included. */
export function isReference(token: string): boolean {
  return token.length > 1 && token.startsWith("$") && isGoInteger(token.slice(1));
}

/** The subject with references replaced by the wildcards that they stand for. Go: `RenamingSubject.ToSubject`. */
export function resolveReferences(subject: string): string {
  return subject
    .split(".")
    .map((token) => (isReference(token) ? "*" : token))
    .join(".");
}
