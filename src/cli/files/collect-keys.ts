import { decode } from "../../jwt/decode.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import { keyPrefix } from "../../nkeys/codec.ts";
import { isKeyKind, type KeyKind } from "../../nkeys/kinds.ts";
import type { StorePath } from "../../store/store.ts";
import { CommandError } from "../command-error.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";
import type { Tree } from "../tree/tree.ts";

/** Which keys are meant, by the flags that `list keys` and `export keys` share. */
export interface KeySelection {
  readonly operator?: boolean | undefined;
  readonly accounts?: boolean | undefined;
  readonly users?: boolean | undefined;
  readonly curves?: boolean | undefined;
  readonly all?: boolean | undefined;
  /** The name or the public key of an account, to which its keys and those of its users are restricted. */
  readonly account?: string | undefined;
  readonly user?: string | undefined;
  /** A curve key by itself. */
  readonly curve?: string | undefined;
  readonly filter?: string | undefined;
  readonly "not-referenced"?: boolean | undefined;
}

/** A key, and whose it is. */
export interface FoundKey {
  /** As the token has it; `?` for nobody's. */
  readonly name: string;
  readonly publicKey: string;
  /** The public key of what is above the entity. */
  readonly parent?: string;
  /** Signing and encryption keys are of the kind of what has them. */
  readonly kind: KeyKind;
  readonly isSigning: boolean;
  readonly isCurve: boolean;
  /** Of an identity. */
  readonly token?: string;
}

interface Kinds {
  readonly operator: boolean;
  readonly accounts: boolean;
  readonly users: boolean;
  readonly curves: boolean;
}

const EVERY: Kinds = { operator: true, accounts: true, users: true, curves: true };

/**
 * The keys of the current operator that are meant, from the operator down; or those of the keystore that nothing of that
 * operator has. nsc: `KeyCollectorParams`, which takes the keys of all other accounts for nobody's where it is about one.
 */
export async function collectKeys(invocation: Invocation, selection: KeySelection): Promise<readonly FoundKey[]> {
  const { tree } = invocation;
  const { operator, accounts, users, curves, curve, all, filter = "" } = selection;
  const hasKind = [operator, accounts, users, curves, all].includes(true) || Boolean(curve);
  const kinds: Kinds =
    !hasKind || all === true
      ? EVERY
      : {
          operator: operator === true,
          accounts: accounts === true,
          users: users === true,
          curves: curves === true || Boolean(curve),
        };
  const isNobodys = selection["not-referenced"] === true;
  // The current account is the default where no kind says that all accounts are meant.
  const account = selection.account || (hasKind ? undefined : (await tree.context()).account);
  const keys = isNobodys
    ? await unreferencedKeys(invocation)
    : await namedKeys(invocation, { account, user: selection.user }, kinds);
  const wanted = filter.toUpperCase();
  return keys.filter(
    (key) => isOf(kinds, key) && key.publicKey.includes(wanted) && (!curve || key.publicKey === curve),
  );
}

function isOf(kinds: Kinds, { kind, isCurve }: FoundKey): boolean {
  if (isCurve || kind === "curve") return kinds.curves || kinds.accounts;
  if (kind === "account") return kinds.accounts;
  if (kind === "operator") return kinds.operator;
  // Server and cluster keys are of no operator.
  return kind === "user" ? kinds.users : kinds.operator && kinds.accounts && kinds.users;
}

interface Restriction {
  readonly account: string | undefined;
  readonly user: string | undefined;
}

/** Tokens are read by themselves: handles want seeds, of which a damaged one is to be listed, too. */
async function namedKeys({ tree }: Invocation, only: Restriction, kinds: Kinds): Promise<readonly FoundKey[]> {
  const operator = await tree.operatorName();
  const token = await readToken(tree, [operator]);
  const claims = decode(token, { kind: "operator" });
  const of = { name: claims.name ?? operator, kind: "operator", isSigning: false, isCurve: false } as const;
  const found: FoundKey[] = [{ ...of, publicKey: claims.sub, token }];
  for (const key of claims.nats.signing_keys ?? []) found.push({ ...of, publicKey: key, isSigning: true });
  if (!kinds.accounts && !kinds.users && !kinds.curves) return found;
  const accounts = only.account ? [await tree.accountName(only.account)] : await tree.names([operator]);
  const users: FoundKey[] = [];
  for (const account of accounts) {
    const keys = await accountKeys(tree, [operator, account], claims.sub);
    const ofUsers = kinds.users ? await userKeys(tree, [operator, account], keys[0].publicKey, only.user) : [];
    users.push(...ofUsers);
    found.push(...keys, ...ofUsers);
  }
  if (!only.user || !kinds.users || users.length > 0) return found;
  const [account, another] = accounts;
  if (account !== undefined && another === undefined) throw await tree.userNotFound(account, only.user);
  throw new CommandError(`user ${only.user} does not exist in any account of operator ${quote(operator)}`, {
    code: "ERR_ENTITY_NOT_FOUND",
  });
}

async function readToken({ store }: Tree, path: StorePath): Promise<string> {
  const token = await store.read(path);
  if (token !== undefined) return token;
  throw new CommandError(`there is no token of ${path.join("/")}`, { code: "ERR_ENTITY_NOT_FOUND" });
}

async function accountKeys(
  tree: Tree,
  path: readonly [string, string],
  parent: string,
): Promise<readonly [FoundKey, ...FoundKey[]]> {
  const token = await readToken(tree, path);
  const { name = path[1], sub, nats } = decode(token, { kind: "account" });
  const of = { name, kind: "account", isSigning: false, isCurve: false } as const;
  const { signing_keys: signingKeys = [], authorization } = nats;
  return [
    { ...of, publicKey: sub, parent, token },
    ...signingKeys.map((key) => ({ ...of, publicKey: signingKeyOf(key), isSigning: true })),
    ...(authorization?.xkey ? [{ ...of, publicKey: authorization.xkey, isCurve: true }] : []),
  ];
}

async function userKeys(
  tree: Tree,
  [operator, account]: readonly [string, string],
  parent: string,
  only: string | undefined,
): Promise<readonly FoundKey[]> {
  const found: FoundKey[] = [];
  for (const user of await tree.names([operator, account])) {
    const token = await readToken(tree, [operator, account, user]);
    const { name = user, sub } = decode(token, { kind: "user" });
    if (only && user !== only && sub !== only) continue;
    found.push({ name, publicKey: sub, parent, kind: "user", isSigning: false, isCurve: false, token });
  }
  return found;
}

const KIND_ORDER: readonly KeyKind[] = ["operator", "account", "user", "curve", "server", "cluster"];

async function unreferencedKeys(invocation: Invocation): Promise<readonly FoundKey[]> {
  const { tree } = invocation;
  const { operator } = await tree.context();
  const everywhere = { account: undefined, user: undefined };
  const named = operator === undefined ? [] : await namedKeys(invocation, everywhere, EVERY);
  const taken = new Set(named.map(({ publicKey }) => publicKey));
  const found: FoundKey[] = [];
  for await (const publicKey of tree.store.listKeys()) {
    const kind = keyPrefix(publicKey);
    if (!taken.has(publicKey) && isKeyKind(kind)) {
      found.push({ name: "?", publicKey, kind, isSigning: false, isCurve: false });
    }
  }
  const order = ({ kind, publicKey }: FoundKey): string => `${KIND_ORDER.indexOf(kind)}${publicKey}`;
  return found.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
