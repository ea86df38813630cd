import { quoteJson } from "../encoding/json-string.ts";
import { damaged } from "./io-error.ts";

export const NSC_JSON = "nsc.json";

/** What nsc keeps in `nsc.json`; what is absent there is empty, or 0. */
export interface NscJson {
  readonly store_root: string;
  readonly operator: string;
  readonly account: string;
  readonly github_updates: string;
  readonly last_update: number;
  /** What we don't know and keep; nsc drops it with its next change. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** @throws NscError `ERR_STORE_DAMAGED` */
export function parseNscJson(text: string, file: string): NscJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(file, "is no JSON; mend or remove it");
  }
  // Go takes null for an object with nothing in it, and below for a member that is not there.
  const members = value ?? {};
  if (typeof members !== "object" || Array.isArray(members)) {
    throw damaged(file, "is no configuration of nsc; mend or remove it");
  }
  const { store_root, operator, account, github_updates, last_update, ...others } = members as Record<string, unknown>;
  const textOf = (member: unknown, name: string): string => {
    if (member === undefined || member === null) return "";
    if (typeof member !== "string") throw damaged(file, `has no text as ${name}; mend or remove it`);
    return member;
  };
  if (last_update != null && !Number.isSafeInteger(last_update)) {
    throw damaged(file, "has no time as last_update; mend or remove it");
  }
  return {
    store_root: textOf(store_root, "store_root"),
    operator: textOf(operator, "operator"),
    account: textOf(account, "account"),
    github_updates: textOf(github_updates, "github_updates"),
    last_update: (last_update as number | null | undefined) ?? 0,
    others,
  };
}

/** Exactly as nsc writes it: one line, Go's order and escapes. */
export function formatNscJson(config: NscJson): string {
  const { store_root, operator, account, github_updates, last_update, others } = config;
  const members: readonly (readonly [string, unknown])[] = [
    ["store_root", store_root],
    ["operator", operator],
    ["account", account],
    ["github_updates", github_updates],
    ["last_update", last_update],
    ...Object.entries(others),
  ];
  const texts = members.map(
    ([name, value]) => `${quoteJson(name)}:${typeof value === "string" ? quoteJson(value) : JSON.stringify(value)}`,
  );
  return `{${texts.join(",")}}`;
}
