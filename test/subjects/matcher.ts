/**
 * Whether Go's `IsContainedIn` says that a subject is contained in another (claims.md, section 4.3), by way of a regular
 * expression: none of our code has a part in it.
 */
export function matches(subject: string, other: string): boolean {
  const tokens = other.split(".");
  const body = tokens.map((token, index) => {
    if (token === ">" && index === tokens.length - 1) return "[\\s\\S]*";
    return token === "*" ? "[^.]*" : token.replace(/[\\^$*+?()[\]{}|>-]/g, "\\$&");
  });
  return new RegExp(`^${body.join("\\.")}$`).test(subject);
}
