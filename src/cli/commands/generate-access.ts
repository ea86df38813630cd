import { type Command, command } from "../command.ts";
import { bool, text } from "../flags/flag-types.ts";
import { accountFlag, outputFileFlag } from "../flags/shared-flags.ts";
import type { Schema } from "../schema.ts";

const path: Schema = { type: "string", description: "the file that was written" };

export const generateCredsFlags = {
  account: accountFlag,
  name: text("user name", { short: "n", completes: "user" }),
  "output-file": outputFileFlag,
};

const generateCreds = command({
  path: ["generate", "creds"],
  summary: "Generate a credentials file for an user",
  description: "The only user of the account by default. The creds file of the keystore stays as it is.",
  examples: ["nsc generate creds --account APP --name bob", "nsc generate creds -n bob -o bob.creds"],
  flags: generateCredsFlags,
  library: "user.creds()",
  output: {
    type: "object",
    properties: {
      account: { type: "string" },
      user: { type: "string" },
      public_key: { type: "string" },
      creds: { type: "string", description: "the text, unless it went to a file" },
      path,
    },
    required: ["account", "user", "public_key"],
  },
  isWriting: true,
  load: () => import("../actions/generate-creds.ts"),
});

export const generateContextFlags = {
  account: accountFlag,
  user: text("user name", { short: "u", completes: "user" }),
  context: text("context name"),
  force: bool("overwrite a context that is there", { short: "F" }),
};

const generateContext = command({
  path: ["generate", "context"],
  summary: "Generate nats cli user context",
  description: "The nats command takes it with --context, or for good after 'nats context select'.",
  examples: ["nsc generate context --account APP --user bob --context bob"],
  flags: generateContextFlags,
  library: "natsContexts().write(name, await userContext(directory, path))",
  output: {
    type: "object",
    properties: {
      context: { type: "string", description: "its name" },
      path,
      nsc: { type: "string", description: "the nsc:// URL of the user" },
      url: { type: "string", description: "the first URL of the operator's servers" },
      creds: { type: "string", description: "the path of the creds file" },
    },
    required: ["context", "path", "nsc", "creds"],
  },
  isWriting: true,
  load: () => import("../actions/generate-context.ts"),
});

export const generateProfileFlags = { "output-file": outputFileFlag };

const profileEntity: Schema = {
  type: "object",
  properties: {
    service: { type: "array", items: { type: "string" }, description: "URLs of the operator's servers" },
    name: { type: "string" },
    seed: { type: "string" },
    id: { type: "string", description: "the public key" },
  },
};

const generateProfile = command({
  path: ["generate", "profile"],
  summary: "Generate a profile from nsc 'URL' that can be used by tooling",
  description: `The URL is nsc://operator, nsc://operator/account or nsc://operator/account/user, with options behind a question mark and & between them:
names, keys, seeds: those of all that the path names
operatorName, accountKey, userSeed and so on: one of one of them
accountSeed=<public key>: the seed of that key, such as a signing key
key: the public key of the last in the path; name, seed: of all in it
store=<folder>, keystore=<folder>: where to look
Seeds are printed as they are.`,
  examples: [
    "nsc generate profile nsc://local/APP/bob",
    "nsc generate profile 'nsc://local/APP/bob?names&keys'",
    "nsc generate profile 'nsc://local/APP?accountSeed' -o profile.json",
  ],
  arguments: { usage: "<nsc-url>", min: 1, max: Number.POSITIVE_INFINITY },
  flags: generateProfileFlags,
  library: "nscProfile(url)",
  output: {
    type: "object",
    properties: {
      user_creds: { type: "string", description: "the path of the user's creds file" },
      operator: profileEntity,
      account: profileEntity,
      user: profileEntity,
      path,
    },
  },
  isWriting: true,
  load: () => import("../actions/generate-profile.ts"),
});

export const accessCommands: readonly Command[] = [generateCreds, generateContext, generateProfile];
