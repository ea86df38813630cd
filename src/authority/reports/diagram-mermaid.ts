import { type DrawnEntity, type DrawnTree, drawnImports, offerOf } from "./diagram-data.ts";

/** Accounts and what they exchange, as a flow chart. */
export function mermaidExchange(tree: DrawnTree): string {
  const { accounts } = tree;
  const lines = ["flowchart LR"];
  const missing: string[] = [];
  for (const [index, account] of accounts.entries()) {
    if (account.exports.length === 0 && account.imports.length === 0) continue;
    lines.push(`  a${index}["${labelOf(account.name)}"]`);
    for (const [number, entry] of account.exports.entries()) {
      lines.push(`  a${index}_e${number}(["${labelOf(entry.name || entry.subject)}"])`);
      const offer = offerOf(entry, entry.token_req === true);
      lines.push(`  a${index} -- "${labelOf(`${offer}: ${entry.subject}`)}" --- a${index}_e${number}`);
    }
  }
  for (const [index, account] of accounts.entries()) {
    for (const [number, { entry, remote, local, from, exported }] of drawnImports(tree, account).entries()) {
      let target = `a${from}_e${exported}`;
      if (exported === undefined) {
        target = `m${index}_${number}`;
        const of = from === undefined ? undefined : accounts[from];
        const why = of === undefined ? `account ${entry.account} is not here` : `${of.name} does not export it`;
        lines.push(`  ${target}(["${labelOf(`${remote}: ${why}`)}"])`);
        missing.push(target);
      }
      const subjects = local === remote ? remote : `${remote} as ${local}`;
      lines.push(`  a${index} -. "${labelOf(subjects)}" .-> ${target}`);
    }
  }
  if (missing.length > 0)
    lines.push("  classDef missing stroke:#d00,stroke-dasharray:4", `  class ${missing.join(",")} missing`);
  return `${lines.join("\n")}\n`;
}

/** The operator, its accounts and their users, and what signed them. */
export function mermaidEntities({ operator, accounts }: DrawnTree): string {
  const lines = ["flowchart TD", `  o[["${labelOf(`operator ${operator.name}`)}"]]`];
  const add = (id: string, above: string, kind: string, { name, signedBy }: DrawnEntity): void => {
    lines.push(`  ${id}["${labelOf(`${kind} ${name}`)}"]`, `  ${above} -- "${labelOf(signedBy)}" --> ${id}`);
  };
  for (const [index, account] of accounts.entries()) {
    add(`a${index}`, "o", account.isSystem ? "system account" : "account", account);
    for (const [number, user] of account.users.entries()) add(`a${index}_u${number}`, `a${index}`, "user", user);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * A text that Mermaid shows as it is: whatever could end it or mean something in it is written as the entity code of its
 * character, and what is no visible character as a blank.
 */
function labelOf(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, " ")
    .replace(/[^\p{L}\p{M}\p{N} _.,:-]/gu, (character) => `#${character.codePointAt(0)};`);
}
