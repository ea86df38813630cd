import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decode } from "../../../src/jwt/decode.ts";
import { keyPairFromSeed } from "../../../src/nkeys/key-pair.ts";
import { directoryOf, treeOf } from "../support/home-directory.ts";
import { CommandHome } from "../support/run-command.ts";

/** An operator with a token of version 1, as nsc wrote it before 2.0. */
async function old(home: CommandHome) {
  const operator = await treeOf(home).addOperator("old");
  const directory = directoryOf(home);
  await directory.setContext({ operator: "old" });
  const key = keyPairFromSeed((await directory.getKey(operator.publicKey)) as string);
  const { sub, iss, iat } = operator.claims;
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const payload = encode({ jti: "X", iat, iss, name: "old", sub, type: "operator", nats: { signing_keys: [] } });
  const signature = Buffer.from(key.sign(new TextEncoder().encode(payload))).toString("base64url");
  const token = `${encode({ typ: "jwt", alg: "ed25519" })}.${payload}.${signature}`;
  const file = join(directory.storesDir, "old/old.jwt");
  await writeFile(file, token);
  return { file, token, key };
}

test("nothing but few commands works with an operator of version 1", async () => {
  await using home = await CommandHome.make();
  await old(home);
  const { code, stderr } = await home.run(["list", "accounts"]);
  expect(code).toBe(1);
  expect(stderr).toContain("This version of nsc only supports jwtV2.");
  expect(stderr).toContain('"nsc upgrade-jwt"');
});

test("converts an operator when it is told to", async () => {
  await using home = await CommandHome.make();
  const { file, token } = await old(home);
  const declined = await home.nsc("upgrade-jwt");
  expect(declined.stdout).toContain("Declined to convert at this time. Rerun command when ready.");
  const dry = await home.nsc("upgrade-jwt", "--dry-run");
  expect(dry.stdout).toContain("Converted Operator: old");
  expect(await readFile(file, "utf8")).toBe(token);
  await home.nsc("upgrade-jwt", "--force");
  const claims = decode(await readFile(file, "utf8"), { kind: "operator" });
  expect(claims).toMatchObject({ name: "old", nats: { version: 2, type: "operator" } });
  const again = await home.nsc("upgrade-jwt");
  expect(again.stdout).toContain("Operator old is already upgraded to version 2. No change was applied");
  expect((await home.nsc("list", "operators", "--json")).json).toHaveLength(1);
});

test("an operator whose key is not there stays as it is", async () => {
  await using home = await CommandHome.make();
  const { file, token, key } = await old(home);
  const { keystoreDir } = directoryOf(home);
  const publicKey = key.publicKey;
  await writeFile(join(keystoreDir, "keys/O", publicKey.slice(1, 3), `${publicKey}.nk`), publicKey);
  const { code, stderr } = await home.run(["upgrade-jwt", "--force"]);
  expect(code).toBe(1);
  expect(stderr).toContain("Identity Key for Operator old not found.");
  expect(await readFile(file, "utf8")).toBe(token);
});
