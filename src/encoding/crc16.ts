const TABLE: Uint16Array = /* @__PURE__ */ crcTable();

/** CRC-16/XMODEM of the bytes up to `end`: polynomial 0x1021, initial value 0, neither reflected nor inverted. */
export function crc16(bytes: Uint8Array, end: number = bytes.length): number {
  let crc = 0;
  for (let i = 0; i < end; i++) crc = ((crc << 8) & 0xffff) ^ (TABLE[(crc >>> 8) ^ (bytes[i] as number)] as number);
  return crc;
}

function crcTable(): Uint16Array {
  const table = new Uint16Array(256);
  for (let i = 0; i < 256; i++) {
    let crc = i << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
    table[i] = crc;
  }
  return table;
}
