/**
 * The layer rule as data. A module may import from its own room and from the rooms above it; rooms on one line are
 * siblings and do not import each other. `biome.json` says the same per room, and a test holds the two together.
 */
const LAYERS = [
  ["errors"],
  ["encoding"],
  ["crypto"],
  ["nkeys"],
  ["subjects"],
  ["jwt"],
  ["creds"],
  ["config"],
  ["store"],
  ["authority"],
  ["callout"],
  ["index"],
  ["node", "nats"],
  ["testing"],
  ["cli"],
] as const;

export type Room = (typeof LAYERS)[number][number];

export const ROOMS: readonly Room[] = LAYERS.flat();

/** The rooms that run everywhere: everything up to and including the root entry. */
export const PORTABLE_ROOMS: readonly Room[] = ROOMS.slice(0, ROOMS.indexOf("index") + 1);

/** The packages that portable rooms may import. Each one is a decision about every runtime and every bundle. */
export const PORTABLE_PACKAGES: readonly string[] = [
  "@nats-io/nkeys",
  "@noble/ed25519",
  "@noble/hashes",
  "base32-encode",
  "tweetnacl",
];

/** The room of a module, from its path below `src/` or `dist/`, as in `./jwt/decode.ts`; `undefined` if it is in none. */
export function roomOf(path: string): Room | undefined {
  const match = /^\.\/(?:([^/]+)\/|(errors|index)\.)/.exec(path);
  return ROOMS.find((room) => room === (match?.[1] ?? match?.[2]));
}

export function mayImport(from: Room, to: Room): boolean {
  return from === to || layerOf(to) < layerOf(from);
}

function layerOf(room: Room): number {
  return LAYERS.findIndex((layer) => (layer as readonly Room[]).includes(room));
}
