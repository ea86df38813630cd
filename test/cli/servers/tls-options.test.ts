import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CERTIFICATE, PRIVATE_KEY } from "../../support/certificate.ts";
import { CommandHome } from "../support/run-command.ts";

const OTHER_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHiQEKlWT3621alJx
lHphngJdD8gs0ANM8F1xUKJzEOGhRANCAATIhmyZiS1C6Q0u4qasVJb7EaLAQINO
MIS+t1NQhL6Mi6VGxkeRSr6aNqzhEn7A9M95epRH4W4sBj8xtRVJX9vN
-----END PRIVATE KEY-----
`;

/** What a command says that uses the files. */
async function errorOf(
  files: Readonly<Record<string, string>>,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const home = await CommandHome.make();
  onTestFinished(() => home[Symbol.asyncDispose]());
  for (const [name, text] of Object.entries(files)) await writeFile(join(home.path, name), text);
  await home.nsc("add", "operator", "local", "--sys");
  await home.nsc("edit", "operator", "--account-jwt-server-url", "nats://127.0.0.1:1");
  const { code, stderr } = await home.run(["push", "-A", ...words], { env });
  expect(code).toBe(1);
  return stderr.replaceAll(home.path, "~").replace("failed to connect: ", "");
}

test.each([
  ["no certificate", "junk", "there is none in it"],
  ["a key", PRIVATE_KEY, "there is none in it"],
  ["a damaged certificate", CERTIFICATE.replace("MIIB", "AAAA"), "one of them is damaged"],
  ["a good one, and a damaged one", CERTIFICATE + CERTIFICATE.replace("MIIB", "AAAA"), "one of them is damaged"],
])("a file of authorities with %s is refused", async (_, ca, why) => {
  const error = await errorOf({ ca }, ["--ca-cert", "ca"]);
  expect(error).toBe(`Error: can't use ~/ca (--ca-cert) as certificates of authorities: ${why}\n`);
});

test.each([
  ["of another certificate", OTHER_KEY, "key values mismatch\n"],
  [
    "with a passphrase",
    PRIVATE_KEY.replaceAll("PRIVATE", "ENCRYPTED PRIVATE"),
    "the key is encrypted\ngive one without",
  ],
])("a client's key %s is refused", async (_, key, why) => {
  const error = await errorOf({ cert: CERTIFICATE, key }, ["--client-cert", "cert", "--client-key", "key"]);
  expect(error).toContain(`Error: can't use ~/cert (--client-cert) with the key ~/key (--client-key): ${why}`);
});

test("a client's certificate without a key is refused", async () => {
  const error = await errorOf({ cert: CERTIFICATE }, ["--client-cert", "cert"]);
  expect(error).toContain("Error: the client key (--client-key or NATS_KEY) is missing");
});

test("a variable is named that names a file", async () => {
  const error = await errorOf({}, [], { NATS_CA: "nowhere.pem" });
  expect(error).toBe("Error: can't read ~/nowhere.pem (NATS_CA): there is no such file\n");
});

test("what is good is taken", async () => {
  const files = { cert: CERTIFICATE, key: PRIVATE_KEY };
  const error = await errorOf(files, ["--ca-cert", "cert", "--client-cert", "cert", "--client-key", "key"]);
  expect(error).toContain("connection refused");
});
