/** A token whose signature is another one, whatever it was. */
export function withBadSignature(token: string): string {
  return token.replace(
    /\.([\w-])([\w-]{85})$/,
    (_, first: string, rest: string) => `.${first === "A" ? "B" : "A"}${rest}`,
  );
}
