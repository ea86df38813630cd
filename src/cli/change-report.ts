import type { Invocation } from "./invocation.ts";
import type { Schema } from "./schema.ts";

const entry: Schema = {
  type: "object",
  description: "an entry of the report",
  properties: {
    level: { enum: ["none", "ok", "warn", "error"] },
    message: { type: "string" },
    server: { type: "array", items: { type: "string" }, description: "what a server said, line for line" },
    entries: { type: "array", items: { type: "object", additionalProperties: true }, description: "entries below it" },
  },
  required: ["level", "message"],
};

/** What `--json` prints of a command that changes something. */
export const changeReportSchema: Schema = {
  type: "object",
  properties: {
    dry_run: { type: "boolean", description: "whether nothing was written" },
    changes: {
      type: "array",
      description: "what was signed or deleted, in its order",
      items: {
        type: "object",
        properties: {
          action: { enum: ["added", "changed", "renamed", "adopted", "deleted", "issued"] },
          kind: { enum: ["operator", "account", "user", "activation"] },
          path: { type: "array", items: { type: "string" }, description: "the names from the operator down" },
          from: { type: "array", items: { type: "string" }, description: "the names before, where it was renamed" },
          public_key: { type: "string" },
          issuer: { type: "string", description: "the public key that signed" },
          expires: { type: "integer", description: "seconds since 1970" },
        },
        required: ["action", "kind", "path"],
      },
    },
    report: { type: "array", items: entry },
  },
  required: ["dry_run", "changes", "report"],
};

/** What a command changed, as data. */
export function changeReport({ tree, report, output }: Invocation): unknown {
  return {
    dry_run: output.isDryRun,
    changes: tree.changes.map(({ action, kind, path, from, publicKey, issuer, expires }) => ({
      action,
      kind,
      path,
      from,
      public_key: publicKey,
      issuer,
      expires,
    })),
    report: report.toData().entries ?? [],
  };
}
