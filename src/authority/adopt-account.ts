import { isNscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { decode } from "../jwt/decode.ts";
import { isSelfSigned } from "../jwt/did-sign.ts";
import { moveAccount } from "./account-verbs.ts";
import { pendingName, pushName } from "./meta.ts";
import { assertEntityName } from "./names.ts";
import { type AccountPath, accountPlaceIn, type OperatorPath } from "./paths.ts";
import { hasKey } from "./signing-keys.ts";
import type { Workspace } from "./workspace.ts";

/** What came of a token of an account that was found elsewhere. */
export interface Adoption {
  /** The name of the account in the store, or else in the token, or else its public key. */
  readonly name: string;
  readonly publicKey: string;
  /**
   * `added`: the store had no such account. `updated`: its token was replaced. `unchanged`: the store has it. `kept`: the store has a
   * newer one, or another one of the same second. `refused`: it is not stored; the message says why.
   */
  readonly status: "added" | "updated" | "unchanged" | "kept" | "refused";
  /** For people. */
  readonly message: string;
}

/** What is adopted although there are reasons not to. */
export interface AdoptionRules {
  /** Whether a newer token in the store is replaced. */
  readonly overwrite: boolean;
  /** Whether tokens that no key of the operator signed are taken. */
  readonly foreign: boolean;
}

/** Puts a token of an account into the store as it is. What speaks against it is said, and not thrown. */
export async function adoptAccount(
  workspace: Workspace,
  [operatorName]: OperatorPath,
  publicKey: string,
  token: string,
  rules: AdoptionRules,
): Promise<Adoption> {
  const refuse = (message: string, name = publicKey): Adoption => ({ name, publicKey, status: "refused", message });
  let claims: AccountClaims;
  try {
    claims = decode(token, { kind: "account", engine: workspace.context.engine });
  } catch (error) {
    if (isNscError(error)) return refuse(`its token can't be read: ${error.message}`);
    throw error;
  }
  const name = claims.name ?? "";
  if (claims.sub !== publicKey) return refuse(`its token is the one of ${claims.sub}`);
  const operator = await workspace.need<OperatorPath>([operatorName]);
  const isOwn = hasKey(operator, claims.iss ?? "");
  const present = accountPlaceIn(await workspace.findKey(publicKey), operatorName);
  if (!isOwn && !rules.foreign) {
    // As an account that its operator has not signed yet.
    if (present !== undefined && (await hasToken(workspace, present, token))) return unchanged(present, publicKey);
    return refuse(`it is signed by ${claims.iss}, which is no key of the operator`, name);
  }
  const kept = present && (await keep(workspace, present, { claims, token }, rules));
  if (kept !== undefined) return kept;
  const path: AccountPath = [operatorName, name];
  try {
    assertEntityName(name, "the name of the account");
    if (present?.[1] !== name) {
      await workspace.assertFree(path);
      // It was given another name elsewhere.
      if (present !== undefined) await moveAccount(workspace, present, path);
    }
  } catch (error) {
    if (isNscError(error)) return refuse(error.message, name);
    throw error;
  }
  await workspace.adopt(path, claims, token);
  for (const mark of [pendingName(publicKey), pushName(publicKey)]) {
    if ((await workspace.meta(operatorName, mark)) !== undefined) workspace.setMeta(operatorName, mark, undefined);
  }
  return present === undefined
    ? { name, publicKey, status: "added", message: "it is new" }
    : { name, publicKey, status: "updated", message: "its token was replaced" };
}

/** Why what the store has stays, which was issued that many seconds later. */
export function keptFor(ahead: number): string {
  return `the store has ${ahead > 0 ? `a token that is ${ahead} s newer` : "another token of the same second"}`;
}

function unchanged([, name]: AccountPath, publicKey: string): Adoption {
  return { name, publicKey, status: "unchanged", message: "the store has it" };
}

async function hasToken(workspace: Workspace, path: AccountPath, token: string): Promise<boolean> {
  try {
    return (await workspace.stored(path))?.token === token;
  } catch (error) {
    if (isNscError(error, "ERR_STORE_DAMAGED")) return false;
    throw error;
  }
}

/** What comes of an account where what the store has of it stays. */
async function keep(
  workspace: Workspace,
  path: AccountPath,
  { claims, token }: { readonly claims: AccountClaims; readonly token: string },
  { overwrite }: AdoptionRules,
): Promise<Adoption | undefined> {
  const title = { name: path[1], publicKey: claims.sub };
  try {
    const stored = await workspace.stored(path);
    if (stored === undefined) return undefined;
    if (stored.token === token) return unchanged(path, claims.sub);
    const ahead = (stored.claims.iat ?? 0) - (claims.iat ?? 0);
    if (ahead < 0 || overwrite) return undefined;
    // The operator's signature is what an account waits for that signed itself, however soon it comes.
    if (ahead === 0 && isSelfSigned(stored.claims as AccountClaims) && !isSelfSigned(claims)) return undefined;
    return { ...title, status: "kept", message: keptFor(ahead) };
  } catch (error) {
    // Whatever is there may be newer, and the others can do without it.
    if (isNscError(error, "ERR_STORE_DAMAGED")) return { ...title, status: "refused", message: error.message };
    throw error;
  }
}
