import type { subscribeFlags } from "../commands/tool.ts";
import type { Invocation } from "../invocation.ts";
import { assertSubject } from "../servers/assert-subject.ts";
import { assertNotEncrypted } from "../servers/encryption.ts";
import { assertMost, listen } from "../servers/listen.ts";
import { messageData, messageText } from "../servers/message-data.ts";
import { connectAsUser } from "../servers/user-connection.ts";

export async function run(invocation: Invocation<typeof subscribeFlags>): Promise<void> {
  const { args, flags, output } = invocation;
  const [subject] = args as readonly [string];
  assertSubject(subject, true);
  assertNotEncrypted(flags.encrypt);
  assertMost(flags["max-messages"]);
  const user = await connectAsUser(invocation, flags, "sub");
  const init = { subject, queue: flags.queue, most: flags["max-messages"], title: `Listening on [${subject}]` };
  try {
    await listen(user, init, output, ({ subject: at, reply, data }, number) => {
      output.line({ number, subject: at, ...(reply && { reply }), ...messageData(data) });
      if (!output.isJson) output.note(`[#${number}] received on [${at}]: '${messageText(data)}'`);
    });
  } finally {
    await user.connection.close();
  }
}
