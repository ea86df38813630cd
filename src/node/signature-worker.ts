/**
 * A thread that checks signatures until it is told that there are no more.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { SignatureChunk, VerifyingKeys } from "./signature-chunk.ts";

const keys = new VerifyingKeys();

parentPort?.on("message", (memory: SharedArrayBuffer | undefined) => {
  if (memory === undefined) parentPort?.close();
  else new SignatureChunk(memory).check(keys);
});
