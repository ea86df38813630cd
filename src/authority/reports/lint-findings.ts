/**
 * What is found wrong with a tree.
 *
 * @module
 */

import type { StorePath } from "../../store/store.ts";
import { kindAt } from "../paths.ts";
import { type LintCode, type LintLevel, lintRules } from "./lint-rules.ts";

/** Something that was found. */
export interface LintFinding {
  readonly code: LintCode;
  /** `error`: something does not work. `warning`: it soon won't, or may not be meant. `info`: worth knowing. */
  readonly level: LintLevel;
  /** What it was found in; a key has no name. */
  readonly entity: {
    readonly kind: "operator" | "account" | "user" | "key";
    /** Names from the operator down. */
    readonly path: readonly string[];
    readonly publicKey?: string;
  };
  /** Where in the claims, such as `["nats", "imports", 0]`; empty for the whole. */
  readonly path: readonly (string | number)[];
  /** What it is, for people. */
  readonly message: string;
  /** What would mend it, for people. */
  readonly fix: string;
}

/** Collects findings of one entity. */
export class Findings {
  readonly #all: LintFinding[];
  readonly #entity: LintFinding["entity"];

  constructor(all: LintFinding[], path: StorePath, publicKey: string | undefined, kind: "key" | undefined = undefined) {
    this.#all = all;
    this.#entity = { kind: kind ?? kindAt(path), path: [...path], ...(publicKey !== undefined && { publicKey }) };
  }

  /** Adds a finding, with the first level and the fix of its rule unless others are given. */
  add(
    code: LintCode,
    path: LintFinding["path"],
    message: string,
    { level = lintRules[code].levels[0], fix = lintRules[code].fix }: Partial<Pick<LintFinding, "level" | "fix">> = {},
  ): void {
    this.#all.push({ code, level, entity: this.#entity, path, message, fix });
  }
}
