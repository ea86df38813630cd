import { createConnection } from "node:net";
import { can, keyPairFromSeed, parseCreds, serverConfig, type User } from "nsc.js";
import { startNatsServer, testAuthority } from "nsc.js/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectAs } from "../../server/servers.ts";
import { dice } from "../../support/dice.ts";
import { describeWithServer, natsServers } from "../../support/nats-server.ts";

/** Asks a server what it says to each line of the protocol: nothing, or the words of its error. */
class Asker {
  readonly #socket: ReturnType<typeof createConnection>;
  readonly #connected: Promise<void>;
  #lines: string[] = [];
  #answered: (() => void) | undefined;
  #isOver = false;

  constructor(port: number, creds: string) {
    const { token, seed } = parseCreds(creds);
    const pair = keyPairFromSeed(seed);
    this.#socket = createConnection({ host: "127.0.0.1", port, noDelay: true });
    onTestFinished(() => void this.#socket.destroy());
    let rest = "";
    let connected: () => void = () => undefined;
    this.#connected = new Promise((resolve) => {
      connected = resolve;
    });
    this.#socket.setEncoding("utf8");
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.#isOver = true;
      this.#answered?.();
    });
    this.#socket.on("data", (text: string) => {
      const lines = `${rest}${text}`.split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("INFO") && line.includes('"nonce"')) {
          const { nonce } = JSON.parse(line.slice(5)) as { nonce: string };
          const sig = Buffer.from(pair.sign(new TextEncoder().encode(nonce))).toString("base64url");
          const options = { jwt: token, sig, verbose: false, pedantic: false, lang: "test", version: "1", protocol: 1 };
          this.#socket.write(`CONNECT ${JSON.stringify(options)}\r\n`);
          connected();
        } else if (line === "PONG") this.#answered?.();
        else if (line.startsWith("-ERR")) this.#lines.push(line);
      }
    });
  }

  /** What the server complains of after some lines. */
  async ask(lines: string): Promise<readonly string[]> {
    await this.#connected;
    this.#lines = [];
    const answered = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    this.#socket.write(`${lines}PING\r\n`);
    await answered;
    if (this.#isOver) throw new Error(`the server closed the connection: ${this.#lines.join()}`);
    return this.#lines;
  }
}

const TOKENS = ["a", "b", "c", "*", ">"];
const QUEUES = ["q", "r", "q.x", "q.*", "q.>"];

