import { isNscError, SubjectTransform, serverConfig } from "nsc.js";
import { startNatsServer, testAuthority } from "nsc.js/testing";
import { expect, onTestFinished, test } from "vitest";
import { compareVersions } from "../../src/encoding/server-version.ts";
import { connectAs } from "../server/servers.ts";
import { dice } from "../support/dice.ts";
import { describeWithServer, natsServers } from "../support/nats-server.ts";

const ARGUMENTS = ["0", "1", "2", "3", "-1", "x", "", "1,2", "+2"];
const FUNCTIONS =
  "wildcard Wildcard partition split splitFromLeft SplitFromRight sliceFromLeft slicefromright left Right".split(" ");
const TEXTS = ["abcdef", "a-b-c", "-a--b-", "x", "é€𝄞", "12"];

function plain(subject: string | undefined): string | undefined {
  return subject?.replace(/[\uFFFD.]*\uFFFD[\uFFFD.]*/g, "\uFFFD");
}

describeWithServer("a transform of subjects", () => {
  test.each(natsServers)(
    "makes what nats-server $version makes of them, and is refused where it is",
    {
      timeout: 60_000,
    },
    async ({ path, version: serverVersion }) => {
      const isSince = (version: string) => compareVersions(serverVersion, version) >= 0;
      const roll = dice(11);
      const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T;
      // 0 takes down those before 2.12.
      const counts = ["5", "100", isSince("2.12.0") ? "0" : "7", "-3"];
      const args = isSince("2.12.0") ? ARGUMENTS : ARGUMENTS.filter((each) => each !== "0");
      const token = (): string => {
        const kind = roll(10);
        if (kind < 2) return pick(["a", "$x", "$", "b"]);
        if (kind < 5) return `$${pick(["1", "2", "1", "2", "0", "3"])}`;
        const name = pick(FUNCTIONS);
        if (roll(4) === 0) return `{{${name}(${pick(args)}${roll(2) === 0 ? `,${pick(args)}` : ""})}}`;
        if (/wildcard/i.test(name)) return `{{${name}(${1 + roll(2)})}}`;
        if (name === "partition") return `{{${name}(${pick(counts)}${pick(["", ",1", ",2", ",1,2"])})}}`;
        return `{{${name}(${1 + roll(2)},${name === "split" ? pick(["-", "--", "a"]) : pick(["1", "2", "3", "0", "-1", "9"])})}}`;
      };
      const mappings = Array.from({ length: 400 }, (_, index) => {
        // With such destinations 2.9 refuses the account.
        const open = roll(4) === 0 && isSince("2.10.0");
        const tokens = Array.from({ length: 1 + roll(3) }, token);
        const stars = pick([["*"], ["*", "*"], ["*", "b", "*"], []]);
        const end = open ? [">"] : [];
        const misfit = roll(20) === 0 && !open && isSince("2.10.0") ? [pick([">", "*"])] : [];
        return {
          source: [`m${index}`, ...stars, ...end].join("."),
          destination: [`to${index}`, ...tokens, ...end, ...misfit].join("."),
        };
      });
      const authority = await testAuthority({ accounts: { A: { users: ["u"] } } });
      await authority.accounts.A.edit(({ nats }) => {
        nats.mappings = Object.fromEntries(
          mappings.map(({ source, destination }) => [source, [{ subject: destination }]]),
        );
      });
      const server = await startNatsServer({
        config: await serverConfig(authority.operator, { resolver: { type: "memory" } }),
        server: path,
      });
      onTestFinished(() => server.stop());
      const connection = await connectAs(server, authority.creds.A.u);
      const arrived = new Map<string, string>();
      connection.subscribe(">", { callback: (_, message) => void arrived.set(message.string(), message.subject) });
      const wrong: string[] = [];
      const tally = { made: 0, refused: 0 };
      const sent: { mapping: string; subject: string; id: string; expected: string }[] = [];
      for (const [index, { source, destination }] of mappings.entries()) {
        let transform: SubjectTransform | undefined;
        try {
          transform = new SubjectTransform(source, destination, { serverVersion });
        } catch (error) {
          if (!isNscError(error, "ERR_ARGUMENT_INVALID")) throw error;
        }
        tally[transform === undefined ? "refused" : "made"] += 1;
        for (let round = 0; round < 3; round++) {
          const subject = source.replaceAll("*", () => pick(TEXTS)).replace(">", () => pick(["y", "y.z"]));
          const id = `${index}/${round}`;
          connection.publish(subject, id);
          const mapping = `${source} -> ${destination}`;
          sent.push({
            mapping,
            subject,
            id,
            expected: transform === undefined ? subject : (transform.apply(subject) as string),
          });
        }
      }
      await connection.flush();
      for (const { mapping, subject, id, expected } of sent) {
        // What is left of a character that was cut, the client decodes in its own way.
        // Of a source without wildcards servers split the subject, or not: see `mapSubject`.
        if (!mapping.includes("*") && mapping.includes("partition")) continue;
        if (plain(arrived.get(id)) !== plain(expected))
          wrong.push(`${mapping}: ${subject} -> ${arrived.get(id)}, and not ${expected}`);
      }
      expect(wrong).toEqual([]);
      expect(tally.made).toBeGreaterThan(50);
      expect(tally.refused).toBeGreaterThan(50);
    },
  );
});
