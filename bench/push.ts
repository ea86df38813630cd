import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import type { Operator } from "nsc.js";
import { push } from "nsc.js/nats";
import { type RunningNatsServer, type StartedTestAuthority, startNatsServer, testAuthority } from "nsc.js/testing";

/** How many requests are under way at a time, here and there. */
const CONCURRENCY = 256;
/** How often each is measured; the fastest counts, which is the one that the machine disturbed least. */
const ROUNDS = 3;

/** What a push costs beside bare requests with tokens that lie ready, each time to a server of its own. */
export async function benchPush(): Promise<void> {
  console.log("\npush to one server, beside bare pipelined requests");
  for (const count of [1000, 10_000]) await compareFresh(count);
  console.log("\npush to one server that has 10,000 accounts");
  await showAgain(10_000);
  console.log("\npush to a cluster of three");
  await showCluster(1000);
}

async function authorityOf(count: number, more = ""): Promise<StartedTestAuthority> {
  const authority = await testAuthority({ resolver: { type: "full", dir: "./jwt" } }).start({ config: more });
  await authority.nsc.transaction(async (tx) => {
    const operator = await tx.operator("test");
    for (let index = 0; index < count; index++) await operator.addAccount(`A${index}`, { signingKey: true });
  });
  return authority;
}

async function tokensOf(operator: Operator): Promise<string[]> {
  const tokens: string[] = [];
  for await (const account of operator.accounts()) tokens.push(account.token);
  return tokens;
}

async function compareFresh(count: number): Promise<void> {
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const authority = await authorityOf(count);
    ours.push(await timed(() => pushAll(authority.url, authority.operator)));
    await authority.stop();
    const other = await authorityOf(count);
    const tokens = await tokensOf(other.operator);
    bare.push(await timed(() => requestAll(other, tokens)));
    await other.stop();
  }
  report(`${count} new accounts`, Math.min(...ours), Math.min(...bare), count);
}

async function showAgain(count: number): Promise<void> {
  const authority = await authorityOf(count);
  const { operator, url } = authority;
  await pushAll(url, operator);
  const nothing = await timed(() => pushAll(url, operator));
  const one = await timed(() => push({ connect, servers: url }, operator, { accounts: ["A1"] }));
  console.log(`  ${"nothing has changed".padEnd(44)}${nothing.toFixed(0).padStart(9)} ms`);
  console.log(`  ${"one account, with its connection".padEnd(44)}${one.toFixed(1).padStart(9)} ms`);
  await authority.stop();
}

async function showCluster(count: number): Promise<void> {
  const route = (urls: readonly string[]): string =>
    `cluster { name: C, listen: "127.0.0.1:-1", routes: [${urls.map((url) => JSON.stringify(url)).join(", ")}] }`;
  const first = await authorityOf(count, route([]));
  const urls = [first.server.clusterUrl ?? ""];
  const others: RunningNatsServer[] = [];
  for (let index = 1; index < 3; index++) {
    const server = await startNatsServer({ config: `${first.config}\n${route(urls)}` });
    urls.push(server.clusterUrl ?? "");
    others.push(server);
  }
  const ours = await timed(() => pushAll(first.url, first.operator, 3));
  console.log(`  ${`${count} new accounts`.padEnd(44)}${ours.toFixed(0).padStart(9)} ms`);
  for (const server of [...others, first]) await server.stop();
}

async function pushAll(servers: string, operator: Operator, expectServers = 1): Promise<void> {
  const report = await push({ connect, servers }, operator, { concurrency: CONCURRENCY, expectServers });
  report.assertComplete();
}

/** Connects and sends, as the push does. */
async function requestAll({ url, systemCreds }: StartedTestAuthority, tokens: readonly string[]): Promise<void> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(systemCreds));
  const connection: NatsConnection = await connect({ servers: url, authenticator });
  const queue = tokens.values();
  const work = async (): Promise<void> => {
    for (const token of queue) await connection.request("$SYS.REQ.CLAIMS.UPDATE", token, { timeout: 60_000 });
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  await connection.close();
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await act();
  return performance.now() - begin;
}

function report(name: string, ours: number, bare: number, count: number): void {
  const perSecond = Math.round((count / ours) * 1000).toLocaleString("en");
  const ratio = `${(ours / bare).toFixed(2)} x bare requests (${bare.toFixed(0)} ms)`;
  console.log(`  ${name.padEnd(44)}${ours.toFixed(0).padStart(9)} ms ${perSecond.padStart(9)}/s  ${ratio}`);
}
