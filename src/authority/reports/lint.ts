/**
 * What is wrong with a tree, or soon will be: what servers would accept and break on, which no token shows by itself.
 *
 * @module
 */

import { isNscError, type NscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { type Expires, expiryOf } from "../../jwt/expiry.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { signingKeyOf } from "../../jwt/signing-keys.ts";
import type { UserClaims } from "../../jwt/user.ts";
import type { StorePath } from "../../store/store.ts";
import type { Cell } from "../cell.ts";
import { isOfRotations } from "../meta.ts";
import type { Operator } from "../operator.ts";
import { assertOperatorHandle } from "../operator-input.ts";
import { assertKnownOptions } from "../options.ts";
import type { AccountPath } from "../paths.ts";
import { soundCells } from "../sound-cells.ts";
import { KnownAccounts } from "./lint-accounts.ts";
import { lintCallout } from "./lint-callout.ts";
import { type LintTimes, lintAccount, lintClaims, lintUser } from "./lint-entity.ts";
import { Findings, type LintFinding } from "./lint-findings.ts";
import { lintImports } from "./lint-imports.ts";
import { reportNow } from "./report-now.ts";

/** Options of {@link lint}. */
export interface LintOptions {
  /** What expires within this time is reported, such as `"7d"`; `"30d"` by default. */
  readonly within?: Expires;
  /** The time that is asked about, in seconds since 1970; now by default. */
  readonly now?: number;
}

/**
 * Looks through all that the store has of an operator, and tells what does not work or soon won't: what servers refuse, drop or
 * break on, which no token shows by itself. Nothing is changed. What can't be read is told of, too, and in the way of nothing
 * else. {@link lintRules} has all codes with what they mean, and `docs/lint.md` is about them.
 *
 * @param operator - the operator
 * @param options - how far to look ahead
 * @returns findings, from the operator down, in the order of names
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_ENTITY_NOT_FOUND` when the operator was deleted or another one has its name, and those of the store
 *
 * @example
 * ```ts
 * import { lint, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local", { systemAccount: true });
 * const shop = await operator.addAccount("SHOP");
 * const audit = await operator.addAccount("AUDIT");
 * await shop.addExport({ subject: "orders.>", type: "stream" });
 * await audit.addImport({ from: shop, subject: "orders.>" });
 * (await lint(operator)).length; // 0
 *
 * await shop.removeExport("orders.>");
 * const [finding] = await lint(operator);
 * finding?.code; // "IMPORT_UNMATCHED"
 * finding?.entity.path.join("/"); // "local/AUDIT"
 * ```
 */
export async function lint(operator: Operator, options: LintOptions = {}): Promise<readonly LintFinding[]> {
  assertOperatorHandle(operator);
  assertKnownOptions(options, ["within", "now"]);
  const damage = await damageOf(operator);
  const { session } = operator.cell;
  const { within = "30d" } = options;
  const now = reportNow(options.now, session.context);
  const soon = expiryOf(within, new Date(now * 1000)) ?? now;
  return new Linter(operator, { now, soon }).lint(damage);
}

/** Reads an operator again: what can't be read any more is a finding, and the last that was seen is looked at. */
async function damageOf(operator: Operator): Promise<string | undefined> {
  try {
    await operator.refresh();
    return undefined;
  } catch (error) {
    if (isNscError(error, "ERR_STORE_DAMAGED")) return error.message;
    throw error;
  }
}

class Linter {
  readonly #operator: Operator;
  readonly #times: LintTimes;
  readonly #findings: LintFinding[] = [];
  readonly #accounts = new KnownAccounts();
  /** Whose seeds are meant to be in the store. */
  readonly #keys = new Set<string>();
  /** The keys that rotations leave and come to, which are needed until these are over. */
  readonly #rotated = new Set<string>();

  constructor(operator: Operator, times: LintTimes) {
    this.#operator = operator;
    this.#times = times;
  }

  async lint(damage: string | undefined): Promise<readonly LintFinding[]> {
    const { claims, name } = this.#operator;
    const findings = new Findings(this.#findings, [name], claims.sub);
    if (damage !== undefined) findings.add("DAMAGED", [], damage);
    lintClaims(claims, this.#times, findings);
    this.#remember(claims);
    await this.#rotations();
    const found: [AccountPath, Cell][] = [];
    for await (const [path, cell] of soundCells(this.#operator.cell.session, [name] as const, this.#damaged)) {
      found.push([path, cell]);
      this.#accounts.add(cell.snapshot.claims as ReadonlyDeep<AccountClaims>);
    }
    this.#systemAccount(claims, findings);
    for (const [path, cell] of found) await this.#account(path, cell);
    await this.#orphans();
    return this.#findings;
  }

  #systemAccount({ nats }: ReadonlyDeep<OperatorClaims>, findings: Findings): void {
    const at = ["nats", "system_account"];
    if (nats.system_account === undefined) {
      const message = "it has no system account, without which nothing can be pushed to servers";
      findings.add("SYSTEM_ACCOUNT", at, message, {
        level: "warning",
        fix: "add an account, and make it the system account",
      });
    } else if (this.#accounts.get(nats.system_account) === undefined) {
      const message = `its system account ${nats.system_account} is not in the store`;
      findings.add("SYSTEM_ACCOUNT", at, message);
    }
  }

  async #account(path: AccountPath, { snapshot }: Cell): Promise<void> {
    const claims = snapshot.claims as ReadonlyDeep<AccountClaims>;
    const operator = this.#operator.claims;
    const strict = operator.nats.strict_signing_key_usage === true;
    const findings = new Findings(this.#findings, path, claims.sub);
    this.#remember(claims);
    lintClaims(claims, this.#times, findings);
    const { session } = this.#operator.cell;
    const { engine } = session.context;
    lintAccount(claims, { token: snapshot.token ?? "", engine }, operator, findings);
    const first = this.#accounts.get(claims.sub);
    if (first !== undefined && first !== claims) {
      const message = `the account ${JSON.stringify(first.name)} has the same key, and servers know one of them`;
      findings.add("ACCOUNT_TWICE", ["sub"], message);
    }
    const accounts = this.#accounts;
    lintImports(claims, { accounts, strict, times: this.#times, engine }, findings);
    await lintCallout(
      claims,
      { path, operator, accounts, rotated: this.#rotated, findKey: (key) => session.findKey(key) },
      findings,
    );
    for await (const [userPath, { snapshot: user }] of soundCells(session, path, this.#damaged)) {
      const userClaims = user.claims as ReadonlyDeep<UserClaims>;
      const ofUser = new Findings(this.#findings, userPath, userClaims.sub);
      this.#keys.add(userClaims.sub);
      lintClaims(userClaims, this.#times, ofUser);
      const entity = { name: userPath.at(-1) as string, token: user.token ?? "" };
      lintUser(userClaims, entity, claims, strict, ofUser);
    }
  }

  /** What can't be read is a finding. */
  readonly #damaged = (path: StorePath, { message }: NscError): void => {
    new Findings(this.#findings, path, undefined).add("DAMAGED", [], message);
  };

  #remember({ sub, nats }: ReadonlyDeep<OperatorClaims | AccountClaims>): void {
    this.#keys.add(sub);
    for (const key of nats.signing_keys ?? []) this.#keys.add(signingKeyOf(key));
    const { authorization } = nats as Partial<AccountClaims["nats"]>;
    if (authorization?.xkey !== undefined) this.#keys.add(authorization.xkey);
  }

  async #rotations(): Promise<void> {
    const { store } = this.#operator.cell.session.context;
    for (const [name, text] of await store.readMeta(this.#operator.name)) {
      // Whatever it is that is kept of them, keys look like keys.
      if (isOfRotations(name)) for (const [key] of text.matchAll(/[A-Z2-7]{56}/g)) this.#rotated.add(key);
    }
  }

  /** Seeds of which no entity of the store knows; those of other operators are theirs. */
  async #orphans(): Promise<void> {
    const { store } = this.#operator.cell.session.context;
    const operators: string[] = [];
    for await (const name of store.list([])) operators.push(name);
    // With several operators it would take all of their trees to tell, and what can't be read does not tell its keys.
    if (operators.length > 1 || this.#findings.some(({ code }) => code === "DAMAGED")) return;
    for await (const publicKey of store.listKeys()) {
      if (this.#keys.has(publicKey) || this.#rotated.has(publicKey)) continue;
      const findings = new Findings(this.#findings, [this.#operator.name], publicKey, "key");
      findings.add("KEY_ORPHAN", [], `the store has a seed of ${publicKey}, which no entity has`);
    }
  }
}
