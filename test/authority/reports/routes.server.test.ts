import type { NatsConnection } from "@nats-io/transport-node";
import {
  type Account,
  can,
  createActivationClaims,
  createKeyPair,
  type Export,
  encode,
  type Import,
  isNscError,
  keyPairFromSeed,
  lint,
  memoryStore,
  Nsc,
  type Operator,
  routes,
  serverConfig,
  type User,
} from "nsc.js";
import { startNatsServer } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { isContainedIn } from "../../../src/subjects/subject.ts";
import { runs } from "../../property/runs.ts";
import { connectAs } from "../../server/servers.ts";
import { dice } from "../../support/dice.ts";
import { describeWithServer } from "../../support/nats-server.ts";

const NAMES = ["A", "B", "C"] as const;
const EXPORTS = ["s.>", "s.*", "s.a", "q.*.*", "q.a.*", "q.>", "t.*", "t.a", "t.a.*", "pos.*.x"];
const MAPPINGS = [
  ["s.a", ["s.b"]],
  ["s.*", ["t.$1", "s.$1"]],
  ["q.*.a", ["q.$1.b"]],
  ["l0.*", ["s.$1", "q.a.$1"]],
  ["m.*", ["q.a.$1"]],
  ["m.*.*", ["q.$2.$1"]],
  ["t.>", ["l1.>"]],
  ["x.a", ["s.a", "t.a"]],
  ["x.*", ["t.{{partition(2,1)}}"]],
] as const;
const TAILS = ["a", "b", "a.a", "a.b", "b.a"];
const PATTERNS = [">", "s.>", "*.a", "q.a.*", "t.*", "l0.>", "l1.*", "s.a", "q.a.b", "x.a", "t.a", "*.*.b", "pos.>"];

interface Tree {
  readonly operator: Operator;
  readonly accounts: readonly Account[];
}

/** A few accounts that export to each other, import and map at random. */
async function growTree(roll: (most: number) => number): Promise<Tree> {
  const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T;
  const store = memoryStore();
  const operator = await new Nsc({ store }).addOperator("local", { systemAccount: true, signingKey: true });
  const accounts: Account[] = [];
  for (const name of NAMES) accounts.push(await operator.addAccount(name));
  const tryEdit = async (account: Account, edit: Parameters<Account["edit"]>[0]): Promise<void> => {
    try {
      await account.edit(edit);
    } catch (error) {
      // What is not valid is not what is looked at here.
      if (!isNscError(error, "ERR_CLAIMS_INVALID")) throw error;
    }
  };
  const now = Math.floor(Date.now() / 1000);
  // Where there are few subjects and most of one type, messages go through several accounts.
  const offers = Array.from({ length: 4 }, () => pick(EXPORTS));
  const usual = pick(["stream", "service", "service"] as const);
  for (const account of accounts) {
    for (let index = roll(4); index < 5; index++) {
      const subject = pick(offers);
      const entry: Export = { subject, type: roll(5) > 0 ? usual : pick(["stream", "service"] as const) };
      if (subject.startsWith("pos")) entry.account_token_position = 2;
      if (roll(3) === 0) entry.token_req = true;
      if (entry.token_req && roll(4) === 0) {
        entry.revocations = { [pick([...accounts.map(({ publicKey }) => publicKey), "*"])]: now + 5 };
      }
      await tryEdit(account, ({ nats }) => {
        nats.exports = [...(nats.exports ?? []), entry];
      });
    }
    for (let index = roll(3); index < 3; index++) {
      const [source, subjects] = pick(MAPPINGS);
      const weight = pick([100 / subjects.length, 60 / subjects.length]);
      // Of two for one subject servers take any.
      if (Object.keys(account.claims.nats.mappings ?? {}).some((other) => other[0] === source[0])) continue;
      await tryEdit(account, ({ nats }) => {
        nats.mappings = { ...nats.mappings, [source]: subjects.map((subject) => ({ subject, weight })) };
      });
    }
  }
  for (const [place, account] of accounts.entries()) {
    for (let index = 0; index < 3 + roll(4); index++) {
      const exporter = pick(accounts.filter((other) => other !== account));
      const offer = pick(exporter.claims.nats.exports ?? [{ subject: "s.a" }]);
      const type = roll(10) === 0 ? pick(["stream", "service"] as const) : (offer?.type ?? "stream");
      let subject = (roll(8) === 0 ? pick(offers) : (offer?.subject ?? "s.a"))
        .split(".")
        .map((token) => (token === "*" ? pick(["a", "b", "*"]) : token === ">" ? pick([">", "a", "a.*", "*"]) : token))
        .join(".");
      if (subject.startsWith("pos")) subject = `pos.${roll(4) === 0 ? exporter.publicKey : account.publicKey}.x`;
      const entry: Import = { subject, account: exporter.publicKey, type };
      const stars = subject.split(".").filter((token) => token === "*").length;
      const kind = roll(4);
      if (kind < 2) {
        const references = Array.from({ length: stars }, (_, at) => `$${at + 1}`);
        if (roll(2) === 0) references.reverse();
        const head = pick(["l0", "l1", "s", "q", "t.a"]);
        const open = subject.endsWith(">") ? [">"] : [];
        entry.local_subject = [head, ...references, ...(stars + open.length === 0 ? [pick(["a", "b"])] : open)].join(
          ".",
        );
      } else if (kind === 2 && type === "stream" && roll(2) === 0) entry.to = pick(["l0", "l1.x", "bad.*"]);
      if (offer?.token_req && roll(6) > 0) {
        const own = keyPairFromSeed((await store.getKey(exporter.publicKey)) as string);
        const claims = createActivationClaims(account.publicKey, { nats: { subject: offer.subject, kind: type } });
        const variant = roll(8);
        if (variant === 0) claims.exp = now - 100;
        if (variant === 1) claims.nbf = now + 1000;
        if (variant === 2) claims.nats.issuer_account = exporter.publicKey;
        entry.token = await encode(claims, variant === 2 ? createKeyPair("account") : own);
      }
      const before = account.claims.nats.imports;
      await tryEdit(account, ({ nats }) => {
        nats.imports = [...(nats.imports ?? []), entry];
      });
      // Which one of a circle servers drop, depends.
      if ((await lint(operator)).some(({ code }) => code === "IMPORT_CYCLE")) {
        await account.edit(({ nats }) => {
          if (before === undefined) delete nats.imports;
          else nats.imports = structuredClone(before) as Import[];
        });
      }
    }
    if (place === 0 && roll(5) === 0) await account.edit(({ nats }) => void nats.exports?.pop());
  }
  return { operator, accounts };
}

