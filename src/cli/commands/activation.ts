import { type Command, command } from "../command.ts";
import { bool, text } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";
import { validityFlags } from "../flags/validity-flags.ts";

export const generateActivationFlags = {
  account: accountFlag,
  subject: text("export subject", { short: "s" }),
  "target-account": text("importing account: its public key, or its name if it is one of this operator", {
    short: "t",
    completes: "account",
  }),
  ...validityFlags,
  "output-file": text("output file '--' is stdout", { short: "o", shownDefault: "--", completes: "file" }),
  push: bool("push activation token to operator's account server"),
};

const generateActivation = command({
  path: ["generate", "activation"],
  summary: "Generate an export activation jwt token",
  examples: [
    "nsc generate activation --account A --target-account B --subject a.b.c --expiry 1y",
    "nsc generate activation --account A --target-account B -o activation.jwt",
    "nsc generate activation -i",
  ],
  flags: generateActivationFlags,
  library: "account.issueActivation({ to, subject })",
  isWriting: true,
  output: {
    type: "object",
    properties: {
      token: { type: "string", description: "the activation, for 'nsc add import --token'" },
      account: { type: "string", description: "the public key of the exporting account" },
      target_account: { type: "string", description: "the public key of the importing account" },
      issuer: { type: "string", description: "the public key that signed" },
      type: { enum: ["stream", "service"] },
      subject: { type: "string", description: "what may be imported" },
      not_before: { type: "integer", description: "seconds since 1970" },
      expires: { type: "integer", description: "seconds since 1970" },
      file: { type: "string", description: "where it was written to" },
      url: { type: "string", description: "where the account server has it" },
    },
    required: ["token", "account", "target_account", "issuer", "type", "subject"],
  },
  load: () => import("../actions/generate-activation.ts"),
});

export const activationCommands: readonly Command[] = [generateActivation];
