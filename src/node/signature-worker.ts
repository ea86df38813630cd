/** A signature as it is sent to a worker: the public key in base64url, what was signed, and the signature. */
export type SentSignature = readonly [publicKey: string, signed: string, signature: Uint8Array];

interface Port {
  on(event: "message", listener: (batch: readonly SentSignature[]) => void): void;
  postMessage(verdicts: readonly boolean[]): void;
}

/**
 * What a worker runs: it answers each batch with its verdicts. Its text alone goes there, so it must not use anything from
 * outside of it.
 */
export function checkSignatures(): void {
  const { createPublicKey, verify } = process.getBuiltinModule("node:crypto");
  const { parentPort } = process.getBuiltinModule("node:worker_threads");
  const port = parentPort as unknown as Port;
  const keys = new Map<string, ReturnType<typeof createPublicKey>>();
  const keyOf = (x: string): ReturnType<typeof createPublicKey> => {
    const known = keys.get(x);
    if (known !== undefined) return known;
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    keys.set(x, key);
    return key;
  };
  port.on("message", (batch) => {
    port.postMessage(batch.map(([x, signed, signature]) => verify(null, Buffer.from(signed), keyOf(x), signature)));
  });
}
