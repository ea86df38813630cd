/** The subjects that two patterns have in common, as tokens of a pattern; nothing if there are none. */
export function intersectionOf(tokens: readonly string[], others: readonly string[]): readonly string[] | undefined {
  const common: string[] = [];
  for (let index = 0; ; index++) {
    const [token, other] = [tokens[index], others[index]];
    if (token === undefined && other === undefined) return common;
    // `>` is one token at least.
    if (token === undefined || other === undefined) return undefined;
    if (token === ">" && index === tokens.length - 1) return [...common, ...others.slice(index)];
    if (other === ">" && index === others.length - 1) return [...common, ...tokens.slice(index)];
    if (token !== other && token !== "*" && other !== "*") return undefined;
    common.push(token === "*" ? other : token);
  }
}
