/**
 * What the hot paths cost, beside the bare operations of `node:crypto` that they can't do without and beside
 * `@nats-io/jwt`, all in one run. Absolute times depend on the machine and on what else it does; the ratios are what
 * counts. Run with `npm run bench`; it is no test.
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as nodeSign,
  verify as nodeVerify,
  randomBytes,
} from "node:crypto";
import { encodeUser, fmtCreds, decode as theirDecode } from "@nats-io/jwt";
import { createUser, fromSeed } from "@nats-io/nkeys";
import {
  type CryptoEngine,
  createKeyPair,
  createNativeEngine,
  createPortableEngine,
  createUserClaims,
  decode,
  encode,
  encodeCreds,
  keyPairFromSeed,
} from "nsc.js";
import { benchAuthority } from "./authority.ts";
import { benchCallout } from "./callout.ts";
import { benchCliPush } from "./cli-push.ts";
import { benchCommand } from "./command.ts";
import { benchDirectory } from "./directory.ts";
import { benchJsonReader } from "./json-reader.ts";
import { benchKv } from "./kv.ts";
import { benchLint } from "./lint.ts";
import { type Measured, measure, measurePair, report, reportPairs } from "./measure.ts";
import { benchPlan } from "./plan.ts";
import { benchPush } from "./push.ts";
import { benchValidation } from "./validate.ts";

const permissions = {
  pub: { allow: ["orders.>", "_INBOX.>"], deny: ["orders.internal.>"] },
  sub: { allow: ["_INBOX.>", "orders.*.new"] },
};

const jwk = { format: "jwk" } as const;
const nodeKey = createPrivateKey({
  key: { kty: "OKP", crv: "Ed25519", d: randomBytes(32).toString("base64url"), x: "" },
  ...jwk,
});
const nodePublicKey = createPublicKey(nodeKey);

async function benchEngine(engine: CryptoEngine): Promise<Awaited<ReturnType<typeof measurePair>>[]> {
  const account = createKeyPair("account", { engine });
  const signingKey = createKeyPair("account", { engine });
  const user = createKeyPair("user", { engine });
  const claimsOf = (publicKey: string) =>
    createUserClaims(publicKey, { name: "alice", nats: { ...permissions, issuer_account: account.publicKey } });
  const claims = claimsOf(user.publicKey);
  const token = await encode(claims, signingKey, { engine });
  // The bare operations work on the very bytes that the token is signed over.
  const message = new TextEncoder().encode(token.slice(0, token.lastIndexOf(".")));
  const signature = nodeSign(null, message, nodeKey);
  const verifyBare = () => nodeVerify(null, message, nodePublicKey, signature);
  const signBare = () => nodeSign(null, message, nodeKey);
  const generateBare = () => {
    generateKeyPairSync("ed25519", { publicKeyEncoding: jwk, privateKeyEncoding: jwk } as never);
    return signBare();
  };
  const perBatch = engine.name === "native" ? 500 : 50;
  return [
    await measurePair(
      "encode a user, key known",
      () => encode(claims, signingKey, { engine }),
      "a bare signature",
      signBare,
      perBatch,
    ),
    await measurePair(
      "creds of a new user",
      () => {
        const fresh = createKeyPair("user", { engine });
        return encodeCreds(claimsOf(fresh.publicKey), signingKey, fresh, { engine });
      },
      "a bare key and signature",
      generateBare,
      perBatch,
    ),
    await measurePair(
      "decode a user, issuer known",
      () => decode(token, { engine }),
      "a bare verification",
      verifyBare,
      perBatch,
    ),
  ];
}

async function benchOthers(): Promise<Measured[]> {
  const account = fromSeed(createKeyPair("account").getSeed());
  const signingKey = fromSeed(createKeyPair("account").getSeed());
  const user = createUser();
  const options = { signer: signingKey };
  const encodeTheirs = (pair = user) => encodeUser("alice", pair, account, structuredClone(permissions), options);
  const token = await encodeTheirs();
  return [
    await measure("@nats-io/jwt: encode a user", () => encodeTheirs(), 20),
    await measure(
      "@nats-io/jwt: creds of a new user",
      async () => {
        const fresh = createUser();
        return fmtCreds(await encodeTheirs(fresh), fresh);
      },
      20,
    ),
    await measure("@nats-io/jwt: decode a user", () => theirDecode(token), 20),
  ];
}

const native = createNativeEngine();
if (native === undefined) throw new Error("the benchmark needs node:crypto");
const ours = await benchEngine(native);
reportPairs("nsc.js, native engine, beside node:crypto", ours);
reportPairs("nsc.js, portable engine, beside node:crypto", await benchEngine(createPortableEngine()));
report(
  "@nats-io/jwt, beside nsc.js on the native engine",
  await benchOthers(),
  ours.map(({ row }) => row),
);
await benchJsonReader();
await benchValidation();
await benchAuthority();
await benchDirectory();
await benchLint();
await benchPlan();
await benchPush();
await benchCliPush();
await benchKv();
await benchCallout();

// What a pair costs to get ready, which happens once for a key.
const seed = createKeyPair("account").getSeed();
report("keys", [
  await measure("createKeyPair", () => createKeyPair("user")),
  await measure("keyPairFromSeed", () => keyPairFromSeed(seed)),
]);
await benchCommand();
