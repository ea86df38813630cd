import type { Account } from "../../authority/account.ts";
import type { Export } from "../../jwt/exports.ts";
import type { Import } from "../../jwt/imports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";

/** An account above its exports in a list to pick from. nsc: `AccountExportChoice`. */
export function accountHeading({ name, publicKey, claims }: Account): string {
  const { description = "", info_url: url = "" } = claims.nats;
  return `${name}: ${description === "" ? `[${publicKey}]` : description}${url === "" ? "" : `\n  Link: ${url}`}`;
}

/** An export in a list to pick from. nsc: `AccountExportChoice`. */
export function exportLabel(account: string, entry: ReadonlyDeep<Export>): string {
  const { description = "", info_url: url = "", type, token_req: isPrivate } = entry;
  const more = `${description === "" ? "" : `\n       Description: ${description}`}${url === "" ? "" : `\n       Link: ${url}`}`;
  return `  ${account} ${arrow(type)} ${nameBefore(entry)}${entry.subject} ${isPrivate === true ? "[!]" : ""}${more}`;
}

/**
 * An import in a list to pick from. nsc: `AccountImportChoice`.
 *
 * @param source - the name or the key of the exporting account
 */
export function importLabel(entry: ReadonlyDeep<Import>, source: string): string {
  const isPrivate = entry.token !== undefined && entry.token !== "";
  return `  ${arrow(entry.type)} ${nameBefore(entry)}${entry.subject} ${isPrivate ? "[!]" : ""} (${source})`;
}

function arrow(type: string | undefined): string {
  return type === "service" ? "<-" : "->";
}

function nameBefore({ name = "", subject }: { readonly name?: string; readonly subject: string }): string {
  return name === subject ? "" : `[${name}] `;
}
