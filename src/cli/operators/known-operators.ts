import type { Io } from "../io.ts";

/** An operator whose token anybody can fetch. */
export interface KnownOperator {
  readonly name: string;
  /** Where its token is. */
  readonly url: string;
}

const BUILT_IN: readonly KnownOperator[] = [{ name: "synadia", url: "https://api.synadia.io/jwt/v1/operator" }];

/** The well known operators, and those that variables `NSC_{NAME}_OPERATOR` name. nsc: `GetWellKnownOperators`. */
export function knownOperators(env: Io["env"]): readonly KnownOperator[] {
  const found: KnownOperator[] = [];
  for (const [variable, url] of Object.entries(env)) {
    const name = /^NSC_(.+)_OPERATOR$/i.exec(variable)?.[1];
    if (name !== undefined && url !== undefined && url !== "") found.push({ name, url });
  }
  return [...BUILT_IN, ...found];
}

/** A well known operator by its name, whatever its case. */
export function findKnownOperator(env: Io["env"], name: string): KnownOperator | undefined {
  const wanted = name.toLowerCase();
  return knownOperators(env).find((known) => known.name.toLowerCase() === wanted);
}

/** The name of the well known operator that is on the host of an address. nsc: `GetOperatorName`. */
export function knownNameOf(env: Io["env"], url: string): string | undefined {
  const host = hostOf(url);
  return host === undefined ? undefined : knownOperators(env).find((known) => hostOf(known.url) === host)?.name;
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase() : undefined;
}
