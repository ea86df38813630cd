import { type CryptoEngine, defaultEngine } from "../crypto/engine.ts";
import { isNscError, NscError } from "../errors.ts";
import type { ForeignKeyPair, Signer } from "../nkeys/signer.ts";
import { memoryStore } from "../store/memory-store.ts";
import type { Store } from "../store/store.ts";
import type { AuditEvent } from "./audit-event.ts";

/**
 * Who signs where nothing else decides. `signing-key-first`: the one signing key without a scope, and the identity only
 * where there is no such key. `identity-first`: what nsc does, the first of the identity (unless the operator demands
 * signing keys) and the signing keys whose key is at hand.
 */
export type SignerPolicy = "signing-key-first" | "identity-first";

/** Options of `Nsc`. */
export interface NscOptions {
  /** Where tokens and keys are kept; a fresh `memoryStore()` by default. */
  readonly store?: Store;
  /** The time; the clock of the machine by default. */
  readonly clock?: () => Date;
  /** Source of secure random bytes for fresh keys; the platform's by default. */
  readonly random?: (length: number) => Uint8Array;
  /**
   * Finds what signs for a public key whose seed is not in the store. It is asked before the store is, and again only when
   * it found nothing. It must not change the tree by this `Nsc`, which waits for it.
   */
  readonly resolveSigner?: (
    publicKey: string,
  ) => Signer | ForeignKeyPair | undefined | Promise<Signer | ForeignKeyPair | undefined>;
  /** Who signs where nothing else decides; `signing-key-first` by default. */
  readonly signerPolicy?: SignerPolicy;
  /** What computes; found by itself by default. */
  readonly engine?: CryptoEngine;
  /**
   * Is told of every change right after its commit, one call for each commit in their order, and of every token that is
   * issued without being stored. Whoever made the change waits for it: when it fails, the change stays, and the call that
   * made it throws `ERR_AUDIT_FAILED`. What other processes change is not told here.
   */
  readonly audit?: (events: readonly AuditEvent[]) => void | Promise<void>;
  /**
   * Is asked about what would be refused since it is of no use: claims that servers don't load, limits of users and roles that
   * leave nothing, users that servers don't let in or whose role says something else than was meant, activations that have
   * expired, a system account that goes. What it returns true for is done all the same.
   *
   * @internal
   */
  readonly tolerates?: (problem: NscError) => boolean;
}

/** What everything in an `Nsc` works with. */
export interface Context {
  readonly store: Store;
  readonly clock: () => Date;
  readonly random: ((length: number) => Uint8Array) | undefined;
  readonly resolveSigner: NscOptions["resolveSigner"];
  readonly signerPolicy: SignerPolicy;
  readonly engine: CryptoEngine;
  readonly audit: NscOptions["audit"];
  readonly tolerates: NscOptions["tolerates"];
}

const OPTIONS: readonly string[] = [
  "store",
  "clock",
  "random",
  "resolveSigner",
  "signerPolicy",
  "engine",
  "audit",
  "tolerates",
];

/** Fills in what was left out. */
export function contextOf(options: NscOptions): Context {
  if (typeof options !== "object" || options === null) throw invalid("the options must be an object");
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw invalid(`there is no option ${unknown}`);
  const { store = memoryStore(), clock = () => new Date(), signerPolicy = "signing-key-first" } = options;
  if (typeof (store as Partial<Store> | null)?.commit !== "function")
    throw invalid("the store must be one that implements Store");
  if (signerPolicy !== "signing-key-first" && signerPolicy !== "identity-first") {
    throw invalid("signerPolicy must be signing-key-first or identity-first");
  }
  const { random, resolveSigner, engine = defaultEngine, audit, tolerates } = options;
  for (const [name, value] of Object.entries({ clock, random, resolveSigner, audit, tolerates })) {
    if (value !== undefined && typeof value !== "function") throw invalid(`${name} must be a function`);
  }
  return { store, clock, random, resolveSigner, signerPolicy, engine, audit, tolerates };
}

/** Throws a problem, unless it is one that is tolerated. */
export function refuse({ tolerates }: Pick<Context, "tolerates">, problem: NscError): void {
  if (tolerates?.(problem) !== true) throw problem;
}

/** Does a check, and takes what it refuses as {@link refuse} does. */
export function checkTolerantly(context: Pick<Context, "tolerates">, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!isNscError(error)) throw error;
    refuse(context, error);
  }
}

/** The time in whole seconds since 1970. */
export function nowOf({ clock }: Pick<Context, "clock">): number {
  const date = clock() as Partial<Date> | undefined | null;
  const now = typeof date?.getTime === "function" ? Math.floor(date.getTime() / 1000) : Number.NaN;
  if (Number.isSafeInteger(now)) return now;
  throw invalid("the clock must give a valid date, as () => new Date() does");
}

function invalid(message: string): NscError {
  return new NscError("ERR_ARGUMENT_INVALID", message);
}