interface Arrival {
  readonly from: string;
  readonly published: string;
  readonly to: string;
  readonly received: string;
}

/** What comes where of all that is published, as a server does it. */
async function arrivalsOf({ operator, accounts }: Tree, subjects: readonly string[]): Promise<readonly Arrival[]> {
  const server = await startNatsServer({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
  onTestFinished(() => server.stop());
  const arrived = new Map<string, Arrival>();
  const connections: NatsConnection[] = [];
  for (const account of accounts) {
    const connection = await connectAs(server, await (await account.addUser("all")).creds());
    connections.push(connection);
    connection.subscribe(">", {
      callback: (_, message) => {
        const [from = "", published = ""] = message.string().split(" ");
        const arrival = { from, published, to: account.name, received: message.subject };
        arrived.set(Object.values(arrival).join(" "), arrival);
      },
    });
  }
  for (const connection of connections) await connection.flush();
  for (const [index, connection] of connections.entries()) {
    // Of those with weights each destination comes up.
    for (const subject of subjects) {
      for (let round = 0; round < 60; round++) connection.publish(subject, `${accounts[index]?.name} ${subject}`);
    }
    await connection.flush();
  }
  for (const connection of connections) await connection.flush();
  await Promise.all(connections.map((connection) => connection.close()));
  await server.stop();
  return [...arrived.values()];
}

/** Is over when a server tells a connection of something that it may not do. */
async function firstError(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === "error") return;
}

describeWithServer("routes between accounts", () => {
  test("are those that messages take on a server", { timeout: 300_000 }, async () => {
    const roll = dice(57);
    const wrong: string[] = [];
    const tally = { compared: 0, across: 0, chains: 0, dead: new Map<string, number>(), back: 0, met: 0 };
    for (let number = 0; number < Math.min(runs(24), 200); number++) {
      const tree = await growTree(roll);
      const { accounts } = tree;
      const subjects = [
        ...["s", "q", "t", "m", "x", "l0", "l1", "l1.x.s"].flatMap((head) => TAILS.map((tail) => `${head}.${tail}`)),
        ...accounts.map(({ publicKey }) => `pos.${publicKey}.x`),
      ];
      const arrivals = await arrivalsOf(tree, subjects);
      const title = () =>
        accounts.map(
          ({ name, claims: { nats } }) => `${name}: ${JSON.stringify([nats.exports, nats.imports, nats.mappings])}`,
        );
      for (const account of accounts) {
        for (const subject of subjects) {
          const report = await routes(account, "publish", subject);
          const expected = new Set(report.routes.map(({ to }) => `${to.account} ${to.subject}`));
          const got = arrivals.filter(({ from, published }) => from === account.name && published === subject);
          const heard = new Set(got.map(({ to, received }) => `${to} ${received}`));
          tally.compared += 1;
          if (got.some(({ to }) => to !== account.name)) tally.across += 1;
          if (report.routes.some(({ steps }) => steps.filter(({ kind }) => kind !== "mapping").length > 1))
            tally.chains += 1;
          for (const { code } of report.dead) tally.dead.set(code, (tally.dead.get(code) ?? 0) + 1);
          if ([...expected].sort().join() === [...heard].sort().join()) continue;
          wrong.push(
            `${number} ${account.name} ${subject}: ${[...heard].sort()}, and not ${[...expected].sort()}`,
            ...title(),
          );
        }
        for (const pattern of PATTERNS) {
          const report = await routes(account, "subscribe", pattern);
          const mine = arrivals.filter(({ to, received }) => to === account.name && isContainedIn(received, pattern));
          const isBy = ({ from, published, received }: Arrival, { from: begin, to }: (typeof report.routes)[number]) =>
            from === begin.account && isContainedIn(published, begin.subject) && isContainedIn(received, to.subject);
          for (const arrival of mine) {
            tally.back += 1;
            if (report.routes.some((route) => isBy(arrival, route))) continue;
            wrong.push(
              `${number} ${account.name} subscribes ${pattern}: ${JSON.stringify(arrival)} is not told of`,
              ...title(),
            );
          }
          for (const route of report.routes) {
            if (!subjects.some((subject) => isContainedIn(subject, route.from.subject))) continue;
            tally.met += 1;
            if (mine.some((arrival) => isBy(arrival, route))) continue;
            wrong.push(
              `${number} ${account.name} subscribes ${pattern}: nothing comes by ${route.message}`,
              ...title(),
            );
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    // More than 3,000 publications, and all kinds of ways among them.
    expect(tally.compared).toBeGreaterThan(3000);
    expect(tally.across).toBeGreaterThan(150);
    expect(tally.chains).toBeGreaterThan(5);
    expect(tally.back).toBeGreaterThan(5000);
    expect(tally.met).toBeGreaterThan(1500);
    expect(tally.dead.size).toBeGreaterThan(7);
  });

  test("lead requests to who answers them at a subject under _R_", async () => {
    const operator = await new Nsc().addOperator("local", { systemAccount: true });
    const [shop, app] = [await operator.addAccount("SHOP"), await operator.addAccount("APP")];
    await shop.addExport({ subject: "price", type: "service" });
    await app.addImport({ from: shop, subject: "price" });
    const asker = await app.addUser("asker");
    const variants = {
      responses: { sub: ["price"], responses: true },
      reserved: { sub: ["price"], pub: ["_R_.>"] },
      inbox: { sub: ["price"], pub: ["_INBOX.>"] },
    } as const;
    const users: User[] = [];
    for (const [name, init] of Object.entries(variants)) users.push(await shop.addUser(name, init));
    const server = await startNatsServer({ config: await serverConfig(operator, { resolver: { type: "memory" } }) });
    onTestFinished(() => server.stop());
    const asking = await connectAs(server, await asker.creds());
    for (const user of users) {
      const answering = await connectAs(server, await user.creds());
      let reply = "";
      answering.subscribe("price", {
        callback: (_, message) => {
          reply = message.reply ?? "";
          message.respond("12");
        },
      });
      await answering.flush();
      const answer = await Promise.race([
        asking.request("price", "", { timeout: 5000 }).then(
          (message) => message.string(),
          () => "nothing",
        ),
        firstError(answering).then(() => undefined),
      ]);
      await answering.close();
      expect(reply).toMatch(/^_R_\./);
      const { allowed } = can(user, "publish", reply, { reply: true });
      expect([user.name, answer]).toEqual([user.name, allowed ? "12" : undefined]);
    }
  });
});
