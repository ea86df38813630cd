import { type LintCode, lint, lintRules } from "nsc.js";
import { expect, test } from "vitest";
import { isSince } from "../../server/servers.ts";
import { describeWithServer } from "../../support/nats-server.ts";
import { outcomeOf, Tree, type Twins } from "./lint-twins.ts";
import { calloutTwins } from "./lint-twins-callout.ts";
import { entityTwins } from "./lint-twins-entities.ts";
import { exchangeTwins } from "./lint-twins-exchange.ts";
import { userTwins } from "./lint-twins-users.ts";

const ALL: readonly Twins[] = [...entityTwins, ...calloutTwins, ...userTwins, ...exchangeTwins];

async function examine(twins: Twins, isWrong: boolean): Promise<{ found: LintCode[]; seen: string }> {
  const tree = await Tree.make();
  await twins.make(tree, isWrong);
  const findings = await lint(await tree.nsc.operator("local"));
  for (const { code, level } of findings) expect(lintRules[code].levels).toContain(level);
  // Of an account that is not there or not valid more may be worth knowing.
  const found = new Set(
    findings.filter(({ code, level }) => level !== "info" || code === twins.code).map(({ code }) => code),
  );
  return { found: [...found].sort(), seen: await outcomeOf(twins, tree) };
}

describeWithServer("what is found", () => {
  test.each(ALL.filter(({ since = "0.0.0" }) => isSince(since)))(
    "is real: $code, $title",
    { concurrent: true },
    async (twins) => {
      const [wrong, sound] = [await examine(twins, true), await examine(twins, false)];
      expect(wrong.found).toContain(twins.code);
      expect(wrong.found.filter((code) => code !== twins.code && !twins.besides?.includes(code))).toEqual([]);
      expect(wrong.seen).toMatch(twins.wrong);
      expect(sound.found.filter((code) => !twins.besides?.includes(code))).toEqual([]);
      expect(sound.seen).toMatch(twins.sound);
    },
  );

  test("is all that there is", () => {
    const shown = new Set(ALL.map(({ code }) => code));
    // No server knows which seeds somebody keeps.
    expect(Object.keys(lintRules).filter((code) => !shown.has(code as LintCode))).toEqual(["KEY_ORPHAN"]);
  });
});
