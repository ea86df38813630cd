import type { replyFlags } from "../commands/tool.ts";
import type { Invocation } from "../invocation.ts";
import { assertSubject } from "../servers/assert-subject.ts";
import { assertMost, listen } from "../servers/listen.ts";
import { messageData, messageText } from "../servers/message-data.ts";
import { noteUnsent } from "../servers/unsent-words.ts";
import { connectAsUser } from "../servers/user-connection.ts";

export async function run(invocation: Invocation<typeof replyFlags>): Promise<void> {
  const { args, flags, output } = invocation;
  const [subject, answer] = args as readonly [string, string?];
  assertSubject(subject, true);
  noteUnsent(invocation);
  assertMost(flags["max-messages"]);
  if (output.isDryRun) {
    output.note(`would answer requests on [${subject}]`);
    return;
  }
  const user = await connectAsUser(invocation, flags, "reply");
  const init = { subject, queue: flags.queue, most: flags["max-messages"], title: `listening on [${subject}]` };
  try {
    await listen(user, init, output, (message, number) => {
      const { subject: at, reply, data } = message;
      const isAnswered = message.respond(answer ?? data);
      output.line({ number, subject: at, ...(reply && { reply }), ...messageData(data), is_answered: isAnswered });
      if (output.isJson) return;
      output.note(
        isAnswered
          ? `[#${number}] received on [${at}]: '${messageText(data)}'`
          : `[#${number}] ignoring request on [${at}]: no reply subject`,
      );
    });
    // The last answer is on its way.
    if (!user.connection.isClosed()) await user.connection.flush();
  } finally {
    await user.connection.close();
  }
}
