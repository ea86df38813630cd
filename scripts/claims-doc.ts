/**
 * Writes docs/claims.md: every kind of claims with all its members, from the tables in `src/jwt` (order, presence,
 * defaults) and the docstrings of the types (meaning, first nats-server). Run with `npm run docs:claims`; a test compares.
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { accountNats } from "../src/jwt/account.ts";
import { activationNats } from "../src/jwt/activation.ts";
import { authorizationRequestNats } from "../src/jwt/authorization-request.ts";
import { authorizationResponseNats } from "../src/jwt/authorization-response.ts";
import { commonClaims } from "../src/jwt/common.ts";
import { KINDS } from "../src/jwt/kinds.ts";
import { userPermissionLimits } from "../src/jwt/limits.ts";
import { operatorNats } from "../src/jwt/operator.ts";
import { userNats } from "../src/jwt/user.ts";

const root = join(import.meta.dirname, "..");

/** The layout of version 2 is read by this server and newer ones. */
const FIRST_SERVER = "2.2.0";

interface Section {
  readonly title: string;
  readonly type: string;
  /** The table, where one is at hand; the order of the type otherwise, which is the same by compilation. */
  readonly members?: Readonly<Record<string, { readonly omitEmpty: boolean }>>;
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const sections: readonly Section[] = [
  {
    title: "All kinds",
    type: "CommonClaims",
    members: commonClaims,
    text: "The top level of every token. Beside these stands the object `nats`, which the other sections are about.",
  },
  kindSection("Operator", "OperatorNats", operatorNats, "operator"),
  kindSection("Account", "AccountNats", accountNats, "account"),
  kindSection("User", "UserNats", userNats, "user"),
  kindSection("Activation", "ActivationNats", activationNats, "activation"),
  kindSection("Authorization request", "AuthorizationRequestNats", authorizationRequestNats, "authorization_request"),
  kindSection(
    "Authorization response",
    "AuthorizationResponseNats",
    authorizationResponseNats,
    "authorization_response",
  ),
  part("Import"),
  part("Export"),
  part("ServiceLatency"),
  { ...part("OperatorLimits"), defaults: KINDS.account.defaults().limits as Record<string, unknown> },
  part("JetStreamLimits"),
  part("UserScope"),
  { ...part("UserPermissionLimits"), members: userPermissionLimits, defaults: { subs: -1, data: -1, payload: -1 } },
  part("Permissions"),
  part("Permission"),
  part("ResponsePermission"),
  part("TimeRange"),
  part("WeightedMapping"),
  part("ExternalAuthorization"),
  part("MsgTrace"),
  part("ServerId"),
  part("ClientInformation"),
  part("ConnectOptions"),
  part("ClientTls"),
];

function kindSection(
  title: string,
  type: string,
  members: Section["members"] & object,
  kind: keyof typeof KINDS,
): Section {
  const { issuers, subject, defaults } = KINDS[kind];
  const about =
    subject === undefined ? "any text" : `the public key of an ${subject.kind}`.replace("an user", "a user");
  return {
    title,
    type,
    members,
    defaults: { ...defaults() },
    text: `The object \`nats\` of type \`${kind}\`. Issued by: ${issuers.join(", ")}. Subject: ${about}.`,
  };
}

function part(type: string): Section {
  return { title: type, type, text: "" };
}

/** The text of docs/claims.md. */
export function claimsDocument(): string {
  const program = ts.createProgram([join(root, "src/index.ts")], {
    ...ts.parseJsonConfigFileContent(
      ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config,
      ts.sys,
      root,
    ).options,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const interfaces = new Map<string, ts.InterfaceDeclaration>();
  for (const file of program.getSourceFiles()) {
    if (!file.fileName.includes("/src/jwt/")) continue;
    for (const node of file.statements) if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
  }
  const out = [
    "# Claims",
    "",
    "What tokens say, member by member, in the order on the wire. This page is generated from the code.",
    "",
    "Default is what `createOperatorClaims` and its sisters begin with; a member without one is absent. Absent, zero and",
    "empty are the same thing on the wire. Server is the first nats-server that acts on the member; older ones pass over it",
    "in silence.",
    "",
  ];
  for (const section of sections) out.push(...describe(section, interfaces, checker));
  return `${out.join("\n").trimEnd()}\n`;
}

function describe(
  section: Section,
  interfaces: ReadonlyMap<string, ts.InterfaceDeclaration>,
  checker: ts.TypeChecker,
): string[] {
  const declaration = interfaces.get(section.type);
  if (declaration === undefined) throw new Error(`there is no type ${section.type}`);
  const properties = new Map(
    checker
      .getTypeAtLocation(declaration)
      .getProperties()
      .map((symbol) => [symbol.name, symbol]),
  );
  const names = section.members === undefined ? [...properties.keys()] : Object.keys(section.members);
  const summary = checker.getSymbolAtLocation(declaration.name)?.getDocumentationComment(checker) ?? [];
  const lines = [`## ${section.title}`, "", section.text || oneLine(ts.displayPartsToString(summary)), ""];
  lines.push("| member | type | default | server | meaning |", "| --- | --- | --- | --- | --- |");
  for (const name of names) {
    const symbol = properties.get(name);
    if (symbol === undefined) throw new Error(`${section.type} has no member ${name}`);
    lines.push(row(name, symbol, section, checker));
  }
  lines.push("");
  return lines;
}

function row(name: string, symbol: ts.Symbol, section: Section, checker: ts.TypeChecker): string {
  const property = symbol.declarations?.[0] as ts.PropertySignature;
  const written = oneLine(property.type?.getText() ?? "");
  // A parameter of the type that all kinds share.
  const type = written === "Kind" ? JSON.stringify(section.defaults?.["type"]) : written;
  const since = symbol.getJsDocTags(checker).find((tag) => tag.name === "since");
  const server = since === undefined ? FIRST_SERVER : ts.displayPartsToString(since.text).replace("nats-server ", "");
  const value = section.defaults?.[name];
  const hasOwnSection = typeof value === "object" && sections.some((other) => other.type === property.type?.getText());
  const standard = value === undefined ? "" : hasOwnSection ? "see there" : `\`${JSON.stringify(value)}\``;
  const meaning = oneLine(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
  return `| \`${name}\` | ${link(type)} | ${standard} | ${server} | ${meaning.replaceAll("|", "\\|")} |`;
}

/** The name of a type that has a section becomes a link to it. */
function link(type: string): string {
  const names: readonly string[] = type.match(/[A-Z]\w+/g) ?? [];
  const name = names.includes("SigningKey")
    ? "UserScope"
    : names.find((other) => sections.some(({ type }) => type === other));
  const target = sections.find((section) => section.type === name);
  const code = `\`${type.replaceAll("|", "\\|")}\``;
  return target === undefined ? code : `[${code}](#${target.title.toLowerCase().replaceAll(" ", "-")})`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await writeFile(join(root, "docs/claims.md"), claimsDocument());
}
