import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createUserClaims } from "../../src/jwt/create-claims.ts";
import { decode, decodeUnchecked, type UncheckedToken } from "../../src/jwt/decode.ts";
import { encode } from "../../src/jwt/encode.ts";
import { decodePublicKey } from "../../src/nkeys/codec.ts";
import { createKeyPair } from "../../src/nkeys/key-pair.ts";
import { SignatureChecker } from "../../src/node/signature-checker.ts";
import { SignatureChunk } from "../../src/node/signature-chunk.ts";

const folder = mkdtempSync(join(tmpdir(), "nsc-js-signatures-"));
const workerFile = join(folder, "worker.cjs");

beforeAll(async () => {
  const entryPoints = [join(import.meta.dirname, "../../src/node/signature-worker.ts")];
  await build({ entryPoints, outfile: workerFile, bundle: true, platform: "node", format: "cjs", logLevel: "error" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A thread that takes what is in the first chunk, and ends in the middle of it. */
function workerThatEnds(): string {
  const file = join(folder, "ends.cjs");
  const lines = [
    'const { parentPort } = require("node:worker_threads");',
    'parentPort.on("message", (memory) => { Atomics.add(new Int32Array(memory), 1, 7); process.exit(1); });',
  ];
  writeFileSync(file, lines.join("\n"));
  return file;
}

async function verdictsOf(checker: SignatureChecker, tokens: readonly UncheckedToken[]): Promise<boolean[]> {
  const verdicts: boolean[] = [];
  for (const [i, token] of tokens.entries()) checker.check(token, (isGood) => (verdicts[i] = isGood));
  await checker.settled();
  return verdicts;
}

async function goodAndBad(): Promise<{ readonly good: UncheckedToken; readonly bad: UncheckedToken }> {
  const token = await encode(
    createUserClaims(createKeyPair("user").publicKey, { name: "u" }),
    createKeyPair("account"),
  );
  const good = decodeUnchecked(token, "user");
  return { good, bad: { ...good, signed: `${good.signed}A` } };
}

test("says the same as decode of every token", async () => {
  const account = createKeyPair("account");
  const token = await encode(createUserClaims(createKeyPair("user").publicKey, { name: "u" }), account);
  const [head, payload, signature = ""] = token.split(".");
  const other = (change: object) => Buffer.from(JSON.stringify({ ...decode(token), ...change })).toString("base64url");
  const noIssuer = `${head}.${other({ iss: account.publicKey.replace(/.$/, "?") })}.${signature}`;
  // What is no key of an account is refused before.
  expect(() => decodeUnchecked(noIssuer, "user")).toThrow("expected prefixes");
  const tokens = [
    [token, true],
    [`${head}.${other({ name: "x" })}.${signature}`, false],
    [`${head}.${other({ iss: createKeyPair("account").publicKey })}.${signature}`, false],
    [`${head}.${payload}.${signature.slice(0, 40)}`, false],
    [`${head}.${payload}.${signature}AAAA`, false],
  ] as const;
  const read = tokens.map(([text]) => decodeUnchecked(text, "user"));
  const verdicts = await verdictsOf(new SignatureChecker(), read);
  expect(verdicts).toEqual(tokens.map(([, isGood]) => isGood));
  for (const [text, isGood] of tokens) {
    if (isGood) decode(text);
    else expect(() => decode(text)).toThrow("signature verification");
  }
  const [first] = read as [UncheckedToken];
  expect(await verdictsOf(new SignatureChecker(), [{ ...first, issuer: "A" }])).toEqual([false]);
});

test.each([
  ["alone", () => undefined],
  ["with another thread", () => workerFile],
  ["with a thread that is not there", () => join(folder, "none.cjs")],
  ["with one that can't be made", () => "no/path/of/a/file"],
  ["with a thread that ends before it is done", workerThatEnds],
])("gives the verdicts of many, %s", async (_, file) => {
  const { good, bad } = await goodAndBad();
  const many = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? bad : good));
  const expected = many.map((each) => each === good);
  const checker = new SignatureChecker(file());
  checker.expect(many.length);
  expect(await verdictsOf(checker, many)).toEqual(expected);
  // Later ones, too, after there was nothing to do.
  expect(await verdictsOf(checker, many)).toEqual(expected);
  await checker.settled();
});

test("texts larger than all others, and more of them than wait at a time", async () => {
  const { good, bad } = await goodAndBad();
  const large = { ...good, signed: good.signed.repeat(1000) };
  const checker = new SignatureChecker(workerFile);
  expect(await verdictsOf(checker, [good, large, bad, good])).toEqual([true, false, false, true]);
  const many = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? [large, good] : [good, bad])).flat();
  expect(await verdictsOf(checker, many)).toEqual(many.map((each) => each === good));
});

test("another thread checks what is in memory that it shares, and ends when it is told", async () => {
  const { good, bad } = await goodAndBad();
  const chunk = SignatureChunk.withRoomFor(good.signed.length);
  let added = 0;
  while (chunk.add(decodePublicKey(good.issuer).publicKey, good.signature, (added % 2 === 0 ? good : bad).signed))
    added++;
  expect(added).toBeGreaterThan(10);
  const worker = new Worker(workerFile);
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  worker.postMessage(chunk.memory);
  worker.postMessage(undefined);
  expect(await ended).toBe(0);
  expect(chunk.isChecked).toBe(true);
  for (let i = 0; i < added; i++) expect(chunk.isGood(i)).toBe(i % 2 === 0);
});
