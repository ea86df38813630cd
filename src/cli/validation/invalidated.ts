import type { Account } from "../../authority/account.ts";
import type { Operator } from "../../authority/operator.ts";
import { isNscError } from "../../errors.ts";
import { changeReport, changeReportSchema } from "../change-report.ts";
import type { Invocation } from "../invocation.ts";
import type { Schema } from "../schema.ts";
import { quote } from "../text/quote.ts";

/** What is no longer valid, since the key that signed it was removed or has become that of a role. */
export interface Invalidated {
  readonly kind: "account" | "user";
  readonly path: readonly string[];
  readonly publicKey: string;
  /** The key that signed it. */
  readonly issuer: string;
}

/** What `--json` prints of a command that may remove signing keys. */
export const keyRemovalReport: Schema = {
  ...changeReportSchema,
  properties: {
    ...changeReportSchema.properties,
    invalidated: {
      type: "array",
      description: "what is no longer valid, since the key that signed it was removed",
      items: {
        type: "object",
        properties: {
          kind: { enum: ["account", "user"] },
          path: { type: "array", items: { type: "string" }, description: "the names from the operator down" },
          public_key: { type: "string" },
          issuer: { type: "string", description: "the key that signed it" },
        },
        required: ["kind", "path", "public_key", "issuer"],
      },
    },
  },
  required: [...(changeReportSchema.required ?? []), "invalidated"],
};

/** The accounts of an operator, or the users of an account, that some of its keys have signed. */
export async function findSignedBy(
  holder: Operator | Account,
  path: readonly string[],
  keys: readonly string[],
): Promise<readonly Invalidated[]> {
  if (keys.length === 0) return [];
  const isOperator = "accounts" in holder;
  const found: Invalidated[] = [];
  try {
    for await (const { name, publicKey, claims } of isOperator ? holder.accounts() : holder.users()) {
      const issuer = claims.iss ?? "";
      if (!keys.includes(issuer)) continue;
      found.push({ kind: isOperator ? "account" : "user", path: [...path, name], publicKey, issuer });
    }
  } catch (error) {
    // What can't be read is thrown at the end; it is valid to nobody anyhow.
    if (!isNscError(error, "ERR_STORE_DAMAGED")) throw error;
  }
  return found;
}

/**
 * Says what is no longer valid, on standard error and in the JSON.
 *
 * @param why - what has become of the key
 */
export function sayInvalidated(invocation: Invocation, invalidated: readonly Invalidated[], why = "is removed"): void {
  const { output } = invocation;
  for (const { kind, path, issuer } of invalidated) {
    const name = quote(path.at(-1) ?? "");
    const below = kind === "user" ? ` in account ${quote(path.at(-2) ?? "")}` : "";
    output.note(`${kind} ${name}${below} was signed by ${issuer}, which ${why}: it is no longer valid`);
  }
  const [first] = invalidated;
  if (first !== undefined) {
    const command = first.kind === "user" ? `nsc edit user --account ${first.path[1]} NAME` : "nsc edit account NAME";
    output.note(`have another key sign each of them: ${command} -K KEY`);
  }
  output.dataAtEnd(() => ({
    ...(changeReport(invocation) as object),
    invalidated: invalidated.map(({ kind, path, publicKey, issuer }) => ({
      kind,
      path,
      public_key: publicKey,
      issuer,
    })),
  }));
}
