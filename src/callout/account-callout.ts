import type { Account } from "../authority/account.ts";
import { assertKnownOptions } from "../authority/options.ts";
import type { AccountPath } from "../authority/paths.ts";
import { parseRotations } from "../authority/rotation-state.ts";
import { chooseSigner, type SignerInput } from "../authority/signer-choice.ts";
import { NscError } from "../errors.ts";
import type { OperatorClaims } from "../jwt/operator.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import { curvePairOf } from "../nkeys/encryption-key.ts";
import { AuthCallout, type AuthCalloutSettings } from "./auth-callout.ts";

/** Options of {@link authCallout}. */
export interface AccountCalloutOptions extends AuthCalloutSettings {
  /** Who signs responses: a public key of the account, a key pair or a `Signer`; chosen as for its users by default. */
  readonly signer?: SignerInput;
}

/**
 * The auth callout of an account in a store, with what the store has: who signs responses, and the curve key.
 *
 * @param account - the account that has the callout, as its handle saw it last
 * @param options - keys that the store has not, and how long users may be let in for
 * @throws NscError `ERR_ENTITY_NOT_FOUND` when the account has no callout; `ERR_CREDS_KEY_MISSING` when requests are sealed and the
 * seed of the curve key is neither in the store nor given; `ERR_ARGUMENT_INVALID` when a key is given that is another; who
 * can't sign, as for `issueUser`; and those of the store
 *
 * @example
 * ```ts
 * import { authCallout, Nsc } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local");
 * const auth = await operator.addAccount("AUTH");
 * await auth.setAuthCallout({ users: [await auth.addUser("service")], xkey: true });
 * const callout = await authCallout(auth, { maxLifetime: "8h" });
 * callout.xkey === auth.claims.nats.authorization.xkey; // true
 * ```
 */
export async function authCallout(account: Account, options: AccountCalloutOptions = {}): Promise<AuthCallout> {
  assertKnownOptions(options, ["signer", "encryptionKey", "olderEncryptionKeys", "maxLifetime", "leeway"]);
  const { signer: requested, encryptionKey, ...settings } = options;
  const { cell, claims } = account;
  const { context, signers } = cell.session;
  const title = `the account ${JSON.stringify(account.name)}`;
  const { auth_users = [], xkey = "" } = claims.nats.authorization ?? {};
  if (auth_users.length === 0) {
    throw new NscError("ERR_ENTITY_NOT_FOUND", `${title} has no auth callout: see setAuthCallout`);
  }
  const operator = cell.parent?.snapshot.claims as ReadonlyDeep<OperatorClaims> | undefined;
  const { signer } = await chooseSigner({
    what: "responses of the auth callout",
    issuer: {
      title,
      claims,
      strict: operator?.nats.strict_signing_key_usage === true,
      rotations: parseRotations(cell.snapshot.rotations, cell.path as AccountPath),
    },
    requested,
    current: undefined,
    policy: context.signerPolicy,
    find: (publicKey) => signers.find(publicKey),
  });
  const key = encryptionKey ?? (xkey === "" ? undefined : await context.store.getKey(xkey));
  if (xkey !== "" && key === undefined) {
    throw new NscError(
      "ERR_CREDS_KEY_MISSING",
      `servers seal for ${xkey}, whose seed is not in the store: say encryptionKey`,
    );
  }
  const pair = key === undefined ? undefined : curvePairOf(key, "encryptionKey");
  if (pair !== undefined && pair.publicKey !== xkey) {
    const expected = xkey === "" ? "for nobody" : `for ${xkey}`;
    throw new NscError("ERR_ARGUMENT_INVALID", `encryptionKey is ${pair.publicKey}, and servers seal ${expected}`);
  }
  return new AuthCallout({
    ...settings,
    signer,
    account: claims.sub,
    ...(pair && { encryptionKey: pair }),
    clock: context.clock,
    engine: context.engine,
  });
}
