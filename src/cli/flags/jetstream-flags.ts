import { bool, int, size } from "./flag-types.ts";

const UNITS = "(units: k/m/g/t kib/mib/gib/tib)";
const unlimited = { shownDefault: "-1" };

function renamed(name: string) {
  return size("", { isHidden: true, deprecated: `it got renamed to --${name}` });
}

/** What an account may do with JetStream. */
export const jetStreamFlags = {
  "js-tier": int("JetStream: replication tier (0 creates a configuration that applies to all assets)"),
  "js-mem-storage": size(
    `JetStream: set maximum memory storage in bytes for the account (-1 is unlimited / 0 disabled) ${UNITS}`,
  ),
  "js-disk-storage": size(
    `JetStream: set maximum disk storage in bytes for the account (-1 is unlimited / 0 disabled) ${UNITS}`,
  ),
  "js-streams": size("JetStream: set maximum streams for the account (-1 is unlimited)", unlimited),
  "js-consumer": size("JetStream: set maximum consumer for the account (-1 is unlimited)", unlimited),
  "js-max-mem-stream": size(
    `JetStream: set maximum size of a memory stream for the account (-1 is unlimited / 0 disabled) ${UNITS}`,
    unlimited,
  ),
  "js-max-disk-stream": size(
    `JetStream: set maximum size of a disk stream for the account (-1 is unlimited / 0 disabled) ${UNITS}`,
    unlimited,
  ),
  "js-max-bytes-required": bool("JetStream: set whether max stream is required when creating a stream"),
  "js-max-ack-pending": size(
    "JetStream: set number of maximum acks that can be pending for a consumer in the account",
    unlimited,
  ),
  "js-enable": int("enables JetStream for the specified tier", unlimited),
  "js-disable": bool("disables all JetStream limits in the account by deleting any limits"),
  "rm-js-tier": int(
    "JetStream: remove replication limits for the specified tier (0 is the global tier) this flag is exclusive of all other js flags",
    unlimited,
  ),
  "js-ha-resources": size("", {
    isHidden: true,
    deprecated: "it has no effect any more: limits of replicated streams are those of a tier, which --js-tier names",
  }),
  "mem-storage": renamed("js-mem-storage"),
  "disk-storage": renamed("js-disk-storage"),
  streams: renamed("js-streams"),
  consumer: renamed("js-consumer"),
};
