import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasKey } from "../../authority/signing-keys.ts";
import { parseDecoratedToken } from "../../creds/creds.ts";
import { isNscError } from "../../errors.ts";
import type { AccountClaims } from "../../jwt/account.ts";
import { decode } from "../../jwt/decode.ts";
import type { KeyPair } from "../../nkeys/key-pair.ts";
import { credsPath } from "../../node/layout.ts";
import { CommandError } from "../command-error.ts";
import type { loadFlags } from "../commands/import-entities.ts";
import { readSource } from "../files/load-text.ts";
import type { Invocation } from "../invocation.ts";
import { adoptNewest, assertSameOperator, nameHere } from "../operators/adopt-newest.ts";
import { findKnownOperator } from "../operators/known-operators.ts";
import { type LoadedOperator, loadOperator } from "../operators/load-operator.ts";
import { keepingKey } from "../signing/keeping-key.ts";
import { quote } from "../text/quote.ts";
import { readKeyArgument } from "../values/key-argument.ts";

type Load = Invocation<typeof loadFlags>;

/** What is loaded: of whom, by which key, and for whom. */
interface Wanted {
  /** What the operator is to be called; by its own name where nothing was said. */
  readonly name: string | undefined;
  readonly url: string;
  readonly seed: string;
  readonly user: string;
}

export async function run(invocation: Load): Promise<void> {
  const { output, report, tree } = invocation;
  const wanted = read(invocation);
  const pair = await accountKey(invocation, wanted.seed);
  const operator = await loadOperator(invocation, wanted.url);
  const name = await nameHere(tree, wanted.name ?? operator.name, operator);
  const account = await loadAccount(invocation, { ...operator, name }, pair);
  await assertSameOperator(tree, name, operator);

  const accountName = account.claims.name ?? "";
  const path = [name, accountName, wanted.user] as const;
  const present = await tree.store.read(path);
  const publicKey = await keepingKey(tree, pair, () =>
    tree.nsc.transaction(async (tx) => {
      const to = await adoptNewest(tx, name, operator);
      const stored = await to.findAccount(account.claims.sub);
      const isNewer = stored === undefined || (stored.claims.iat ?? 0) < (account.claims.iat ?? 0);
      const kept = isNewer ? await to.importAccount(account.token, { replace: true }) : stored;
      if (present !== undefined) return undefined;
      return (await kept.addUser(wanted.user, { signer: pair })).publicKey;
    }),
  );

  const creds = join(tree.directory.keystoreDir, credsPath(...path));
  if (publicKey !== undefined) {
    report.ok(`generated and stored user key ${quote(publicKey)}`);
    report.ok(`generated and stored user credentials at ${quote(creds)}`);
  } else {
    report.warn(`the user ${quote(wanted.user)} already exists`);
    if (!existsSync(creds)) report.error(`user ${quote(wanted.user)} credentials not found at ${quote(creds)}`);
  }
  await tree.select({ operator: name, account: accountName });
  output.note(
    `for the nats command: nsc generate context --account ${accountName} --user ${wanted.user} --context ${name}`,
  );
}

function read({ flags, io, output }: Load): Wanted {
  const { profile = "", url = "", seed = "", user = "default" } = flags;
  if (profile === "") {
    if (url === "") {
      throw new CommandError("missing account server URL", {
        code: "ERR_FLAGS",
        hint: "say --profile nsc://<operator>?secret=<account seed>, or --url with --seed",
      });
    }
    return { name: undefined, url, seed, user };
  }
  // What is wrong with it may be its secret.
  if (!URL.canParse(profile)) throw new CommandError("--profile is no URL", { code: "ERR_FLAGS" });
  const { hostname, searchParams } = new URL(profile);
  const known = findKnownOperator(io.env, hostname);
  if (known === undefined) {
    output.note(
      `Unable to find operator ${quote(hostname)}\n\nIf you have used this operator, please enter:\n\`nsc env -s /path/to/storedir\`\nor define the operator endpoint environment:\n\`NSC_<OPERATOR_NAME>_OPERATOR=http/s://host:port/jwt/v1/operator\`\n`,
    );
    throw new CommandError("operator not found", { code: "ERR_ENTITY_NOT_FOUND" });
  }
  return {
    name: hostname,
    url: known.url,
    seed: searchParams.get("secret") || seed,
    user: searchParams.get("user") || user,
  };
}

async function accountKey({ output }: Load, given: string): Promise<KeyPair> {
  const key = await readKeyArgument(given, output);
  if (key?.pair !== undefined && key.publicKey.startsWith("A")) return key.pair;
  throw new CommandError("expected account seed to initialize", {
    code: "ERR_KEY_INVALID",
    hint: "it begins with SA, and stands in the profile as secret, or in --seed, or in a file that --seed names",
  });
}

async function loadAccount(
  invocation: Load,
  { name, claims: operator }: LoadedOperator,
  { publicKey }: KeyPair,
): Promise<{ readonly token: string; readonly claims: AccountClaims }> {
  const { account_server_url: url = "" } = operator.nats;
  if (!/^https?:/i.test(url)) {
    throw new CommandError(`error importing operator ${quote(name)} - it doesn't define an account server url`, {
      code: "ERR_NO_ACCOUNT_SERVER",
    });
  }
  const token = parseDecoratedToken(
    await readSource(invocation, `${url.replace(/\/+$/, "")}/accounts/${publicKey}`),
  ).trim();
  let claims: AccountClaims;
  try {
    claims = decode(token, { kind: "account" });
  } catch (cause) {
    if (!isNscError(cause)) throw cause;
    throw new CommandError(`error decoding account jwt: ${cause.message}`, { code: cause.code, cause });
  }
  if (!hasKey(claims, publicKey)) {
    throw new CommandError(`the account server answers with the account ${claims.sub}`, { code: "ERR_NATS_REPLY" });
  }
  if (!hasKey(operator, claims.iss ?? "")) {
    throw new CommandError("the account is signed by no key of the operator", { code: "ERR_SIGNER_UNTRUSTED" });
  }
  return { token, claims };
}
