/** The half of a request for signatures that stays: what is to be committed once everything is signed. */

import { isStorePrefix } from "../store/paths.ts";
import type { StoreDelete, StoreExpectations, StoreMetaChange } from "../store/store.ts";
import type { PendingActivation } from "./pending-activations.ts";
import type { SignedEntity } from "./sign-changes.ts";
import { headOf, listOf, objectOf, parseFile, pathOf, textOf } from "./signature-file.ts";
import type { Move } from "./workspace.ts";

/** What waits for signatures to be committed. */
export interface KeptRequest {
  /** The id of the request. */
  readonly id: string;
  readonly tokens: readonly Omit<SignedEntity, "publicKey" | "issuedAt">[];
  /** The activations that have to be signed before the accounts that import by them. */
  readonly activations: readonly PendingActivation[];
  readonly deletes: readonly StoreDelete[];
  /** The public keys of the seeds that were kept in the store for it. */
  readonly keys: readonly string[];
  readonly deletedKeys: readonly string[];
  readonly meta: readonly StoreMetaChange[];
  readonly moves: readonly Move[];
  readonly expected: Required<StoreExpectations>;
}

const FORMAT = "nsc.js commit that waits for signatures";

export function formatKept(kept: KeptRequest): string {
  return `${JSON.stringify({ ...headOf(FORMAT), ...kept })}\n`;
}

/**
 * Reads the text of what was kept.
 *
 * @throws NscError `ERR_REQUEST_FORMAT`, `ERR_ARGUMENT_INVALID`
 */
export function parseKept(text: string): KeptRequest {
  return parseFile(text, FORMAT, (content) => {
    const expected = objectOf(content["expected"]);
    return complete<KeptRequest>({
      id: textOf(content["id"]),
      tokens: listOf(content["tokens"], readEntity),
      activations: listOf(content["activations"], readActivation),
      deletes: listOf(content["deletes"], readDelete),
      keys: listOf(content["keys"], textOf),
      deletedKeys: listOf(content["deletedKeys"], textOf),
      meta: listOf(content["meta"], readMeta),
      moves: listOf(content["moves"], readMove),
      expected: complete<KeptRequest["expected"]>({
        tokens: listOf(expected?.["tokens"], readExpectedToken),
        lists: listOf(expected?.["lists"], readList),
        meta: listOf(expected?.["meta"], readMeta),
      }),
    });
  });
}

/** An object all of whose members are there. */
function complete<T extends object>(members: { readonly [Name in keyof T]: T[Name] | undefined }): T | undefined {
  return Object.values(members).includes(undefined) ? undefined : (members as T);
}

function readEntity(value: unknown): KeptRequest["tokens"][number] | undefined {
  const { path, token, signed, replacedKeys, awaits } = objectOf(value) ?? {};
  const entity = complete<Pick<SignedEntity, "path" | "token" | "replacedKeys">>({
    path: pathOf(path),
    token: textOf(token),
    replacedKeys: listOf(replacedKeys, textOf),
  });
  if (entity === undefined || typeof signed !== "boolean") return undefined;
  if (awaits === undefined) return { ...entity, signed };
  return typeof awaits === "string" ? { ...entity, signed, awaits } : undefined;
}

function readActivation(value: unknown): PendingActivation | undefined {
  const { path: names, input } = objectOf(value) ?? {};
  const path = pathOf(names);
  if (path?.length !== 2 || typeof input !== "string") return undefined;
  return { path, input };
}

function readDelete(value: unknown): StoreDelete | undefined {
  const { path: names, keepCreds = false } = objectOf(value) ?? {};
  const path = pathOf(names);
  return path && typeof keepCreds === "boolean" ? { path, keepCreds } : undefined;
}

function readMeta(value: unknown): StoreMetaChange | undefined {
  const { operator, name, value: text } = objectOf(value) ?? {};
  if (typeof operator !== "string" || typeof name !== "string") return undefined;
  // JSON leaves out what there is not.
  return text === undefined || typeof text === "string" ? { operator, name, value: text } : undefined;
}

function readMove(value: unknown): Move | undefined {
  const { from, to } = objectOf(value) ?? {};
  return complete<Move>({ from: pathOf(from), to: pathOf(to) });
}

function readExpectedToken(value: unknown): KeptRequest["expected"]["tokens"][number] | undefined {
  const { path: names, token } = objectOf(value) ?? {};
  const path = pathOf(names);
  return path && (token === undefined || typeof token === "string") ? { path, token } : undefined;
}

function readList(value: unknown): KeptRequest["expected"]["lists"][number] | undefined {
  const { prefix, names } = objectOf(value) ?? {};
  const above = listOf(prefix, textOf);
  const found = listOf(names, textOf);
  return above && found && isStorePrefix(above) ? { prefix: above, names: found } : undefined;
}
