import { assertEntityName } from "../../authority/names.ts";
import { isNscError } from "../../errors.ts";
import type { OperatorClaims } from "../../jwt/operator.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { assertValid } from "../../jwt/validate.ts";
import { MANAGED } from "../../store/meta-names.ts";
import { CommandError } from "../command-error.ts";
import type { addOperatorFlags } from "../commands/operator.ts";
import { randomName } from "../edits/random-name.ts";
import { renamed, shownSource } from "../files/load-text.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { assertFreeFolder } from "../operators/assert-free-folder.ts";
import { type LoadedOperator, loadOperator, operatorSource } from "../operators/load-operator.ts";
import { quote, quotePath } from "../text/quote.ts";

/** What is imported, and how. */
export type ManagedOperatorRequest = FlagValues<typeof addOperatorFlags> & {
  /** A URL, a file, or the name of a well known operator. */
  readonly url: string;
};

/** Adopts an operator whose keys are elsewhere, and makes it the current one. nsc: `add operator -u`. */
export async function importManagedOperator(invocation: Invocation, request: ManagedOperatorRequest): Promise<void> {
  const { io, report, tree } = invocation;
  const loaded = await load(invocation, request.url);
  if (request.sys === true) {
    throw new CommandError("importing an operator is not compatible with system account generation", {
      code: "ERR_FLAGS",
    });
  }
  noteUnused(invocation, request);
  const names = await tree.names([]);
  const name =
    request.name === "*" ? randomName({ isTaken: (taken) => names.includes(taken) }) : request.name || loaded.name;
  if (!names.includes(name)) await adopt(invocation, name, loaded);
  else if (request.force === true) await replace(invocation, name, loaded);
  else {
    report.error(`operator named ${name} exists already please inspect and use --force to overwrite`);
    throw new CommandError(`operator named ${name} exists already`, { code: "ERR_ENTITY_EXISTS" });
  }
  report.ok(`imported operator ${quote(name)}`);
  report.ok("When running your own nats-server, make sure they run at least version 2.2.0");
  if (io.env["NSC_CWD_ONLY"] === undefined) await tree.select({ operator: name });
}

async function load(invocation: Invocation, given: string): Promise<LoadedOperator> {
  const source = operatorSource(invocation, given);
  try {
    return await loadOperator(invocation, source);
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== "ERR_SOURCE_UNREADABLE") throw error;
    throw renamed(error, `error reading ${quotePath(shownSource(source))}: ${error.message}`);
  }
}

/** nsc takes them without a word. */
function noteUnused({ globals, output }: Invocation, request: ManagedOperatorRequest): void {
  const unused = [
    ...(["generate-signing-key", "start", "expiry"] as const).filter((flag) => request[flag] !== undefined),
    ...(globals["private-key"] ? ["private-key"] : []),
  ];
  if (unused.length > 0) output.note(`of no use for an operator that is imported: --${unused.join(", --")}`);
}

async function adopt({ io, report, tree }: Invocation, name: string, { token, claims }: LoadedOperator): Promise<void> {
  await assertFreeFolder(tree, name);
  const [other] = (await tree.store.find(claims.sub)).filter((path) => path.length === 1);
  if (other === undefined) {
    await tree.nsc.importOperator(token, { name });
    return;
  }
  // The library has one operator for a key, and nsc as many as there are names.
  assertEntityName(name, "the name of an operator");
  assertValid(claims);
  assertOwn(claims, claims);
  report.warn(`it is the same operator as ${quote(other[0])}, under another name`);
  await write({ io, tree }, name, { token, claims }, true);
}

/** Puts a token in the place of what is there, also of an older one, or of another operator, since that was asked for. */
async function replace(
  { io, report, tree }: Invocation,
  name: string,
  { token, claims }: LoadedOperator,
): Promise<void> {
  const present = await tree.nsc.operator(name).catch((error: unknown) => {
    if (isNscError(error, "ERR_STORE_DAMAGED")) return undefined;
    throw error;
  });
  if (present?.token === token) return;
  if (present !== undefined && present.publicKey === claims.sub) {
    if ((claims.iat ?? 0) >= (present.claims.iat ?? 0)) {
      await tree.nsc.importOperator(token, { name, replace: true });
      return;
    }
    report.warn("the token that was there is newer, forced to continue");
    assertOwn(claims, present.claims);
  } else {
    if (present !== undefined) {
      report.warn("existing and new operator represent different entities, forced to continue");
    }
    assertOwn(claims, claims);
  }
  await write({ io, tree }, name, { token, claims }, false);
}

async function write(
  { io, tree: { changes, store } }: Pick<Invocation, "io" | "tree">,
  name: string,
  { token, claims }: Pick<LoadedOperator, "token" | "claims">,
  isNew: boolean,
): Promise<void> {
  const { sub: publicKey, iss: issuer, jti, exp: expires } = claims;
  await store.commit({
    tokens: [{ path: [name], token }],
    ...(isNew ? { meta: [{ operator: name, name: MANAGED, value: "true" }] } : {}),
  });
  changes.push({
    action: "adopted",
    kind: "operator",
    path: [name],
    publicKey,
    at: timeOf(io),
    ...(issuer === undefined ? {} : { issuer }),
    ...(jti === undefined ? {} : { jti }),
    ...(expires === undefined ? {} : { expires: Number(expires) }),
  });
}

/** Anybody can make a token in which he is a signing key himself. */
function assertOwn({ iss, sub }: OperatorClaims, known: ReadonlyDeep<OperatorClaims>): void {
  if (iss === sub || known.nats.signing_keys?.includes(iss ?? "") === true) return;
  throw new CommandError(`the operator jwt is signed by ${iss}, which is no key of the operator`, {
    code: "ERR_SIGNER_UNTRUSTED",
  });
}
