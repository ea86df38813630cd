import { createConnection } from "node:net";
import { can, keyPairFromSeed, parseCreds, type User } from "nsc.js";
import { startNatsServer, testAuthority } from "nsc.js/testing";
import { describe, expect, onTestFinished, test } from "vitest";
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
  });
});
