import type { AddOperatorOptions } from "../../authority/operator-verbs.ts";
import { askKey } from "../asking/ask-key.ts";
import { CommandError } from "../command-error.ts";
import type { addOperatorFlags } from "../commands/operator.ts";
import { applyValidity, askValidity } from "../edits/apply-validity.ts";
import { newName, newNameProblem } from "../edits/new-name.ts";
import { lengthProblem } from "../exchange/problems.ts";
import type { FlagValues } from "../flags/flag.ts";
import type { Invocation } from "../invocation.ts";
import { timeOf } from "../io.ts";
import { importManagedOperator } from "../managed/managed-operator.ts";
import { assertFreeFolder } from "../operators/assert-free-folder.ts";
import { Report } from "../output/report.ts";
import { quoteHomePath } from "../text/home-path.ts";
import { quote } from "../text/quote.ts";
import { changeTree } from "../tree/change-tree.ts";
import { makeCurrent } from "../tree/make-current.ts";
import { type KeyArgument, readIdentityKey } from "../values/key-argument.ts";
import { readValidity } from "../values/validity.ts";

type AddOperatorValues = FlagValues<typeof addOperatorFlags> & {
  /** The identity, where questions named one. */
  readonly key?: string;
};

const SYSTEM = { account: "SYS", user: "sys" } as const;

export async function run(invocation: Invocation<typeof addOperatorFlags>): Promise<void> {
  const { args, flags, globals, io, output, report, tree } = invocation;
  const named = { ...flags, name: flags.name || args[0] };
  const names = await tree.names([]);
  const asked = globals.interactive === true ? await ask(invocation, named, names) : named;
  if (asked.url !== undefined && asked.url !== "") {
    await importManagedOperator(invocation, { ...asked, url: asked.url });
    return;
  }
  if (asked.force === true) throw new CommandError("force only works with -u", { code: "ERR_FLAGS" });
  const name = newName("operator", asked.name, names);
  const now = timeOf(io);
  const validity = readValidity(asked, { now, report });
  const key = await keyOf(invocation, asked);
  if (names.includes(name)) {
    report.error(`operator named ${name} exists already`);
    throw new CommandError(`operator named ${name} exists already`, { code: "ERR_ENTITY_EXISTS" });
  }
  await assertFreeFolder(tree, name);
  const options: AddOperatorOptions = {
    ...(key === undefined ? {} : { key: key.pair ?? key.publicKey }),
    signingKey: asked["generate-signing-key"] === true,
    systemAccount: asked.sys === true ? SYSTEM.account : false,
    claims: (claims) => applyValidity(claims, validity, { now, report: new Report() }),
  };
  await changeTree(invocation, async (tx, changes) => {
    const operator = await tx.addOperator(name, options);
    const [signingKey] = operator.claims.nats.signing_keys ?? [];
    if (key === undefined) changes.ok(`generated and stored operator key ${quote(operator.publicKey)}`);
    changes.ok(`added operator ${quote(name)}`);
    changes.ok("When running your own nats-server, make sure they run at least version 2.2.0");
    if (asked.sys !== true) return;
    const account = await operator.account(SYSTEM.account);
    if (signingKey !== undefined) {
      await account.reissue({ signer: signingKey });
      changes.ok(`created operator signing key: ${signingKey}`);
    }
    const user = await account.user(SYSTEM.user);
    changes.ok(`created system_account: name:${SYSTEM.account} id:${account.publicKey}`);
    changes.ok(`created system account user: name:${SYSTEM.user} id:${user.publicKey}`);
  });
  if (asked.sys === true) {
    const creds = await tree.directory.credsFile([name, SYSTEM.account, SYSTEM.user]);
    if (creds !== undefined) {
      report.ok(`system account user creds file stored in ${quoteHomePath(creds, io)}`);
    }
  }
  await makeCurrent(invocation, { operator: name });
  if (key?.pair !== undefined) output.note(`the seed of ${key.publicKey} is in the keystore now`);
}

async function keyOf(
  { globals, output }: Invocation<typeof addOperatorFlags>,
  asked: AddOperatorValues,
): Promise<KeyArgument | undefined> {
  const given = asked.key ?? globals["private-key"];
  if (given === undefined || given === "") return undefined;
  if (asked["generate-signing-key"] === true && globals.interactive !== true) {
    throw new CommandError("signing key can not be added when importing the operator", {
      code: "ERR_FLAGS",
      hint: "add it afterwards with 'nsc edit operator --sk generate'",
    });
  }
  return await readIdentityKey(given, "operator", output);
}

async function ask(
  { globals, io, output, prompts }: Invocation<typeof addOperatorFlags>,
  flags: AddOperatorValues,
  names: readonly string[],
): Promise<AddOperatorValues> {
  if (await prompts.confirm("import operator from a JWT", flags.url !== undefined)) {
    const url = await prompts.text("path or url for operator jwt", {
      initial: flags.url ?? "",
      check: lengthProblem,
    });
    return { ...flags, sys: undefined, url };
  }
  const name = await prompts.text("operator name", {
    initial: flags.name ?? "",
    check: (answer) => newNameProblem("operator", answer, names),
  });
  const validity = await askValidity(prompts, flags, {}, timeOf(io));
  const sys = await prompts.confirm("Generate system account?", true);
  const signingKey = await prompts.confirm("Generate signing key?", true);
  const answers = { ...flags, ...validity, name, url: undefined, sys, "generate-signing-key": signingKey };
  if (globals["private-key"] || (await prompts.confirm("generate an operator nkey", true))) return answers;
  return { ...answers, key: await askKey(prompts, output, "operator") };
}
