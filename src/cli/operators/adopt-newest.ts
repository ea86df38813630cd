import type { Nsc } from "../../authority/nsc.ts";
import type { Operator } from "../../authority/operator.ts";
import { isNscError } from "../../errors.ts";
import { CommandError } from "../command-error.ts";
import { quote } from "../text/quote.ts";
import type { Tree } from "../tree/tree.ts";
import type { LoadedOperator } from "./load-operator.ts";

/** What an operator of others is called here: as it was asked for, unless it is there under another name alone. */
export async function nameHere(tree: Tree, name: string, { claims }: LoadedOperator): Promise<string> {
  if ((await tree.names([])).includes(name)) return name;
  return (await tree.nameOf(claims.sub, [])) ?? name;
}

/** @throws CommandError where another operator has the name */
export async function assertSameOperator(tree: Tree, name: string, { claims }: LoadedOperator): Promise<void> {
  if (!(await tree.names([])).includes(name)) return;
  if ((await tree.nsc.operator(name)).publicKey === claims.sub) return;
  throw new CommandError(
    `error a different operator named ${quote(name)} already exists -- specify --dir to create at a different location`,
    { code: "ERR_ENTITY_EXISTS" },
  );
}

/** Adds an operator of others, or gives it its newest token. */
export async function adoptNewest(nsc: Nsc, name: string, { token, claims }: LoadedOperator): Promise<Operator> {
  const present = await nsc.operator(name).catch((error: unknown) => {
    if (isNscError(error, "ERR_ENTITY_NOT_FOUND")) return undefined;
    throw error;
  });
  if (present === undefined) return await nsc.importOperator(token, { name });
  const isNewer = (claims.iat ?? 0) >= (present.claims.iat ?? 0) && present.token !== token;
  return isNewer ? await nsc.importOperator(token, { name, replace: true }) : present;
}
