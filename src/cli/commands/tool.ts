import { type Command, command } from "../command.ts";
import { clientFlags } from "../flags/client-flags.ts";
import { bool, int, text } from "../flags/flag-types.ts";
import { accountFlag } from "../flags/shared-flags.ts";
import type { Schema } from "../schema.ts";

/** Who connects. */
const userFlags = {
  account: accountFlag,
  user: text("user name", { short: "u", completes: "user" }),
};

/** To which servers, and how; the commands at the root lack these. */
const serverFlags = {
  nats: text("nats url, defaults to the operator's service URLs"),
  ...clientFlags,
};

const encryptFlag = bool("encrypted payload", { short: "E", isHidden: true });

const listenFlags = {
  queue: text("subscription queue name", { short: "q" }),
  "max-messages": int("how many messages to wait for", { isHidden: true }),
};

export const publishFlags = { ...userFlags, ...serverFlags };
export const requestFlags = { ...userFlags, ...serverFlags, encrypt: encryptFlag };
export const subscribeFlags = { ...userFlags, ...serverFlags, ...listenFlags, encrypt: encryptFlag };
export const replyFlags = { ...userFlags, ...serverFlags, ...listenFlags };

const data: Schema = { type: "string", description: "as text" };
const base64: Schema = { type: "string", description: "in base64, where it is no text" };

/** What a message is in `--json`: a line for each. */
const messageProperties: Readonly<Record<string, Schema>> = {
  number: { type: "integer", description: "from 1 on" },
  subject: { type: "string" },
  reply: { type: "string", description: "where an answer is expected, if one is" },
  data,
  data_base64: base64,
};

/** A command of `nsc tool`, and its twin at the root, which takes the operator's servers only. */
function withTwin<T extends Command>(build: (path: readonly string[], isHidden: boolean) => T): T[] {
  return [build(["tool"], false), build([], true)];
}

const pub = withTwin((group, isHidden) =>
  command({
    path: [...group, "pub"],
    isHidden,
    summary: "Publish to a subject from a NATS account",
    examples: ["nsc tool pub greetings hello"],
    arguments: { usage: "<subject> [payload]", min: 1, max: Number.POSITIVE_INFINITY },
    flags: (isHidden ? userFlags : publishFlags) as typeof publishFlags,
    library: "connection.publish(subject, payload)",
    output: {
      type: "object",
      properties: { subject: { type: "string" }, data },
      required: ["subject", "data"],
    },
    isWriting: true,
    load: () => import("../actions/tool-pub.ts"),
  }),
);

const sub = withTwin((group, isHidden) =>
  command({
    path: [...group, "sub"],
    isHidden,
    summary: "Subscribe to a subject on a NATS account",
    description: "Prints what comes in until it is interrupted. With --json each message is a line of its own.",
    examples: ["nsc tool sub 'orders.>'", "nsc tool sub --queue workers orders"],
    arguments: { usage: "<subject>", min: 1, max: Number.POSITIVE_INFINITY },
    flags: (isHidden
      ? { ...userFlags, ...listenFlags, encrypt: encryptFlag }
      : subscribeFlags) as typeof subscribeFlags,
    library: "connection.subscribe(subject, { queue, max })",
    output: { type: "object", properties: messageProperties, required: ["number", "subject"] },
    load: () => import("../actions/tool-sub.ts"),
  }),
);

const req = withTwin((group, isHidden) =>
  command({
    path: [...group, "req"],
    isHidden,
    summary: "Send a request to a subject on a NATS account",
    examples: ["nsc tool req time.now"],
    arguments: { usage: "<subject> [payload]", min: 1, max: Number.POSITIVE_INFINITY },
    flags: (isHidden ? { ...userFlags, encrypt: encryptFlag } : requestFlags) as typeof requestFlags,
    library: "connection.request(subject, payload)",
    output: {
      type: "object",
      properties: {
        subject: { type: "string", description: "the subject of the request" },
        reply: {
          type: "object",
          description: "missing in a dry run",
          properties: { subject: { type: "string" }, data, data_base64: base64 },
          required: ["subject"],
        },
      },
      required: ["subject"],
    },
    isWriting: true,
    load: () => import("../actions/tool-req.ts"),
  }),
);

const reply = withTwin((group, isHidden) =>
  command({
    path: [...group, "reply"],
    isHidden,
    summary: "Reply to requests on a subject on a NATS account",
    description:
      "Answers with what it is asked, or with the reply that is given, until it is interrupted. With --json each request is a line of its own.",
    examples: ["nsc tool reply echo", "nsc tool reply --queue workers ping pong"],
    arguments: { usage: "<subject> [reply]", min: 1, max: Number.POSITIVE_INFINITY },
    flags: (isHidden ? { ...userFlags, ...listenFlags } : replyFlags) as typeof replyFlags,
    library: "connection.subscribe(subject, { queue, max, callback })",
    output: {
      type: "object",
      properties: { ...messageProperties, is_answered: { type: "boolean" } },
      required: ["number", "subject", "is_answered"],
    },
    isWriting: true,
    load: () => import("../actions/tool-reply.ts"),
  }),
);

const rtt = withTwin((group, isHidden) =>
  command({
    path: [...group, "rtt"],
    isHidden,
    summary: "Calculate the round trip time to the server",
    examples: ["nsc tool rtt"],
    arguments: { usage: "", min: 0, max: Number.POSITIVE_INFINITY },
    flags: (isHidden ? userFlags : publishFlags) as typeof publishFlags,
    library: "connection.rtt()",
    output: {
      type: "object",
      properties: { url: { type: "string" }, round_trip_ms: { type: "number" } },
      required: ["url", "round_trip_ms"],
    },
    load: () => import("../actions/tool-rtt.ts"),
  }),
);

export const toolCommands: readonly Command[] = [...pub, ...sub, ...req, ...reply, ...rtt];
