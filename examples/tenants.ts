/**
 * A service that makes tenants at run time: an account and a role for each in nsc's own folders, creds that are minted on
 * request and stored nowhere, and an answer to why a token is refused.
 *
 * Run it with `npx tsx examples/tenants.ts`, after `npm run build`.
 */

import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { explain, isNscError, Nsc, type Operator, serverConfig } from "nsc.js";
import { nscDirectory } from "nsc.js/node";

/** What the story needs from outside. */
export interface Stage {
  /** nsc's folders; a fresh temporary folder by default. */
  readonly folder?: string;
  /** Where the story goes, line by line. */
  readonly tell?: (line: string) => void;
}

export async function tenants({ folder, tell = console.log }: Stage = {}): Promise<void> {
  const allDirs = folder ?? (await mkdtemp(join(tmpdir(), "nsc-tenants-")));
  const nsc = new Nsc({ store: nscDirectory({ allDirs }) });
  tell(`nsc --all-dirs ${allDirs} sees all this, too`);

  const operator = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
  await operator.requireSigningKeys();
  for (const name of ["acme", "umbrella"]) await addTenant(operator, name);
  for await (const account of operator.accounts()) tell(`account ${account.name} ${account.publicKey}`);

  const config = await serverConfig(operator, { resolver: { type: "memory" } });
  await writeFile(join(allDirs, "server.conf"), config.toString(), { mode: 0o600 });

  // What a service does for each login.
  const acme = await operator.account("acme");
  const login = await acme.issueUser("browser-7", { role: "web", expires: "15m" });
  tell(`creds of ${login.name} have ${login.creds().length} characters`);
  tell(await verdict(login.token, operator));

  // Whoever chooses his name would choose his subjects, if that was not refused.
  const refused = await acme.issueUser("*", { role: "web", expires: "15m" }).catch((error: unknown) => error);
  if (!isNscError(refused, "ERR_ROLE_TEMPLATE")) throw refused;
  tell(`refused: ${refused.message}`);

  // A tenant that is suspended keeps its data and can't connect.
  await acme.edit(({ nats }) => {
    nats.limits.conn = 0;
    nats.revocations = { ...nats.revocations, "*": Math.floor(Date.now() / 1000) };
  });
  tell(await verdict(login.token, operator));
}

async function verdict(token: string, operator: Operator): Promise<string> {
  const { accepted, decision } = await explain(token, operator);
  return `servers ${accepted ? "accept" : "refuse"} it: ${decision.message}`;
}

async function addTenant(operator: Operator, name: string): Promise<void> {
  const account = await operator.addAccount(name, { signingKey: true, jetstream: { disk: "10GiB", streams: 20 } });
  await account.addRole("web", { pub: ["in.{{name()}}.>"], sub: ["out.{{name()}}.>", "_INBOX.>"] });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await tenants();
