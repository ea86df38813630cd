import { existsSync } from "node:fs";
import { parseDecoratedToken } from "../../creds/creds.ts";
import { isNscError } from "../../errors.ts";
import { decode } from "../../jwt/decode.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import { CommandError } from "../command-error.ts";
import { isUrl, readSource } from "../files/load-text.ts";
import type { Invocation } from "../invocation.ts";
import { tokenVersion } from "../tree/token-version.ts";
import { findKnownOperator, knownNameOf } from "./known-operators.ts";

/** The token of an operator from elsewhere. */
export interface LoadedOperator {
  readonly token: string;
  readonly claims: OperatorClaims;
  /** What it is called here: as a well known operator on the same host, or by its token. */
  readonly name: string;
}

/** An address or a file, from what may also be the name of a well known operator that is no file. */
export function operatorSource({ io, output }: Pick<Invocation, "io" | "output">, given: string): string {
  if (isUrl(given) || existsSync(output.path(given))) return given;
  return findKnownOperator(io.env, given)?.url ?? given;
}

/**
 * Fetches the token of an operator.
 *
 * @param source - an address or a file
 * @throws CommandError in nsc's words
 */
export async function loadOperator(
  invocation: Pick<Invocation, "io" | "output">,
  source: string,
): Promise<LoadedOperator> {
  const token = parseDecoratedToken(await readSource(invocation, source)).trim();
  const version = tokenVersion(token);
  if (version === 1) {
    throw new CommandError(
      "the operator jwt (v1) is incompatible this version of nsc - please downgrade to 0.5.0 by executing `nsc update --version 0.5.0`.",
      { code: "ERR_JWT_VERSION", hint: "whoever runs the operator can give you a token of version 2" },
    );
  }
  let claims: OperatorClaims;
  try {
    claims = decode(token, { kind: "operator" });
  } catch (cause) {
    if (!isNscError(cause)) throw cause;
    throw new CommandError(`error importing operator jwt: ${cause.message}`, { code: cause.code, cause });
  }
  const known = isUrl(source) ? knownNameOf(invocation.io.env, source) : undefined;
  return { token, claims, name: known ?? claims.name ?? "" };
}
