import { labelOf, leading } from "../../authority/reports/diagram-plantuml.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import type { Export } from "../../jwt/exports.ts";
import { type Import, importSubjects } from "../../jwt/imports.ts";
import type { Issue } from "../../jwt/issues.ts";
import { validate } from "../../jwt/validate.ts";
import { isCoveredBy } from "../../subjects/subject.ts";
import type { DrawnTree } from "./drawn-tree.ts";
import { noteLines } from "./notes.ts";

const HEAD = [
  "@startuml",
  "skinparam component {",
  "\tArrowFontName Arial",
  "\tArrowFontColor #636363",
  "    ArrowSize 10pt",
  "}",
  "skinparam interface {",
  "    backgroundColor<<not-found public service>> Red",
  "    backgroundColor<<not-found private service>> Red",
  "    backgroundColor<<not-found public stream>> Red",
  "    backgroundColor<<not-found private stream>> Red",
  "}",
  "",
];

const REWRITTEN = "<&resize-width>";

/** How characters of names stand in identifiers of PlantUML. */
const ID_PARTS: Readonly<Record<string, string>> = { " ": "_", "*": "_A_", ">": "_G_", $: "_D_", "-": "_M_" };

/** Accounts and what they exchange, with what is wrong with it. nsc: `generate diagram component`. */
export function componentDiagram(tree: DrawnTree, { hasNotes }: { readonly hasNotes: boolean }): string {
  const { operator, footer, now } = tree;
  const accounts = tree.accounts.map(({ claims }) => claims);
  const byKey = new Map(accounts.map((claims) => [claims.sub, claims]));
  const issues = new Map(accounts.map((claims) => [claims.sub, validate(claims, { now })]));
  const lines = [...HEAD, `title Component Diagram of Accounts - Operator ${labelOf(operator.name ?? "")}`];
  for (const claims of accounts) {
    const exports = entriesOf(claims.nats.exports);
    if (exports.length + entriesOf(claims.nats.imports).length === 0) continue;
    lines.push(`component [${nameOf(claims)}] as ${claims.sub} <<account>>`);
    if (hasNotes) lines.push(...noteLines(claims.sub, claims.nats));
    for (const [index, entry] of exports) {
      const id = exportId(claims.sub, entry);
      lines.push(
        `interface "${leading(labelOf(exportName(entry)))}" << ${offerOf(entry, entry.token_req === true)} >> as ${id}`,
      );
      lines.push(`${id} -- ${claims.sub} : ""${leading(labelOf(entry.subject))}"""`);
      if (hasNotes) lines.push(...noteLines(id, entry));
      lines.push(...issueLines(id, claims, issuesAt(issues.get(claims.sub), "exports", index)));
    }
    lines.push("");
  }
  for (const claims of accounts) {
    for (const [index, entry] of entriesOf(claims.nats.imports)) {
      lines.push(...importLines(claims, entry, byKey, issuesAt(issues.get(claims.sub), "imports", index)));
    }
  }
  lines.push("legend", `"${REWRITTEN}X", the imported subject is rewritten to X`, "end legend", footer, "@enduml");
  return `${lines.join("\n")}\n`;
}

function importLines(
  account: AccountClaims,
  entry: Import,
  byKey: ReadonlyMap<string, AccountClaims>,
  found: readonly string[],
): string[] {
  const { local, remote } = importSubjects(entry);
  const exporter = byKey.get(entry.account);
  const matching = entriesOf(exporter?.nats.exports).find(
    ([, each]) => each.type === entry.type && isCoveredBy(remote, each.subject),
  )?.[1];
  const hasToken = (entry.token ?? "") !== "";
  const isPrivate = matching === undefined ? hasToken : matching.token_req === true;
  const id = exportId(entry.account, matching ?? { subject: remote });
  const rewritten = local === remote ? "" : ` "${REWRITTEN}${labelOf(local)}"`;
  const issues = [...found];
  if (isPrivate && !hasToken) issues.push("Export is private but no activation token");
  else if (!isPrivate && hasToken) issues.push("Export is public but import has activation token");
  if (exporter === undefined) issues.push(`Exporting account not present: ${entry.account}`);
  return [
    ...(matching === undefined ? [`interface " " << not-found ${offerOf(entry, isPrivate)} >> as ${id}`] : []),
    `${account.sub}${rewritten} ..> ${id} : "${leading(labelOf(remote))}"`,
    ...issueLines(id, account, issues),
  ];
}

/** The entries of a list with their places, without the holes that hostile tokens have. */
function entriesOf<Entry>(list: readonly (Entry | null)[] | null | undefined): (readonly [number, Entry])[] {
  return [...(list ?? []).entries()].filter(
    (pair): pair is [number, Entry & {}] => (pair[1] ?? undefined) !== undefined,
  );
}

function nameOf({ name = "" }: AccountClaims): string {
  return labelOf(name);
}

function exportName({ name = "", subject }: Pick<Export, "name" | "subject">): string {
  return name === "" ? subject : name;
}

function offerOf({ type }: Pick<Export, "type">, isPrivate: boolean): string {
  return `${isPrivate ? "private" : "public"} ${type ?? "n/a"}`;
}

function exportId(publicKey: string, entry: Pick<Export, "name" | "subject">): string {
  const name = exportName(entry).replace(
    /[^\p{L}\p{N}_.]/gu,
    (character) => ID_PARTS[character] ?? `_${(character.codePointAt(0) as number).toString(16)}_`,
  );
  return `${publicKey}_${name}`;
}

function issuesAt(issues: readonly Issue[] | undefined, list: "imports" | "exports", index: number): string[] {
  const own = (issues ?? []).filter(({ path }) => path[1] === list && String(path[2]) === String(index));
  // That alone is nothing to be drawn.
  return own.filter(({ code }) => code !== "IMPORT_TO_DEPRECATED").map(({ message }) => message);
}

function issueLines(id: string, { name = "" }: AccountClaims, issues: readonly string[]): string[] {
  if (issues.length === 0) return [];
  return [
    `note left of ${id}\n`,
    `** Validation Issues by ${labelOf(name)}**\n`,
    ...issues.map((issue) => `* ${labelOf(issue)}\n`),
    "end note",
  ];
}
