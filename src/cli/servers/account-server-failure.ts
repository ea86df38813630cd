import { isNscError } from "../../errors.ts";
import { CommandError } from "../command-error.ts";
import { isOfUnknownAuthority } from "./tls-options.ts";

/** An error of whoever asked an account server, with what to do about its certificate: flags are for nats-servers alone. */
export function accountServerFailure(error: unknown): unknown {
  if (!isNscError(error, "ERR_NATS_CONNECTION") || !(error.cause instanceof Error)) return error;
  if (!isOfUnknownAuthority(error.cause.cause)) return error;
  return new CommandError(error.message, {
    code: error.code,
    cause: error,
    hint: "no authority that is known here signed its certificate: have Node know it by NODE_EXTRA_CA_CERTS in the environment, which names a file",
  });
}
