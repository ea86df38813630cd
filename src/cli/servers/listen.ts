import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { CommandError } from "../command-error.ts";
import type { Output } from "../output/output.ts";
import { requestError } from "./connection.ts";
import type { UserConnection } from "./user-connection.ts";

/** What is listened to, and how long. */
export interface ListenInit {
  readonly subject: string;
  readonly queue: string | undefined;
  /** How many messages end it; by default only an interruption does. */
  readonly most: number | undefined;
  /** Said on standard error when servers know of it. */
  readonly title: string;
}

/** Refuses to wait for no messages. nsc takes any negative number for no limit. */
export function assertMost(most: number | undefined): void {
  if (most !== 0) return;
  throw new CommandError("max-messages must be greater than zero", { code: "ERR_USAGE" });
}

/** Hands over each message, one after the other, until there were enough or the connection is closed. */
export async function listen(
  { connection, adviceIfRefused, complaint }: UserConnection,
  { subject, queue, most, title }: ListenInit,
  output: Output,
  handle: (message: Msg, number: number) => void,
): Promise<void> {
  const max = most !== undefined && most > 0 ? most : undefined;
  try {
    const subscription = connection.subscribe(subject, {
      ...(queue ? { queue } : {}),
      ...(max === undefined ? {} : { max }),
    });
    let isUnread = false;
    // `| head` may have had enough.
    output.whenUnread(() => {
      isUnread = true;
      subscription.unsubscribe();
    });
    await connection.flush();
    output.note(max === undefined ? title : `${title} for ${max} messages`);
    let number = 0;
    for await (const message of subscription) {
      number += 1;
      handle(message, number);
    }
    if (!isUnread && (max === undefined || number < max)) await assertNotLost(connection, complaint);
  } catch (cause) {
    const error = requestError(cause);
    if (!(error instanceof CommandError) || error.code !== "ERR_NATS_AUTHORIZATION") throw error;
    throw new CommandError(error.message, { code: error.code, cause, hint: await adviceIfRefused() });
  }
}

/** What ended the connection, if it was not the command: a subscription ends before it. */
async function assertNotLost(connection: NatsConnection, complaint: () => Error | undefined): Promise<void> {
  const error = await connection.closed();
  if (error instanceof Error) throw complaint() ?? error;
}
