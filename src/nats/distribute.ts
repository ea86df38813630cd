import type { Distribution } from "../authority/distribution.ts";
import { assertKnownOptions } from "../authority/options.ts";
import { NscError } from "../errors.ts";
import { assertOperator } from "./accounts.ts";
import { identityOf, type ServerIdentity } from "./answers.ts";
import { DISCOVERY_SUBJECTS, discover } from "./discovery.ts";
import { push } from "./push.ts";
import { notPushed, type PushReport } from "./push-report.ts";
import { completeness, type ServersReport } from "./report.ts";
import { NATS_OPTIONS, type NatsOptions, type NatsTarget, talk } from "./target.ts";

/** A server, and the keys of the operator that it does not trust. */
export interface DistrustingServer {
  readonly server: ServerIdentity;
  /** Public keys; all that were asked about, where the server does not say whom it trusts. */
  readonly keys: readonly string[];
  readonly message: string;
}

/** What came of a distribution. */
export interface DistributionReport extends ServersReport {
  /** The push of the accounts, if there were any. */
  readonly push: PushReport | undefined;
  /** The servers that don't trust all of the keys. */
  readonly distrusting: readonly DistrustingServer[];
}

/**
 * Brings accounts to all servers and finds out whether these trust keys of the operator, as the rotation of a key
 * needs it. Servers take in another token of the operator only from their configuration, and when they are restarted.
 *
 * @param target - a connection of a user of the system account, or servers to connect to
 * @param what - what `SigningKeyRotation` or `UserKeyRotation` asks for
 * @throws NscError as {@link push} does
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { distribute } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const authority = testAuthority({
 *   accounts: { APP: { signingKey: true } },
 *   resolver: { type: "full", dir: "./jwt" },
 * });
 * const { accounts, url, stop } = await authority.start();
 * const [from = ""] = accounts.APP.claims.nats.signing_keys ?? [];
 * const rotation = await accounts.APP.rotateSigningKey({ from: from as string });
 * await rotation.advance({ distribute: (what) => distribute({ connect, servers: url }, what) });
 * rotation.stage; // "distributed"
 * await stop();
 * ```
 */
export async function distribute(
  target: NatsTarget,
  what: Distribution,
  options: NatsOptions = {},
): Promise<DistributionReport> {
  assertKnownOptions(options, NATS_OPTIONS);
  const { operator, accounts, trustedKeys } = (what ?? {}) as Distribution;
  if (!Array.isArray(accounts) || !Array.isArray(trustedKeys)) {
    throw new NscError("ERR_ARGUMENT_INVALID", "a distribution has an operator, accounts and trustedKeys");
  }
  await assertOperator(operator);
  const pushed = accounts.length > 0 ? await push(target, operator, { ...options, accounts }) : undefined;
  const { resolvers, unheard: silent } = await talk(target, operator, DISCOVERY_SUBJECTS, options, (conversation) =>
    discover(conversation, false),
  );
  // One that was missed by the push and is back may not have got the accounts.
  const unheard = [...new Set([...(pushed?.unheard ?? []), ...silent])];
  const distrusting: DistrustingServer[] = [];
  for (const server of resolvers.values()) {
    const { trustedKeys: known } = server;
    const keys = trustedKeys.filter((key) => known?.has(key) !== true);
    if (keys.length === 0) continue;
    const why = known === undefined ? "does not say whether it trusts" : "does not trust";
    const message = `${server.name} ${why} ${keys.join(", ")}: restart it with the operator's newest token`;
    distrusting.push({ server: identityOf(server), keys, message });
  }
  const failing = [
    ...notPushed(pushed?.accounts ?? []),
    ...distrusting.map(({ server, message }) => ({ name: server.name, message })),
  ];
  const total = accounts.length + (trustedKeys.length > 0 ? resolvers.size : 0);
  return {
    servers: [...resolvers.values()].map(identityOf),
    unheard,
    push: pushed,
    distrusting,
    ...completeness(failing, total, unheard, "accounts and servers are as they should be"),
  };
}
