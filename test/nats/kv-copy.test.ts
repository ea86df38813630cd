import { copyTree, createKeyPair, memoryStore, Nsc, type Store } from "nsc.js";
import { nscDirectory } from "nsc.js/node";
import { expect, test } from "vitest";
import { contentsOf, testFolder } from "../node/folders.ts";
import { describeWithServer } from "../support/nats-server.ts";
import { connectTo, openBucket, serveBuckets } from "./kv-tools.ts";

/** Two operators with accounts, roles and users, a managed one, and a rotation under way. */
async function furnish(store: Store): Promise<void> {
  const nsc = new Nsc({ store });
  const local = await nsc.addOperator("local", { signingKey: true, systemAccount: true });
  for (const name of ["A", "B b", "C.c"]) {
    const account = await local.addAccount(name, { signingKey: true });
    await account.addRole("web", { pub: ["in.>"] });
    for (const user of ["u", "v w", "é"]) await account.addUser(user, user === "u" ? { role: "web" } : {});
  }
  const [from = ""] = local.claims.nats.signing_keys ?? [];
  await local.rotateSigningKey({ from });
  await nsc.importOperator((await new Nsc().addOperator("elsewhere")).token);
}

describeWithServer("a tree that goes round", () => {
  test("from folders to a bucket, to memory, and to folders gives the same files", async () => {
    const [first, last] = [testFolder(), testFolder()];
    const directory = nscDirectory({ allDirs: first });
    await furnish(directory);
    const connection = await connectTo(await serveBuckets());
    const bucket = await openBucket(connection, { encryptionKey: createKeyPair("curve") });
    const memory = memoryStore();

    const report = await copyTree(directory, bucket);
    expect(await copyTree(bucket, memory)).toEqual(report);
    await copyTree(memory, nscDirectory({ allDirs: last }));
    expect(contentsOf(last)).toEqual(contentsOf(first));
    expect(report.tokens).toBeGreaterThan(15);
  });
});
