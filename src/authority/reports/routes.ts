/**
 * Where messages go between the accounts of an operator.
 *
 * @module
 */

import { NscError } from "../../errors.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { isCoveredBy } from "../../subjects/subject.ts";
import type { Account } from "../account.ts";
import type { Cell } from "../cell.ts";
import { loadCell } from "../handle.ts";
import { assertKnownOptions } from "../options.ts";
import type { AccountPath } from "../paths.ts";
import { soundCells } from "../sound-cells.ts";
import type { User } from "../user.ts";
import { assertAction, can } from "./can.ts";
import type { PermissionAnswer } from "./permission-answer.ts";
import { reportNow } from "./report-now.ts";
import { Network, type RouteProblem } from "./route-network.ts";
import { type DeadImport, type MappedDestination, mappedBy, type Route, walkBack, walkOn } from "./route-walks.ts";

/** Options of {@link routes}. */
export interface RoutesOptions {
  /** The cluster of the server, where mappings have destinations for single clusters; none by default. */
  readonly cluster?: string;
  /** Of a user's subscription: its queue group, by which it may be allowed. */
  readonly queue?: string;
  /** The time that is asked about, in seconds since 1970; now by default. */
  readonly now?: number;
}

/** What {@link routes} found. */
export interface RoutesReport {
  /** The ways of messages; of a publication those within its account come first. */
  readonly routes: readonly Route[];
  /** Imports that would bring messages on, and don't. */
  readonly dead: readonly DeadImport[];
  /** Of a user: whether it may, as {@link can} says; what it may not has no routes. */
  readonly permission?: PermissionAnswer;
  /** Why servers don't load the account, so that it has no routes; nothing if they do. */
  readonly problem?: RouteProblem;
  /** Paths of accounts that can't be read. */
  readonly damaged: readonly (readonly string[])[];
}

/**
 * Where a message goes that is published, or where those are published that a subscription gets: within the account, and by imports
 * and exports to and from the others of its operator, as servers do it, by what the store has now. Each route says what it goes
 * through, and imports that would bring messages on and don't are told of with the reason.
 *
 * Messages of a stream that is imported go no further, and what came as a request to a service is not given to those who import a
 * stream of it. Mappings apply to publications, and to requests in the account that answers them. The user's permissions count; who
 * listens elsewhere, and whether it may, is not looked at, nor are replies, and what servers themselves answer (`$SYS.REQ.>`,
 * `$JS.API.>`).
 *
 * Of imports in a circle servers drop one, and which depends on what they read first: all that lead back are among the dead.
 *
 * @param from - the user that publishes or subscribes, or an account, for one that may do all
 * @param action - what it does
 * @param subject - a subject; with wildcards only for subscriptions
 * @param options - the queue, the cluster and the time
 * @throws NscError `ERR_ARGUMENT_INVALID`, `ERR_ENTITY_NOT_FOUND` for what was deleted, `ERR_STORE_DAMAGED`, and those of the store
 *
 * @example
 * ```ts
 * import { Nsc, routes } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const shop = await operator.addAccount("SHOP");
 * const audit = await operator.addAccount("AUDIT");
 * await shop.addExport({ subject: "orders.>", type: "stream" });
 * await audit.addImport({ from: shop, subject: "orders.*.new", localSubject: "shop.$1" });
 *
 * const out = await routes(shop, "publish", "orders.eu.new");
 * out.routes.map(({ to }) => `${to.account} ${to.subject}`).join(); // "SHOP orders.eu.new,AUDIT shop.eu"
 * const back = await routes(audit, "subscribe", "shop.eu");
 * back.routes.map(({ from }) => `${from.account} ${from.subject}`).join(); // "AUDIT shop.eu,SHOP orders.eu.new"
 *
 * await shop.removeExport("orders.>");
 * const [dead] = (await routes(shop, "publish", "orders.eu.new")).dead;
 * dead?.code; // "IMPORT_UNMATCHED"
 * ```
 */
export async function routes(
  from: Account | User,
  action: "publish" | "subscribe",
  subject: string,
  options: RoutesOptions = {},
): Promise<RoutesReport> {
  assertKnownOptions(options, ["cluster", "queue", "now"]);
  assertAction(action, subject);
  const { cluster, queue } = options;
  const { cell, user } = partsOf(from);
  const now = reportNow(options.now, cell.session.context);
  if (cluster !== undefined && (typeof cluster !== "string" || cluster === "")) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a cluster is a name");
  }
  if (queue !== undefined && user === undefined) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a queue is for the subscription of a user");
  }
  await from.refresh();
  const [operatorName] = cell.path as AccountPath;
  const operator = (await loadCell(cell, [operatorName])).snapshot.claims as ReadonlyDeep<OperatorClaims>;
  const { engine } = cell.session.context;
  const network = new Network({ operator, now, engine });
  const damaged: (readonly string[])[] = [];
  for await (const [path, each] of soundCells(cell.session, [operatorName] as const, (path) => damaged.push(path))) {
    network.add(path, each);
  }
  const account = network.get(user === undefined ? from.publicKey : (cell.parent as Cell).snapshot.publicKey);
  if (account === undefined) {
    throw new NscError("ERR_ENTITY_NOT_FOUND", `the operator has no account ${cell.path[1]} any more`);
  }
  const permission =
    user &&
    can(user, action, subject, {
      ...(queue !== undefined && { queue }),
      ...(cluster !== undefined && action === "publish" && { cluster }),
    });
  const none = { routes: [], dead: [], damaged, ...(permission && { permission }) };
  if (account.problem !== undefined) return { ...none, problem: account.problem };
  if (action === "publish") {
    const mapped = permission === undefined ? mappedBy(account, subject, { cluster }) : allowedOf(permission, subject);
    return { ...none, ...walkOn(network, account, subject, mapped, { cluster }) };
  }
  if (permission?.allowed === false) return none;
  const { routes: found, dead } = walkBack(network, account, subject, { cluster });
  const withheld = (permission?.withheld ?? []).map((entry) => entry.split(/\s+/)[0] as string);
  const heard = found.filter(({ to }) => !withheld.some((entry) => isCoveredBy(to.subject, entry)));
  return { ...none, routes: heard, dead };
}

function partsOf(from: Account | User): { readonly cell: Cell; readonly user: User | undefined } {
  const { cell } = (from ?? {}) as Partial<Account | User>;
  const length = cell?.path.length;
  if (cell !== undefined && (length === 2 || length === 3)) {
    return { cell, user: length === 3 ? (from as User) : undefined };
  }
  throw new NscError("ERR_ARGUMENT_INVALID", "routes are those of an account or a user, as Nsc gives it");
}

/** Where a user's publication may go. */
function allowedOf({ allowed, mapped }: PermissionAnswer, subject: string): readonly MappedDestination[] {
  return mapped?.filter((each) => each.allowed) ?? (allowed ? [{ subject, share: 100 }] : []);
}
