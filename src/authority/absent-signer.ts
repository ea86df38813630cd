import { NscError } from "../errors.ts";
import type { Signer } from "../nkeys/signer.ts";

/** Stands for a key that is held elsewhere, and whose signature is asked for there. */
export class AbsentSigner implements Signer {
  readonly publicKey: string;

  constructor(publicKey: string) {
    this.publicKey = publicKey;
  }

  sign(): never {
    throw new NscError("ERR_SIGNER_MISSING", `the private key of ${this.publicKey} is held elsewhere`);
  }
}
