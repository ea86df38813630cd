import type { Flag, FlagValues } from "./flag.ts";
import { bool, int, list, optionalInt, text } from "./flag-types.ts";
import { SEVERAL } from "./shared-flags.ts";

/** Whose permissions they are, as help says it. */
export type PermissionsTitle = "permissions" | "default permissions";

/** Flags that add permissions and set the rule of replies. */
export function permissionSetFlags(title: PermissionsTitle = "permissions") {
  const added = (what: string): Flag<readonly string[]> => list(`add ${what} ${title} - ${SEVERAL}`);
  return {
    "allow-pub": added("publish"),
    "allow-sub": added("subscribe"),
    "allow-pubsub": added("publish and subscribe"),
    "deny-pub": added("deny publish"),
    "deny-sub": added("deny subscribe"),
    "deny-pubsub": added("deny publish and subscribe"),
    "allow-pub-response": optionalInt(
      `${title} to limit how often a client can publish to reply subjects [with an optional count, --allow-pub-response=n] (global)`,
    ),
    "max-responses": int(
      `${title} to limit how often a client can publish to reply subjects [with an optional count] (global)`,
      { isHidden: true, deprecated: "use --allow-pub-response or --allow-pub-response=n" },
    ),
    "response-ttl": text(
      `the amount of time the ${title} is valid (global) - [#ms(millis) | #s(econds) | m(inutes) | h(ours)] - Default is no time limit.`,
    ),
  };
}

/** Flags that take permissions away. */
export function permissionRemoveFlags(title: PermissionsTitle = "permissions") {
  return {
    "rm-response-perms": bool(`remove response settings from ${title}`),
    rm: list(`remove publish/subscribe and deny ${title} - ${SEVERAL}`),
  };
}

type AllFlags = ReturnType<typeof permissionSetFlags> & ReturnType<typeof permissionRemoveFlags>;

/** What the flags of permissions came to; a command may have some of them. */
export type PermissionValues = Partial<FlagValues<AllFlags>>;
