import type { Distribute } from "../../authority/distribution.ts";
import type { Operator } from "../../authority/operator.ts";
import { distribute } from "../../nats/distribute.ts";
import { PUSH_SUBJECTS } from "../../nats/push.ts";
import { CommandError } from "../command-error.ts";
import type { clientFlags, systemUserFlags } from "../flags/client-flags.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { quote } from "../text/quote.ts";
import { connectToServers } from "./connection.ts";
import { systemUserOf } from "./system-user.ts";
import { isResolverUrl, withoutPassword } from "./urls.ts";

/** Where to, as flags say it. */
export type DistributionFlags = FlagValues<typeof clientFlags & typeof systemUserFlags> & {
  readonly distributed: boolean | undefined;
  readonly "account-jwt-server-url": string | undefined;
};

/**
 * What brings accounts to every server, and proves it, for a rotation. Where it was done by other means, or nothing is done
 * at all, it is taken for done.
 */
export function distributorFor(invocation: Invocation, operator: Operator, flags: DistributionFlags): Distribute {
  if (flags.distributed === true || invocation.output.isDryRun) return async () => undefined;
  return async (what) => {
    const url = flags["account-jwt-server-url"] || operator.claims.nats.account_server_url || "";
    if (!isResolverUrl(url)) {
      const isMissing = url.trim() === "";
      const message = isMissing
        ? "no nats-server url was provided by the operator jwt"
        : `nats-servers can't be asked by ${quote(withoutPassword(url))}, whether they have the new key`;
      throw new CommandError(message, {
        code: "ERR_SERVER_URL",
        hint: "say -u nats://…, or --distributed if every server has the new key by other means",
      });
    }
    const user = await systemUserOf(invocation, operator, flags, PUSH_SUBJECTS);
    const connection = await connectToServers(invocation, flags, {
      name: "nsc_rotate",
      servers: url,
      authenticator: user.authenticator,
      inboxPrefix: user.inboxPrefix,
      adviceIfRefused: user.adviceIfRefused,
      reconnect: { wait: 250, attempts: 20 },
    });
    try {
      const report = await distribute(connection, what, { signal: invocation.io.signal });
      report.assertComplete();
    } finally {
      await connection.close();
    }
  };
}
