import { formatProfile, type Profile } from "../../authority/reports/profile.ts";
import { type NscUrl, parseNscUrl } from "../../config/nsc-url.ts";
import { isNscError } from "../../errors.ts";
import { nscProfile } from "../../node/nsc-profile.ts";
import { CommandError } from "../command-error.ts";
import type { generateProfileFlags } from "../commands/generate-access.ts";
import type { Invocation } from "../invocation.ts";
import { quoteHomePath } from "../text/home-path.ts";
import { quote } from "../text/quote.ts";

type GenerateProfile = Invocation<typeof generateProfileFlags>;

/** A profile is as readable as the umask lets it be, unless there are seeds in it. */
const EVERYBODY = 0o666;

export async function run(invocation: GenerateProfile): Promise<void> {
  const { args, flags, io, output, report } = invocation;
  const url = parseUrl(args[0] as string);
  await assertThere(invocation, url);
  const profile = await readProfile(invocation, url);
  const text = formatProfile(profile);
  const file = flags["output-file"] ?? "--";
  if (file === "--") {
    output.data(profile);
    output.print(text);
    return;
  }
  const hasSeed = [profile.operator, profile.account, profile.user].some((entity) => entity?.seed !== undefined);
  const path = await output.writeFile(file, text, { overwrites: false, ...(hasSeed ? {} : { mode: EVERYBODY }) });
  output.data({ path });
  if (!output.isDryRun) report.ok(`wrote tool configuration to ${quoteHomePath(file, io)}`);
}

function parseUrl(url: string): NscUrl {
  try {
    return parseNscUrl(url);
  } catch (cause) {
    if (!isNscError(cause)) throw cause;
    const problem = /^nsc:\/\//i.test(url) ? cause.message : "invalid nsc url: expecting 'nsc://'";
    throw new CommandError(`error parsing ${quote(url)}: ${problem}`, {
      code: cause.code,
      hint: "it is nsc://operator, nsc://operator/account or nsc://operator/account/user, with options after a question mark",
      cause,
    });
  }
}

/** Says in nsc's words what is not there; of other stores than its own the library says it. */
async function assertThere({ tree }: GenerateProfile, { operator, account, store }: NscUrl): Promise<void> {
  if (store !== undefined) return;
  await tree.assertOperator(operator);
  if (account === undefined || (await tree.store.read([operator, account])) !== undefined) return;
  throw tree.accountNotFound(operator, account);
}

async function readProfile({ io, output, tree }: GenerateProfile, url: NscUrl): Promise<Profile> {
  const { configDir, storesDir, keystoreDir } = tree.directory;
  const folders = {
    ...(url.store === undefined ? {} : { store: output.path(url.store) }),
    ...(url.keystore === undefined ? {} : { keystore: output.path(url.keystore) }),
  };
  return await nscProfile({ ...url, ...folders }, { configDir, storesDir, keystoreDir, env: io.env });
}
