import type { Account } from "../authority/account.ts";
import type { Operator } from "../authority/operator.ts";
import { assertKnownOptions } from "../authority/options.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import { decode } from "../jwt/decode.ts";
import { assertOperator, keysOf } from "./accounts.ts";
import { DISCOVERY_SUBJECTS, discover } from "./discovery.ts";
import { newestOf } from "./newest.ts";
import { LOOKUP, Resolvers } from "./resolvers.ts";
import { NATS_OPTIONS, type NatsOptions, type NatsTarget, talk } from "./target.ts";

/** What servers have of an account. */
export interface LookedUpAccount {
  readonly publicKey: string;
  /** The newest token. */
  readonly token: string;
  /** Its claims. That the operator signed it, `explain` says. */
  readonly claims: AccountClaims;
  /** How many servers answered, and account services; those that cache accounts don't. */
  readonly answers: number;
  /** How many of them have this very token. */
  readonly holders: number;
}

/**
 * The token that servers have of an account; the newest, where they have several.
 *
 * @param target - a connection of a user of the system account, or servers to connect to
 * @param operator - the operator
 * @param account - handle, name or public key; as a public key it need not be in the store
 * @returns nothing if no server has it
 * @throws NscError as {@link push} does, and those of `decode`
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { lookupAccount } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const { operator, system, url, stop } = await testAuthority({ resolver: { type: "full", dir: "./jwt" } }).start();
 * const found = await lookupAccount({ connect, servers: url }, operator, "SYS");
 * found?.token === system.token; // true
 * await stop();
 * ```
 */
export async function lookupAccount(
  target: NatsTarget,
  operator: Operator,
  account: Account | string,
  options: NatsOptions = {},
): Promise<LookedUpAccount | undefined> {
  assertKnownOptions(options, NATS_OPTIONS);
  await assertOperator(operator);
  const [publicKey = ""] = await keysOf(operator, [account]);
  const tokens = await talk(target, operator, [...DISCOVERY_SUBJECTS, LOOKUP], options, async (conversation) => {
    const resolvers = new Resolvers(conversation, await discover(conversation, false));
    const found = await resolvers.lookup(publicKey);
    if (found === undefined) throw resolvers.broken ?? resolvers.lookupFailure;
    // Servers that don't have it say so; those before 2.9.17 don't, and so were asked which they have.
    const tokens = [...found.kept, ...found.served];
    if (tokens.length > 0 || resolvers.countHolders(publicKey) === 0) return tokens;
    throw new NscError("ERR_NATS_TIMEOUT", `no server answered within ${conversation.timeout} ms`);
  });
  const token = newestOf(tokens);
  if (token === undefined) return undefined;
  const claims = decode(token, { kind: "account", engine: operator.cell.session.context.engine });
  return { publicKey, token, claims, answers: tokens.length, holders: tokens.filter((each) => each === token).length };
}
