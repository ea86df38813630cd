import type { publishFlags } from "../commands/tool.ts";
import type { Invocation } from "../invocation.ts";
import { assertSubject } from "../servers/assert-subject.ts";
import { requestError, watchErrors } from "../servers/connection.ts";
import { noteUnsent } from "../servers/unsent-words.ts";
import { connectAsUser } from "../servers/user-connection.ts";
import { quote } from "../text/quote.ts";

export async function run(invocation: Invocation<typeof publishFlags>): Promise<void> {
  const { args, flags, output } = invocation;
  const [subject, payload = ""] = args as readonly [string, string?];
  assertSubject(subject, false);
  noteUnsent(invocation);
  if (output.isDryRun) {
    output.data({ subject, data: payload });
    output.note(`would publish [${subject}] : ${quote(payload)}`);
    return;
  }
  const { connection } = await connectAsUser(invocation, flags, "pub");
  try {
    const refusal = watchErrors(connection);
    connection.publish(subject, payload);
    // A server says what it does not let through before it answers this.
    await connection.flush();
    const error = await refusal();
    if (error !== undefined) throw error;
  } catch (error) {
    throw requestError(error);
  } finally {
    await connection.close();
  }
  output.data({ subject, data: payload });
  output.note(`Published [${subject}] : ${quote(payload)}`);
}
