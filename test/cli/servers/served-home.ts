import { Nsc, type Operator, serverConfig } from "nsc.js";
import { type NscDirectory, nscDirectory } from "nsc.js/node";
import { type RunningNatsServer, startNatsServer } from "nsc.js/testing";
import { onTestFinished } from "vitest";
import { CommandHome } from "../support/run-command.ts";

/** A home folder with an operator, of which servers may know. */
export interface OperatorHome {
  readonly home: CommandHome;
  readonly nsc: Nsc;
  readonly directory: NscDirectory;
  readonly operator: Operator;
}

/** Makes a home folder that lives as long as the test. */
export async function emptyHome(): Promise<Omit<OperatorHome, "operator">> {
  const home = await CommandHome.make();
  onTestFinished(() => home[Symbol.asyncDispose]());
  const directory = nscDirectory({ env: { HOME: home.path } });
  return { home, directory, nsc: new Nsc({ store: directory }) };
}

/** Makes a home folder with the operator "local", its system account and accounts. */
export async function operatorHome(accounts: readonly string[] = []): Promise<OperatorHome> {
  const { home, directory, nsc } = await emptyHome();
  const operator = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
  if (accounts.length > 0) {
    await nsc.transaction(async (tx) => {
      const pending = await tx.operator("local");
      for (const name of accounts) await pending.addAccount(name);
    });
  }
  return { home, nsc, directory, operator };
}

/** A home folder whose operator's servers are one that runs. */
export interface ServedHome extends OperatorHome {
  readonly server: RunningNatsServer;
  /** The system account's public key. */
  readonly system: string;
}

/** Starts a server with a full resolver that knows the operator, and names it as account server and service URL. */
export async function servedHome(
  accounts: readonly string[] = [],
  { config = "", allowDelete = true }: { readonly config?: string; readonly allowDelete?: boolean } = {},
): Promise<ServedHome> {
  const world = await operatorHome(accounts);
  const conf = await serverConfig(world.operator, { resolver: { type: "full", dir: "./jwt", allowDelete } });
  const server = await startNatsServer({ config: `${conf}\n${config}` });
  onTestFinished(() => server.stop());
  await world.operator.edit(({ nats }) => {
    nats.account_server_url = server.url;
    nats.operator_service_urls = [server.url];
  });
  return { ...world, server, system: world.operator.claims.nats.system_account as string };
}
