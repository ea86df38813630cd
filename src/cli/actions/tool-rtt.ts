import { formatGoDuration } from "../../encoding/duration.ts";
import type { publishFlags } from "../commands/tool.ts";
import type { Invocation } from "../invocation.ts";
import { requestError } from "../servers/connection.ts";
import { urlInUse } from "../servers/urls.ts";
import { connectAsUser } from "../servers/user-connection.ts";

export async function run(invocation: Invocation<typeof publishFlags>): Promise<void> {
  const { flags, output } = invocation;
  const { connection, urls } = await connectAsUser(invocation, flags, "rtt");
  try {
    const begin = performance.now();
    await connection.flush();
    const milliseconds = performance.now() - begin;
    const url = urlInUse(connection.getServer(), urls);
    output.data({ url, round_trip_ms: milliseconds });
    output.print(`round trip time to [${url}] = ${formatGoDuration(BigInt(Math.round(milliseconds * 1e6)))}\n`);
  } catch (error) {
    throw requestError(error);
  } finally {
    await connection.close();
  }
}
