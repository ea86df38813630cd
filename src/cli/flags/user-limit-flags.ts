import type { FlagValues } from "./flag.ts";
import { bool, int64, list, ranges, size, zone } from "./flag-types.ts";
import { SEVERAL } from "./shared-flags.ts";

/** The kinds of connections that there are. */
export const CONNECTION_TYPES = [
  "LEAFNODE",
  "MQTT",
  "STANDARD",
  "WEBSOCKET",
  "LEAFNODE_WS",
  "MQTT_WS",
  "IN_PROCESS",
] as const;

/** Flags that set limits of users, and add to lists of what they may. */
export const userLimitSetFlags = {
  time: ranges('add start-end time range of the form "hh:mm:ss-hh:mm:ss" (option can be specified multiple times)'),
  locale: zone("set the locale with which time values are interpreted"),
  "source-network": list(`add source network for connection - ${SEVERAL}`),
  "conn-type": list(`set allowed connection types: ${CONNECTION_TYPES.join(" ")} - ${SEVERAL}`, {
    completes: CONNECTION_TYPES,
  }),
  subs: int64("set maximum number of subscriptions (-1 is unlimited)", { shownDefault: "-1" }),
  data: size("set maximum data in bytes for the user (-1 is unlimited)", { shownDefault: "-1" }),
  payload: size("set maximum message payload in bytes for the user (-1 is unlimited)", { shownDefault: "-1" }),
  bearer: bool("no connect challenge required for user"),
};

/** Flags that take out of those lists. */
export const userLimitRemoveFlags = {
  "rm-time": list('remove start-end time by start time "hh:mm:ss" (option can be specified multiple times)'),
  "rm-source-network": list(`remove source network for connection - ${SEVERAL}`),
  "rm-conn-type": list(`remove connection types - ${SEVERAL}`, { completes: CONNECTION_TYPES }),
};

/** What the flags of limits came to; a command may have some of them. */
export type UserLimitValues = Partial<FlagValues<typeof userLimitSetFlags & typeof userLimitRemoveFlags>>;
