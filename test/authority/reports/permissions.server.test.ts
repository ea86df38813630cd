import { createConnection } from "node:net";
import { can, keyPairFromSeed, parseCreds, type RoleInit, serverConfig, type User } from "nsc.js";
import { startNatsServer, testAuthority } from "nsc.js/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { isContainedIn } from "../../../src/subjects/subject.ts";
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
  // The older ones have mistakes that the version stands for.
  describe.each(natsServers)("by nats-server $version", ({ path, version: serverVersion }) => {
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
          const answer = can(user, action, target, { serverVersion, ...(queue !== undefined && { queue }) });
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
          const answer = can(user, "publish", subject, { cluster: "C", serverVersion });
          // Of a mapping that servers leave out nothing is made.
          const mapped = answer.mapped ?? [{ subject, share: 100, allowed: answer.allowed }];
          const shares = mapped.reduce((sum, { share }) => sum + share, 0);
          expected.set(
            id,
            mapped
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

    test("is kept from a subscription where it is denied", { timeout: 120_000 }, async () => {
      const roll = dice(31);
      const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T;
      const subject = (): string => {
        const tokens = Array.from({ length: 1 + roll(3) }, () => pick(["a", "b", "*"]));
        if (roll(4) === 0) tokens[tokens.length - 1] = ">";
        return tokens.join(".");
      };
      const names = Array.from({ length: 40 }, (_, index) => `u${index}`);
      const users = Object.fromEntries(
        names.map((name) => {
          const deny = Array.from({ length: 1 + roll(3) }, () => subject() + (roll(3) === 0 ? ` ${pick(QUEUES)}` : ""));
          return [name, { sub: { deny: deny.map((entry) => entry.replace(/^>/, "b.>")) } }];
        }),
      );
      const authority = await testAuthority({ accounts: { A: { users: { ...users, all: {} } } } });
      const server = await startNatsServer({ config: authority.config, server: path });
      onTestFinished(() => server.stop());
      const creds = authority.creds.A as Record<string, string>;
      const all = await connectAs(server, creds["all"] ?? "");
      const depth = (tokens: readonly string[]) =>
        tokens.flatMap((one) => ["a", "b", "c"].map((two) => `${one}.${two}`));
      const one = ["a", "b", "c"];
      const published = [...one, ...depth(one), ...depth(depth(one))];
      const wrong: string[] = [];
      const counts = { heard: 0, withheld: 0 };
      for (const name of names) {
        const user = (authority.users.A as Record<string, User>)[name] as User;
        for (let round = 0; round < 8; round++) {
          const target = subject();
          const queue = roll(3) === 0 ? pick(["q", "r", "q.x"]) : undefined;
          const answer = can(user, "subscribe", target, { serverVersion, ...(queue !== undefined && { queue }) });
          if (!answer.allowed) continue;
          // Servers go on with what they began to look at for a subscription before.
          const connection = await connectAs(server, creds[name] ?? "");
          const heard = new Set<string>();
          connection.subscribe(target, {
            callback: (_, message) => void heard.add(message.subject),
            ...(queue !== undefined && { queue }),
          });
          await connection.flush();
          for (const each of published) all.publish(each);
          await all.flush();
          await connection.flush();
          await connection.close();
          for (const each of published.filter((one) => isContainedIn(one, target))) {
            const isWithheld = answer.withheld.some((entry) => isContainedIn(each, entry.split(" ")[0] as string));
            counts[heard.has(each) ? "heard" : "withheld"] += 1;
            // 2.10.27 overlooks entries here as it does for publications.
            if (heard.has(each) !== isWithheld || (heard.has(each) && serverVersion.startsWith("2.10."))) continue;
            wrong.push(`${user.claims.nats.sub?.deny}: ${target} ${queue ?? ""} hears ${each}: ${heard.has(each)}`);
          }
        }
      }
      expect(wrong).toEqual([]);
      expect(counts.heard).toBeGreaterThan(500);
      expect(counts.withheld).toBeGreaterThan(100);
    });

    test("is what its role has for it", { timeout: 120_000 }, async () => {
      const roll = dice(41);
      const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T;
      const variables = ["{{name()}}", "{{Name()}}", "{{ name() }}", "{{tag(t)}}", "{{tag(u)}}", "{{account-name()}}"];
      const token = (): string =>
        roll(2) === 0 ? pick(["a", "b"]) : roll(4) === 0 ? `a-${pick(variables)}` : pick(variables);
      const list = () =>
        Array.from({ length: 1 + roll(3) }, () => Array.from({ length: 1 + roll(2) }, token).join("."));
      const roles = Array.from({ length: 40 }, (_, index): readonly [string, RoleInit] => [
        `r${index}`,
        // What servers could not expand of a denial, they would refuse the user for.
        {
          pub: {
            allow: [...list(), ...list()],
            deny: list().map((entry) => entry.replace(/{{(?:tag\(u|Name| name).*?}}/g, "b")),
          },
        },
      ]);
      const authority = await testAuthority({ accounts: { A: { users: {} } } });
      const account = authority.accounts.A;
      const users: User[] = [];
      for (const [role, init] of roles) {
        await account.addRole(role, init);
        users.push(
          await account.addUser(`u${role}`, { role, tags: ["t:x", "t:y", ...(roll(2) === 0 ? ["u:z"] : [])] }),
        );
      }
      const server = await startNatsServer({
        config: await serverConfig(authority.operator, { resolver: { type: "memory" } }),
        server: path,
      });
      onTestFinished(() => server.stop());
      const wrong: string[] = [];
      const answers = { yes: 0, no: 0 };
      for (const user of users) {
        const asker = new Asker(server.port, await user.creds());
        await asker.ask("");
        const values = [
          "a",
          "b",
          user.name,
          "x",
          "y",
          "z",
          "A",
          `a-${user.name}`,
          "a-x",
          "a-z",
          "a-{{name()}}",
          "{{name()}}",
        ];
        for (const target of [...values, ...values.flatMap((one) => values.map((two) => `${one}.${two}`))]) {
          const isAllowed = (await asker.ask(`PUB ${target} 0\r\n\r\n`)).length === 0;
          answers[isAllowed ? "yes" : "no"] += 1;
          if (can(user, "publish", target, { serverVersion }).allowed === isAllowed) continue;
          wrong.push(`${JSON.stringify(Object.fromEntries(roles)[user.name.slice(1)]?.pub)}: ${target}: ${isAllowed}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(answers.yes).toBeGreaterThan(60);
      expect(answers.no).toBeGreaterThan(1000);
    });

    test("takes as many replies as responses say, for as long", { timeout: 60_000 }, async () => {
      const variants = {
        once: { responses: true },
        thrice: { responses: { max: 3, ttl: "1m" } },
        any: { responses: { max: -1, ttl: "-1ns" } },
        short: { responses: { max: -1, ttl: "500ms" } },
        denied: { pub: { deny: ["reply.>"] }, responses: { max: 2 } },
        listed: { pub: ["other"], responses: { max: 2 } },
        open: { pub: ["reply.>"], responses: true },
        never: { pub: ["other"] },
      } as const;
      const authority = await testAuthority({ accounts: { A: { users: { ...variants, all: {} } } } });
      await authority.accounts.A.edit(({ nats }) => {
        nats.mappings = { "away.*": [{ subject: "reply.mapped.$1" }], "same.*": [{ subject: "same.$1" }] };
      });
      const server = await startNatsServer({
        config: await serverConfig(authority.operator, { resolver: { type: "memory" } }),
        server: path,
      });
      onTestFinished(() => server.stop());
      const creds = authority.creds.A as Record<string, string>;
      const all = await connectAs(server, creds["all"] ?? "");
      const heard: string[] = [];
      all.subscribe(">", { callback: (_, message) => void heard.push(message.subject) });
      await all.flush();
      for (const name of Object.keys(variants)) {
        const user = (authority.users.A as Record<string, User>)[name] as User;
        const service = await connectAs(server, creds[name] ?? "");
        service.subscribe("q", { callback: () => undefined });
        await service.flush();
        const arrivalsOf = async (subject: string, times: number): Promise<number> => {
          heard.length = 0;
          for (let index = 0; index < times; index++) service.publish(subject);
          await service.flush();
          await all.flush();
          return heard.length;
        };
        for (const reply of ["reply.x", "away.x", "same.x"]) {
          all.publish("q", "", { reply });
          await all.flush();
          await service.flush();
          const answer = can(user, "publish", reply, { reply: true, serverVersion });
          const { max = -1 } = answer.responses ?? {};
          const most = answer.allowed ? (max === -1 ? 5 : Math.min(max, 5)) : 0;
          expect([name, reply, await arrivalsOf(reply, 5)]).toEqual([name, reply, most]);
          if (name === "short") {
            await vi.waitFor(async () => expect(await arrivalsOf(reply, 1)).toBe(0), { timeout: 5000 });
          }
          // Nothing asked for a reply there.
          const isAllowed = can(user, "publish", `${reply}.y`, { serverVersion }).allowed;
          expect([name, reply, await arrivalsOf(`${reply}.y`, 1)]).toEqual([name, reply, isAllowed ? 1 : 0]);
        }
      }
    });
  });
});
