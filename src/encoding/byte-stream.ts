import { concatBytes } from "./bytes.ts";

/** Bytes that come one after the other, as the body of a request or a response. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(): Promise<void>;
  };
}

/** Reads so many bytes at most, and lets go of the rest. */
export async function readAtMost(
  stream: ByteStream | null,
  most: number,
): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean }> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = stream?.getReader();
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    parts.push(next.value);
    length += next.value.length;
    if (length <= most) continue;
    await reader?.cancel();
    return { bytes: concatBytes(...parts).subarray(0, most), isWhole: false };
  }
  return { bytes: concatBytes(...parts), isWhole: true };
}
