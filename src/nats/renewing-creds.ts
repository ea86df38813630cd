import { Renewal } from "./renewal.ts";
import { type RenewingCreds, type RenewingCredsOptions, settingsOf } from "./renewal-options.ts";

/**
 * Creds that renew themselves: gets short-lived creds of a user from a source, and others before they expire, so that
 * connections outlive them. Where the source fails it is asked again, after longer and longer waits, and clients go on with the
 * creds that are there. Timers keep no process alive.
 *
 * @param options - where creds come from, and when
 * @returns what clients connect with, once the first creds are there
 * @throws NscError `ERR_CREDS_SOURCE` when there are no first creds in time, `ERR_ARGUMENT_INVALID`, `ERR_SIGNER_INVALID`
 *
 * @example
 * ```ts
 * import { connect } from "@nats-io/transport-node";
 * import { renewingCreds } from "nsc.js/nats";
 * import { testAuthority } from "nsc.js/testing";
 *
 * const { accounts, url, stop } = await testAuthority({ accounts: { APP: {} } }).start();
 * const creds = await renewingCreds({ source: () => accounts.APP.issueUser("worker", { expires: "10m" }) });
 * const connection = await connect({ servers: url, ...creds.connectionOptions });
 * creds.follow(connection);
 * creds.current.claims.name; // "worker"
 * await connection.close();
 * creds.stop();
 * await stop();
 * ```
 */
export async function renewingCreds(options: RenewingCredsOptions): Promise<RenewingCreds> {
  const renewal = new Renewal(settingsOf(options));
  try {
    await renewal.begin();
    return renewal;
  } catch (error) {
    renewal.stop();
    throw error;
  }
}
