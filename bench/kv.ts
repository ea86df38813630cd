import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { createKeyPair, createUserClaims, encode, type StoredToken, type StorePath } from "nsc.js";
import { type KvStore, kvStore } from "nsc.js/nats";
import { startNatsServer } from "nsc.js/testing";
import { measurePair, reportPairs } from "./measure.ts";

/** What a store in a bucket costs, beside the bare operations of the client's buckets on the same server. */
export async function benchKv(): Promise<void> {
  const server = await startNatsServer({ jetstream: true });
  const connection = await connect({ servers: server.url });
  const store = await kvStore(connection, { bucket: "ours", encryptionKey: createKeyPair("curve"), create: true });
  const bare = await new Kvm(connection).create("bare", { history: 16, allow_direct: false });
  const token = await tokenOf();
  await store.commit({ tokens: [at(["O"]), at(["O", "A"]), at(["O", "B"])].map((path) => ({ path, token })) });
  await commitAll(store, "B", 1000, token);
  await bare.put("key", token);

  const fresh = await Promise.all(Array.from({ length: 2000 }, tokenOf));
  let count = 0;
  const next = (): StoredToken => {
    count += 1;
    return { path: ["O", "A", `u${count}`], token: fresh[count % fresh.length] as string };
  };
  const names = async (): Promise<void> => {
    for await (const name of store.list(["O", "B"])) if (name === "") throw new Error("a name is never empty");
  };
  let seen = 0;
  for (let index = 0; index < 1000; index++) await bare.put(`list.u${index}`, token);
  const keys = async (): Promise<void> => {
    for await (const key of await bare.keys("list.*")) if (key !== "") seen += 1;
  };
  let puts = 0;
  reportPairs("kvStore, beside bare operations of @nats-io/kv", [
    await measurePair(
      "commit of one user",
      () => store.commit({ tokens: [next()] }),
      "a bare put",
      () => {
        puts += 1;
        return bare.put(`u${puts}`, token);
      },
      20,
    ),
    await measurePair(
      "read",
      () => store.read(["O", "B", "u7"]),
      "a bare get",
      () => bare.get("key"),
      100,
    ),
    await measurePair("list of 1,000", names, "the bare list of keys", keys, 5),
  ]);
  if (seen === 0) throw new Error("the bare list had nothing");
  await commitLarge(store, token, (key) => bare.put(key, token));
  await connection.close();
  await server.stop();
}

function at<Path extends StorePath>(path: Path): Path {
  return path;
}

async function tokenOf(): Promise<string> {
  const [account, user] = [createKeyPair("account"), createKeyPair("user")];
  return encode(createUserClaims(user.publicKey, { name: "u" }), account);
}

async function commitAll(store: KvStore, account: string, count: number, token: string): Promise<void> {
  const tokens: StoredToken[] = [];
  for (let index = 0; index < count; index++) tokens.push({ path: ["O", account, `u${index}`], token });
  await store.commit({ tokens });
}

async function commitLarge(store: KvStore, token: string, put: (key: string) => Promise<unknown>): Promise<void> {
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round++) {
    await store.commit({ tokens: [{ path: ["O", `L${round}`], token }] });
    let begin = performance.now();
    await commitAll(store, `L${round}`, 10_000, token);
    ours.push(performance.now() - begin);
    begin = performance.now();
    for (let index = 0; index < 10_000; index += 250) {
      await Promise.all(Array.from({ length: 250 }, (_, offset) => put(`large.${round}.u${index + offset}`)));
    }
    bare.push(performance.now() - begin);
  }
  const [fastest, puts] = [Math.min(...ours), Math.min(...bare)];
  const ratio = (fastest / puts).toFixed(2);
  console.log(
    `  ${"commit of 10,000 users".padEnd(40)}${fastest.toFixed(0).padStart(9)} ms  ${ratio} x as many bare puts`,
  );
}
