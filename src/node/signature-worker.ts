/**
 * A thread that checks signatures until it is told that there are no more, and says when it is done.
 *
 * @module
 */

import { type MessagePort, parentPort } from "node:worker_threads";
import { SignatureChunk, VerifyingKeys } from "./signature-chunk.ts";

if (parentPort !== null) serve(parentPort);

function serve(port: MessagePort): void {
  const keys = new VerifyingKeys();
  port.on("message", (memory: SharedArrayBuffer | undefined) => {
    if (memory !== undefined) {
      new SignatureChunk(memory).check(keys);
      return;
    }
    port.postMessage("done");
    port.close();
  });
}
