import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { describeWithServer, natsServer } from "../../support/nats-server.ts";
import { CommandHome } from "../support/run-command.ts";

/** What a server says of a configuration; nothing where it takes it. */
async function problemOf(file: string): Promise<string> {
  const path = natsServer?.path ?? "";
  return await promisify(execFile)(path, ["-t", "-c", file], { cwd: dirname(file) }).then(
    () => "",
    ({ stderr }: { readonly stderr: string }) => stderr,
  );
}

describeWithServer("nsc generate config", () => {
  test.each(["--mem-resolver", "--nats-resolver", "--nats-resolver-cache"])(
    "a server takes what %s makes",
    async (type) => {
      await using home = await CommandHome.make();
      await home.nsc("add", "operator", "local", "--sys");
      await home.nsc("add", "account", "A");
      await home.nsc("generate", "config", type, "--config-file", "server.conf");
      expect(await problemOf(join(home.path, "server.conf"))).toBe("");
    },
  );

  test("a server refuses nsc's folder of tokens, which is said", async () => {
    await using home = await CommandHome.make();
    await home.nsc("add", "operator", "local", "--sys");
    const { stderr } = await home.nsc("generate", "config", "--mem-resolver", "--dir", "out");
    expect(stderr).toContain("nats-server refuses");
    expect(await problemOf(join(home.path, "out/resolver.conf"))).toContain("invalid account JWT");
  });
});
