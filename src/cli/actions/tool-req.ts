import type { requestFlags } from "../commands/tool.ts";
import type { Invocation } from "../invocation.ts";
import { assertSubject } from "../servers/assert-subject.ts";
import { requestError } from "../servers/connection.ts";
import { assertNotEncrypted } from "../servers/encryption.ts";
import { messageData, messageText } from "../servers/message-data.ts";
import { noteUnsent } from "../servers/unsent-words.ts";
import { connectAsUser } from "../servers/user-connection.ts";

const TIMEOUT = 5000;

export async function run(invocation: Invocation<typeof requestFlags>): Promise<void> {
  const { args, flags, output } = invocation;
  const [subject, payload = ""] = args as readonly [string, string?];
  assertSubject(subject, false);
  noteUnsent(invocation);
  assertNotEncrypted(flags.encrypt);
  if (output.isDryRun) {
    output.data({ subject });
    output.note(`would publish request: [${subject}] : '${payload}'`);
    return;
  }
  const { connection } = await connectAsUser(invocation, flags, "req");
  try {
    output.note(`published request: [${subject}] : '${payload}'`);
    const { subject: at, data } = await connection.request(subject, payload, { timeout: TIMEOUT });
    output.data({ subject, reply: { subject: at, ...messageData(data) } });
    output.print(`received reply: [${at}] : '${messageText(data)}'\n`);
  } catch (error) {
    throw requestError(error);
  } finally {
    await connection.close();
  }
}
