import { trimGoSpace } from "../encoding/go-text.ts";
import type { StorePath } from "../store/store.ts";

/** The two folders that a commit changes. */
export type RootName = "stores" | "keystore";

/** A file or folder below a root; the path has slashes and no `.` or `..`, and is empty for the root itself. */
export interface Place {
  readonly root: RootName;
  readonly path: string;
}

export const DESCRIPTOR = ".nsc";
export const META = ".nscjs.json";
/** Where a commit says what it is about to do, until it is decided. */
export const INTENT = ".nscjs-prepare";
/** The same after it is decided, until it is done. */
export const LOG = ".nscjs-commit";
export const LOCK = ".nscjs-lock";
/** Files of a commit that are not in their places yet. nsc takes no file of such a name for one of its own. */
export const TEMPORARY: RegExp = /^\.nscjs-[0-9a-f]{16}-[0-9]+$/;

/** What says in a keystore that an unfinished commit is about it, and no other that may be there by now. */
export function markerPath(id: string): string {
  return `.nscjs-${id}`;
}
export const MARKER: RegExp = /^\.nscjs-[0-9a-f]{16}$/;

export const GIT_IGNORE = ".gitignore";
/** The blank behind "nk files" is nsc's. */
export const GIT_IGNORE_TEXT = `# ignore all nk files 
**/*.nk

# ignore all creds files
**/*.creds
`;

/** What a commit may replace or remove. */
const OWN_FILES: readonly { readonly root: RootName; readonly path: RegExp }[] = [
  { root: "stores", path: /^[^/]+\/(?:[^/]+\.jwt|\.nsc|\.nscjs\.json)$/ },
  { root: "stores", path: /^[^/]+\/accounts\/[^/]+\/[^/]+\.jwt$/ },
  { root: "stores", path: /^[^/]+\/accounts\/[^/]+\/users\/[^/]+\.jwt$/ },
  { root: "keystore", path: /^keys\/[A-Z]\/[A-Z2-7]{2}\/[A-Z2-7]+\.nk$/ },
  { root: "keystore", path: /^creds\/[^/]+\/[^/]+\/[^/]+\.creds$/ },
  { root: "keystore", path: /^\.gitignore$/ },
];

/** Whether a place is one of a file of nsc, and so nothing else is harmed when it is replaced. */
export function isOwnFile({ root, path }: Place): boolean {
  return isInside(path) && OWN_FILES.some((own) => own.root === root && own.path.test(path));
}

/** Whether a path stays below its root. */
export function isInside(path: string): boolean {
  const segments = path.split("/");
  const isWhole = segments.every((segment) => segment !== "" && segment !== "." && segment !== "..");
  return isWhole && !path.includes("\0") && (process.platform !== "win32" || !/[\\:]/.test(path));
}

export function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** nsc trims names in the names of files, but not in those of folders. */
export function jwtName(name: string): string {
  return `${trimGoSpace(name)}.jwt`;
}

export function accountFolder(operator: string, account: string): string {
  return `${operator}/accounts/${account}`;
}

export function usersFolder(operator: string, account: string): string {
  return `${accountFolder(operator, account)}/users`;
}

/** The file of an account's or user's token. That of an operator is named in its descriptor. */
export function tokenPath(path: Exclude<StorePath, readonly [string]>): string {
  const [operator, account, user] = path;
  if (user === undefined) return `${accountFolder(operator, account)}/${jwtName(account)}`;
  return `${usersFolder(operator, account)}/${user}.jwt`;
}

export function keyPath(publicKey: string): string {
  return `keys/${publicKey[0]}/${publicKey.slice(1, 3)}/${publicKey}.nk`;
}

/** @param operator - as the descriptor names it */
export function credsPath(operator: string, account: string, user: string): string {
  return `creds/${operator}/${account}/${user}.creds`;
}
