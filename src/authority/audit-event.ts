/** A change that was committed, or a token that was issued and is stored nowhere. */
export interface AuditEvent {
  /**
   * `added`, `changed` and `renamed`: what was signed here, or only moved along with what is above it. `adopted`: a token
   * that was signed elsewhere was taken as it is. `deleted`. `issued`: signed for somebody and not stored.
   */
  readonly action: "added" | "changed" | "renamed" | "adopted" | "deleted" | "issued";
  readonly kind: "operator" | "account" | "user" | "activation";
  /** The names from the operator down to the entity; of an activation those of the exporting account. */
  readonly path: readonly string[];
  /** The names that it had before, where it was renamed. */
  readonly from?: readonly string[];
  /** The entity; of an activation the importing account. Nothing where what was deleted could not be read. */
  readonly publicKey?: string;
  /** The key that signed the token. Nothing for what was deleted. */
  readonly issuer?: string;
  /** The id of the token. Nothing for what was deleted. */
  readonly jti?: string;
  /** The id of the token before. */
  readonly previousJti?: string;
  /** When the token expires, in seconds since 1970. */
  readonly expires?: number;
  /** When it was done, by the clock of the `Nsc`. */
  readonly at: Date;
}
