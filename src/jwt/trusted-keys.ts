import type { OperatorClaims } from "./operator.ts";
import type { ReadonlyDeep } from "./readonly-deep.ts";

/** The issuers that a server trusts: the operator's own key, unless signing keys are demanded, and its signing keys. */
export function trustedKeys({ sub, nats }: ReadonlyDeep<OperatorClaims>): readonly string[] {
  return [...(nats.strict_signing_key_usage ? [] : [sub]), ...(nats.signing_keys ?? [])];
}
