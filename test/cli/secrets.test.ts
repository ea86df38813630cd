import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createKeyPair } from "../../src/index.ts";
import { CommandHome } from "./support/run-command.ts";

/** A seed with a mistake in its last letter, and one with a letter that no seed has. */
const mistyped = (["account", "operator"] as const).flatMap((kind) => {
  const seed = new TextDecoder().decode(createKeyPair(kind).getSeed());
  return [`${seed.slice(0, -1)}${seed.endsWith("A") ? "B" : "A"}`, `${seed.slice(0, 20)}0${seed.slice(21)}`];
});

test("a seed with a mistake in it is in no error and no report", async () => {
  await using home = await CommandHome.make();
  await home.nsc("add", "operator", "local", "--generate-signing-key");
  await home.nsc("add", "account", "A");
  for (const seed of mistyped) {
    for (const line of [
      ["add", "user", "u", "-K", seed],
      ["add", "account", "B", "-K", seed],
      ["add", "user", "u", "--public-key", seed],
      ["edit", "account", "A", "--sk", seed],
      ["edit", "account", "A", "--rm-sk", seed],
      ["edit", "operator", "--rm-sk", seed],
      ["edit", "signing-key", "--account", "A", "--sk", seed],
      ["edit", "authcallout", "A", "--auth-user", seed],
      ["edit", "authcallout", "A", "--curve", seed],
      ["reissue", "operator", "-K", seed],
      ["load", "--url", "http://127.0.0.1:1/jwt/v1/operator", "--seed", seed],
    ]) {
      for (const more of [[], ["--json"]]) {
        const { stdout, stderr } = await home.run([...line, ...more]);
        expect(stdout + stderr, line.join(" ")).not.toContain(seed.slice(4, 20));
      }
    }
  }
});

test("nothing of a file that is no JSON is in the error about it", async () => {
  await using home = await CommandHome.make();
  await home.nsc("add", "operator", "local");
  const seed = mistyped[0] as string;
  await writeFile(join(home.path, "tree.json"), `{"name": ${seed}}`);
  const { code, stderr } = await home.run(["plan", "tree.json"]);
  expect(code).toBe(1);
  expect(stderr).toContain("is no JSON");
  expect(stderr).not.toContain(seed.slice(0, 10));
});
