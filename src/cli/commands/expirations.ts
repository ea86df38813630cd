import { type Command, command } from "../command.ts";
import { bool, text } from "../flags/flag-types.ts";

export const expirationsFlags = {
  within: text(
    "print an expiration report for entities that expire within the specified duration.\n" +
      "Supported are YYYY-MM-DD for absolute, and relative of now\n" +
      " (m)inute, (h)our, (d)ay, (w)week, (M)onth, (y)ear expressions",
    { short: "e", shownDefault: "1M" },
  ),
  skip: bool("skip reporting entities that are not expired or expiring soon"),
};

export const expirationsCommands: readonly Command[] = [
  command({
    path: ["expirations"],
    summary: "Create a new expiration report",
    examples: [
      "nsc expirations --skip --within 1w # entities that expire within one week",
      "nsc expirations --json --within 3M # all entities in JSON, with those marked that expire within three months",
    ],
    flags: expirationsFlags,
    library: "expirations(operator, { within })",
    output: {
      type: "object",
      properties: {
        expiration_threshold: { type: "string", description: "what expires before expires soon; RFC 3339" },
        report: {
          type: "array",
          items: {
            type: "object",
            properties: {
              resource: {
                type: "string",
                description: "the names from the operator down, or the path of a creds file",
              },
              id: { type: "string", description: "the public key" },
              when: { type: "string", description: "how far away it is" },
              expiry: { type: "integer", description: "seconds since 1970; 0 for never" },
              expiration_date: { type: "string", description: "RFC 3339; empty for never" },
              expires_soon: { type: "boolean", description: "also of what is expired" },
              expired: { type: "boolean" },
            },
            required: ["resource", "id", "when", "expiry", "expiration_date", "expires_soon", "expired"],
          },
        },
      },
      required: ["expiration_threshold", "report"],
    },
    showsUsage: true,
    load: () => import("../actions/expirations.ts"),
  }),
];
