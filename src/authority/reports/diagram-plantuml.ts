import {
  type DrawnAccount,
  type DrawnEntity,
  type DrawnImport,
  type DrawnTree,
  drawnImports,
  offerOf,
} from "./diagram-data.ts";

const STYLE = [
  "skinparam interface {",
  "    backgroundColor<<not-found public service>> Red",
  "    backgroundColor<<not-found private service>> Red",
  "    backgroundColor<<not-found public stream>> Red",
  "    backgroundColor<<not-found private stream>> Red",
  "}",
];

/** Accounts and what they exchange, as a diagram of components. nsc: `generate diagram component`. */
export function plantumlExchange(tree: DrawnTree): string {
  const { operator, accounts } = tree;
  const lines = ["@startuml", ...STYLE, "", `title Component Diagram of Accounts - Operator ${labelOf(operator.name)}`];
  for (const account of accounts) {
    if (account.exports.length === 0 && account.imports.length === 0) continue;
    lines.push(`component [${labelOf(account.name)}] as ${account.publicKey} <<account>>`);
    for (const [index, entry] of account.exports.entries()) {
      const id = exportId(account, index);
      const offer = offerOf(entry, entry.token_req === true);
      lines.push(`interface "${leading(labelOf(entry.name || entry.subject))}" << ${offer} >> as ${id}`);
      lines.push(`${id} -- ${account.publicKey} : ""${labelOf(entry.subject)}""`);
    }
    lines.push("");
  }
  for (const account of accounts) {
    for (const [index, drawn] of drawnImports(tree, account).entries()) {
      lines.push(...importLines(account, drawn, index, accounts));
    }
  }
  lines.push("legend", '"<&resize-width>X", the imported subject is rewritten to X', "end legend", "@enduml");
  return `${lines.join("\n")}\n`;
}

function importLines(
  { publicKey }: DrawnAccount,
  { entry, remote, local, from, exported }: DrawnImport,
  index: number,
  accounts: readonly DrawnAccount[],
): string[] {
  const rewritten = local === remote ? "" : ` "<&resize-width>${labelOf(local)}"`;
  const arrow = (target: string): string => `${publicKey}${rewritten} ..> ${target} : "${labelOf(remote)}"`;
  if (from !== undefined && exported !== undefined) {
    return [arrow(exportId(accounts[from] as DrawnAccount, exported))];
  }
  const missing = `${publicKey}_import_${index}`;
  const offer = offerOf(entry, (entry.token ?? "") !== "");
  return [`interface " " << not-found ${offer} >> as ${missing}`, arrow(missing)];
}

/** Not made of names, which may hold anything, and of which two may come out alike. */
function exportId({ publicKey }: DrawnAccount, index: number): string {
  return `${publicKey}_export_${index}`;
}

/** The operator, its accounts and their users, and what signed them. nsc: `generate diagram object`. */
export function plantumlEntities({ operator, accounts }: DrawnTree): string {
  const lines = ["@startuml", "title Object Diagram"];
  const add = ({ name, publicKey, signedBy }: DrawnEntity, kind: string, id: string, above: string): void => {
    lines.push(`object "${labelOf(name)}" as ${id} << ${kind} >> {`, `Identity Key = ${publicKey}`, "}");
    lines.push(`${above} -- ${id} : "${labelOf(signedBy)} signed >"`);
  };
  const { publicKey } = operator;
  lines.push(`object "${labelOf(operator.name)}" as ${publicKey} << operator >> {`, `Identity Key = ${publicKey}`, "}");
  for (const account of accounts) {
    add(account, account.isSystem ? "system account" : "account", account.publicKey, publicKey);
    // One key may be the one of users of several accounts.
    for (const [index, user] of account.users.entries()) {
      add(user, "user", `${account.publicKey}_user_${index}`, account.publicKey);
    }
  }
  lines.push("@enduml");
  return `${lines.join("\n")}\n`;
}

/** A text that PlantUML shows as it is: what could end it or mean something in it is written as its code. */
export function labelOf(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, " ")
    .replace(/[^\p{L}\p{M}\p{N} _.,:>*$-]/gu, codeOf)
    .replace(/--|__|\*\*|>>/g, (pair) => Array.from(pair, codeOf).join(""));
}

function codeOf(character: string): string {
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
  return `<U+${code}>`;
}

/** A star at the beginning would be an item of a list. */
export function leading(label: string): string {
  return label.startsWith("*") ? ` ${label}` : label;
}