describeWithServer("what a user may do", () => {
  // Older ones have mistakes: 2.10.27 overlooks `*` beside a token that is spelled out, and 2.9.10 lets queues past a denial.
  describe.each(natsServers.slice(0, 1))("by nats-server $version", ({ path }) => {
    test("is what the server lets it do", { timeout: 120_000 }, async () => {
      const roll = dice(7);
      const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T;
      const subject = (wild: boolean): string => {
        const tokens = Array.from({ length: 1 + roll(3) }, () => pick(wild ? TOKENS.slice(0, 4) : TOKENS.slice(0, 3)));
        if (wild && roll(4) === 0) tokens[tokens.length - 1] = ">";
        return tokens.join(".");
      };
      const list = (queues: boolean): string[] | undefined =>
        roll(3) === 0
          ? undefined
          : Array.from(
              { length: 1 + roll(3) },
              () => subject(true) + (queues && roll(3) === 0 ? ` ${pick(QUEUES)}` : ""),
            );
      const permission = (queues: boolean) => {
        const [allow, deny] = [list(queues), list(queues)];
        return { ...(allow && { allow }), ...(deny && { deny }) };
      };
      const names = Array.from({ length: 60 }, (_, index) => `u${index}`);
      const users = Object.fromEntries(names.map((name) => [name, { pub: permission(false), sub: permission(true) }]));
      const authority = await testAuthority({ accounts: { A: { users } } });
      const server = await startNatsServer({ config: authority.config, server: path });
      onTestFinished(() => server.stop());

      const wrong: string[] = [];
      const answers = { yes: 0, no: 0 };
      for (const name of names) {
        const user = (authority.users.A as Record<string, User>)[name] as User;
        const asker = new Asker(server.port, (authority.creds.A as Record<string, string>)[name] ?? "");
        await asker.ask("");
        for (let index = 0; index < 90; index++) {
          const action = roll(2) === 0 ? "publish" : "subscribe";
          const target = subject(action === "subscribe");
          const queue = action === "subscribe" && roll(3) === 0 ? pick(["q", "r", "q.x", "q.x.y"]) : undefined;
          const lines =
            action === "publish"
              ? `PUB ${target} 0\r\n\r\n`
              : `SUB ${target} ${queue ?? ""} ${index}\r\nUNSUB ${index}\r\n`;
          const isAllowed = (await asker.ask(lines)).length === 0;
          const answer = can(user, action, target, queue === undefined ? {} : { queue });
          answers[isAllowed ? "yes" : "no"] += 1;
          if (answer.allowed === isAllowed) continue;
          const { pub, sub } = user.claims.nats;
          wrong.push(
            `${JSON.stringify(action === "publish" ? pub : sub)}: ${action} ${target} ${queue ?? ""}: ${isAllowed}`,
          );
        }
      }
      expect(wrong).toEqual([]);
      // 5,400 in all, and both answers come up.
      expect(answers.yes).toBeGreaterThan(1000);
      expect(answers.no).toBeGreaterThan(1000);
    });

    test("is looked at for what mappings make of a subject", { timeout: 120_000 }, async () => {
      const roll = dice(23);
      const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T;
      const destination = (wild: boolean): string =>
        [pick(["x", "y"]), pick(["x", "y", ...(wild ? ["$1", "{{partition(3,1)}}"] : [])])].join(".");
      const mappings = Array.from({ length: 60 }, (_, index) => {
        const wild = roll(3) > 0;
        const source = wild ? `m${index}.*` : `m${index}.x`;
        const own = wild ? `m${index}.$1` : source;
        const subjects = [
          ...new Set(Array.from({ length: 1 + roll(2) }, () => (roll(6) === 0 ? own : destination(wild)))),
        ];
        const weights = pick([
          [50, 50],
          [30, 30],
          [40, 60],
          [70, 30],
        ]);
        const destinations = subjects.map((subject, at) => ({
          subject,
          weight: subjects.length === 1 ? pick([100, 40]) : (weights[at] as number),
          ...(roll(5) === 0 && { cluster: pick(["C", "east"]) }),
        }));
        return [source, destinations] as const;
      });
      const entries = ["x.*", "y.*", "*.x", "x.y", "y.x", "x.>", "*.1", "m1.*", "m2.x", "m3.*", ">"];
      const list = () => (roll(3) === 0 ? undefined : Array.from({ length: 1 + roll(3) }, () => pick(entries)));
      const names = Array.from({ length: 20 }, (_, index) => `u${index}`);
      const rules = names.map((name) => {
        const [allow, deny] = [list(), list()?.filter((entry) => entry !== ">")];
        return [name, { pub: { ...(allow && { allow }), ...(deny && deny.length > 0 && { deny }) } }] as const;
      });
      const authority = await testAuthority({ accounts: { A: { users: { ...Object.fromEntries(rules), all: {} } } } });
      const account = authority.accounts.A;
      await account.edit(({ nats }) => {
        nats.mappings = Object.fromEntries(mappings.map(([source, destinations]) => [source, [...destinations]]));
      });
      const config = await serverConfig(authority.operator, { resolver: { type: "memory" } });
      const server = await startNatsServer({
        config: `${config}\ncluster { name: C, listen: "127.0.0.1:-1" }\n`,
        server: path,
      });
      onTestFinished(() => server.stop());
      const creds = authority.creds.A as Record<string, string>;
      const connection = await connectAs(server, creds["all"] ?? "");
      const arrived = new Map<string, Set<string>>();
      connection.subscribe(">", {
        callback: (_, message) =>
          void arrived.set(message.string(), (arrived.get(message.string()) ?? new Set()).add(message.subject)),
      });
      await connection.flush();
      const expected = new Map<string, string[]>();
      const wrong: string[] = [];
      for (const name of names) {
        const user = (authority.users.A as Record<string, User>)[name] as User;
        const asker = new Asker(server.port, creds[name] ?? "");
        await asker.ask("");
        for (const [index, [source, destinations]] of mappings.entries()) {
          const subject = source.replace("*", () => pick(["x", "y", "z"]));
          const id = `${name}/${index}`;
          const errors = await asker.ask(`PUB ${subject} ${id.length}\r\n${id}\r\n`.repeat(60));
          const answer = can(user, "publish", subject, { cluster: "C" });
          const shares = (answer.mapped ?? []).reduce((sum, { share }) => sum + share, 0);
          expected.set(
            id,
            (answer.mapped ?? [])
              .filter(({ allowed }) => allowed)
              .map((each) => each.subject)
              .sort(),
          );
          if (shares < 100 || answer.allowed === (errors.length === 0)) continue;
          wrong.push(
            `${JSON.stringify(user.claims.nats.pub)}: ${subject} by ${JSON.stringify(destinations)}: ${errors[0]}`,
          );
        }
      }
      await connection.flush();
      for (const [id, subjects] of expected) {
        const got = [...(arrived.get(id) ?? [])].sort();
        if (got.join() !== [...new Set(subjects)].join()) {
          wrong.push(`${id} ${JSON.stringify(mappings[Number(id.split("/")[1])])}: ${got}, and not ${subjects}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(expected.size).toBe(1200);
      const reached = [...expected.values()].filter((subjects) => subjects.length > 0).length;
      expect(reached).toBeGreaterThan(300);
      expect(reached).toBeLessThan(1100);
    });
  });
});
