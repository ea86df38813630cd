/**
 * An operator whose key never touches a machine with a network: what it has to sign travels there as a file, is looked at
 * and signed, and the answer travels back.
 *
 * Run it with `npx tsx examples/air-gapped.ts`, after `npm run build`.
 */

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createKeyPair, isNscError, keyPairFromSeed, Nsc, readSignatureRequest, signRequest } from "nsc.js";
import { nscDirectory } from "nsc.js/node";

/** What the story needs from outside. */
export interface Stage {
  /** Where everything goes; a fresh temporary folder by default. */
  readonly folder?: string;
  /** Where the story goes, line by line. */
  readonly tell?: (line: string) => void;
}

export async function airGapped({ folder, tell = console.log }: Stage = {}): Promise<void> {
  const root = folder ?? (await mkdtemp(join(tmpdir(), "nsc-air-gapped-")));
  const file = (name: string) => join(root, name);

  // On the machine without network, once: the seed stays there.
  const operatorKey = createKeyPair("operator");
  await writeFile(file("offline.nk"), operatorKey.getSeed(), { mode: 0o600 });
  tell(`the operator is ${operatorKey.publicKey}`);

  // Online: everything is decided, and what the operator has to sign is written down.
  const online = () => new Nsc({ store: nscDirectory({ allDirs: file("nsc") }) });
  const request = await online().requestSignatures(
    async (tx) => {
      const operator = await tx.addOperator("prod", { key: operatorKey.publicKey, systemAccount: true });
      const app = await operator.addAccount("APP", { signingKey: true, jetstream: { disk: "10GiB" } });
      await app.addUser("worker", { pub: ["out.>"], sub: ["in.>"] });
    },
    { keys: [operatorKey.publicKey] },
  );
  await writeFile(file("to-sign.json"), request.toSign);
  await writeFile(file("to-commit.json"), request.toCommit, { mode: 0o600 });
  tell(`${request.tokens.length} tokens wait for the operator, and nothing is committed`);

  // Offline: look, then sign. The file is all that is needed.
  const text = await readFile(file("to-sign.json"), "utf8");
  for (const { kind, path, claims } of readSignatureRequest(text).tokens) {
    tell(`to be signed: ${kind} ${path.join("/")}, ${claims.sub}`);
  }
  const offline = keyPairFromSeed(await readFile(file("offline.nk"), "utf8"));
  await writeFile(file("signed.json"), await signRequest(text, [offline]));

  // Whoever changes what is shown on the way is found out.
  const forged = text.replace('"name": "APP"', '"name": "OPS"');
  const refused = await signRequest(forged, [offline]).catch((error: unknown) => error);
  if (!isNscError(refused, "ERR_REQUEST_FORMAT")) throw refused;
  tell(`refused: ${refused.message}`);

  // Online again, in another process: everything is committed at once.
  const nsc = online();
  const [kept, signed] = [await readFile(file("to-commit.json"), "utf8"), await readFile(file("signed.json"), "utf8")];
  await nsc.applySignatures(kept, signed);
  const app = await (await nsc.operator("prod")).account("APP");
  tell(`the account ${app.name} is signed by ${app.claims.iss}`);
  tell(`creds of worker have ${(await (await app.user("worker")).creds()).length} characters`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await airGapped();
