import { always, type Members, optional, required, StructCodec } from "../encoding/json-struct.ts";
import { text } from "../encoding/json-types.ts";
import { type CommonClaims, type CommonNats, commonClaims, commonNats } from "./common.ts";
import { type ExportType, exportType } from "./export-type.ts";

/** The `nats` object of an activation. Go: `Activation`. */
export interface ActivationNats extends CommonNats<"activation"> {
  /** The subject that may be imported. */
  subject: string;
  /** What may be imported; validation refuses its absence. */
  kind?: ExportType;
  /** Public key of the exporting account, needed when one of its signing keys is the issuer. */
  issuer_account?: string;
}

/** Claims of an activation: the right of the account `sub` to import from the issuer. Go: `ActivationClaims`. */
export interface ActivationClaims extends CommonClaims {
  nats: ActivationNats;
}

export const activationNats: Members<ActivationNats> = {
  subject: required(text),
  kind: optional(exportType),
  issuer_account: optional(text),
  ...commonNats<"activation">(),
};

export const activationNatsCodec: StructCodec<ActivationNats> = new StructCodec<ActivationNats>(activationNats);

export const activationCodec: StructCodec<ActivationClaims> = new StructCodec<ActivationClaims>({
  ...commonClaims,
  nats: always(activationNatsCodec),
});
