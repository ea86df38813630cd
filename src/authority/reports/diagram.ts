/**
 * Diagrams of a tree as text.
 *
 * @module
 */

import { NscError } from "../../errors.ts";
import type { Operator } from "../operator.ts";
import { assertOperatorHandle } from "../operator-input.ts";
import { assertKnownOptions } from "../options.ts";
import { type DrawnTree, drawnTree } from "./diagram-data.ts";
import { mermaidEntities, mermaidExchange } from "./diagram-mermaid.ts";
import { plantumlEntities, plantumlExchange } from "./diagram-plantuml.ts";

/** Options of {@link diagram}. */
export interface DiagramOptions {
  /** `exchange`: exports and imports of accounts. `entities`: operator, accounts and users, and what signed them. */
  readonly of: "exchange" | "entities";
  /** `mermaid` by default, which Markdown renders in many places. */
  readonly format?: "mermaid" | "plantuml";
  /** Whether `entities` shows users; true by default. */
  readonly users?: boolean;
}

/** A diagram as text. */
export interface Diagram {
  /** To be given to whatever draws it; ends with a newline. */
  readonly text: string;
  /** Paths of what can't be read, and is missing. */
  readonly damaged: readonly (readonly string[])[];
}

type Draw = (tree: DrawnTree) => string;

const DRAW: Readonly<Record<DiagramOptions["of"], Readonly<Record<NonNullable<DiagramOptions["format"]>, Draw>>>> = {
  exchange: { mermaid: mermaidExchange, plantuml: plantumlExchange },
  entities: { mermaid: mermaidEntities, plantuml: plantumlEntities },
};

/**
 * A diagram of an operator's tree, in the language of Mermaid or PlantUML. Names and subjects show as they are, whatever
 * they hold. nsc: `generate diagram`.
 *
 * @param operator - the operator
 * @param options - what is shown, and in which language
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_ENTITY_NOT_FOUND` when the operator was deleted, and those of the store
 *
 * @example
 * ```ts
 * import { diagram, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const shop = await operator.addAccount("SHOP");
 * const audit = await operator.addAccount("AUDIT");
 * await shop.addExport({ subject: "orders.new", type: "stream" });
 * await audit.addImport({ from: shop, subject: "orders.new" });
 * const { text } = await diagram(operator, { of: "exchange" });
 * text.includes('a0 -. "orders.new" .-> a1_e0'); // true
 * ```
 */
export async function diagram(operator: Operator, options: DiagramOptions): Promise<Diagram> {
  assertOperatorHandle(operator);
  assertKnownOptions(options, ["of", "format", "users"]);
  const { of, format = "mermaid", users = true } = options;
  if (!Object.hasOwn(DRAW, of)) throw new NscError("ERR_ARGUMENT_INVALID", "of must be exchange or entities");
  if (!Object.hasOwn(DRAW[of], format))
    throw new NscError("ERR_ARGUMENT_INVALID", "format must be mermaid or plantuml");
  if (typeof users !== "boolean") throw new NscError("ERR_ARGUMENT_INVALID", "users must be true or false");
  await operator.refresh();
  const tree = await drawnTree(operator, users && of === "entities");
  return { text: DRAW[of][format](tree), damaged: tree.damaged };
}
