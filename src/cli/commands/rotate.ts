import { type Command, command } from "../command.ts";
import { clientFlags, systemUserFlags } from "../flags/client-flags.ts";
import { bool, text } from "../flags/flag-types.ts";
import { rotationSchema } from "../schemas.ts";

const stageFlags = {
  to: text("key that takes its place: a public key, a seed or a file that holds one; a fresh one by default", {
    completes: "key",
  }),
  advance: bool("go one stage further"),
  retire: bool("end it: the old key is trusted no more"),
  cancel: bool("end it before the new key has signed anything"),
  distributed: bool("the servers have the new key by other means: nothing is pushed"),
  "delete-key": bool("remove the seed of the key that goes, with --retire or --cancel"),
  force: bool("retire the old key though it has signed what is stored, and ask nothing", { short: "F" }),
  "account-jwt-server-url": text("nats-servers to push to; the operator's by default", { short: "u" }),
  ...systemUserFlags,
  ...clientFlags,
};

export const rotateSigningKeyFlags = {
  account: text("account whose key it is", { short: "a", completes: "account" }),
  operator: bool("it is a signing key of the operator"),
  ...stageFlags,
};

export const rotateIdentityFlags = stageFlags;

export const rotateUserFlags = {
  account: text("account of the user", { short: "a", completes: "account" }),
  ...stageFlags,
};

const about =
  "A rotation goes in stages, so that everybody stays valid: prepared, distributed to every server, cut over, and retired. Without a flag for a stage it is begun, or, once it has begun, shown; what comes next is said each time.";

const signingKey = command({
  path: ["rotate", "signing-key"],
  summary: "Replace a signing key of an account or of the operator, in stages",
  description: `${about} It is named by its public key or its role.`,
  examples: [
    "nsc rotate signing-key web -a SHOP",
    "nsc rotate signing-key web -a SHOP --advance",
    "nsc rotate signing-key web -a SHOP --retire --delete-key",
    "nsc rotate signing-key --operator ODS…",
  ],
  arguments: { usage: "<key or role>", min: 1, max: 1, completes: [] },
  flags: rotateSigningKeyFlags,
  library: "account.rotateSigningKey({ from }), operator.rotateSigningKey({ from })",
  output: rotationSchema,
  isWriting: true,
  load: () => import("../actions/rotate-signing-key.ts"),
});

const identity = command({
  path: ["rotate", "identity"],
  summary: "Replace the identity key of the operator, in stages",
  description: about,
  examples: ["nsc rotate identity", "nsc rotate identity --advance --distributed"],
  flags: rotateIdentityFlags,
  library: "operator.rotateIdentity()",
  output: rotationSchema,
  isWriting: true,
  load: () => import("../actions/rotate-identity.ts"),
});

const user = command({
  path: ["rotate", "user"],
  summary: "Replace the key of a user, in stages",
  description:
    "Old and new creds are valid together, until the old ones are revoked with --retire. Without a flag for a stage it is begun, or, once it has begun, shown. Only a user that an auth callout names in auth_users has to be distributed first, with --advance.",
  examples: ["nsc rotate user alice -a SHOP", "nsc rotate user alice -a SHOP --retire"],
  arguments: { usage: "[name]", min: 0, max: 1, completes: "user" },
  flags: rotateUserFlags,
  library: "user.rotateKeyInStages()",
  output: rotationSchema,
  isWriting: true,
  load: () => import("../actions/rotate-user.ts"),
});

export const rotateCommands: readonly Command[] = [signingKey, identity, user];
