import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  type ConfigMap,
  configSecret,
  formatYaml,
  type HelmValuesOptions,
  helmValues,
  isNscError,
  Nsc,
  type ServerConfigOptions,
  serverConfig,
} from "nsc.js";
import { expect, onTestFinished, test } from "vitest";
import { hostileText } from "../config/arbitraries.ts";
import { renderNatsConf } from "../config/helm-chart.ts";
import { describeWithServer, natsServer } from "../support/nats-server.ts";

/** What is below `/etc` and `/data` in the pod. */
async function podFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nsc-helm-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "nats-config"));
  return folder;
}

/** Whether a server takes the configuration that the chart makes of the values. */
async function check(folder: string, config: ConfigMap, options: HelmValuesOptions): Promise<string> {
  const yaml = formatYaml(helmValues(config, options));
  const conf = renderNatsConf(yaml).replace("/var/run/nats", folder);
  const file = join(folder, "nats-config/nats.conf");
  await writeFile(file, conf);
  if (options.secret !== undefined) {
    const { data } = configSecret({ name: options.secret }, config);
    await mkdir(join(folder, "nats-operator"), { recursive: true });
    await writeFile(join(folder, "nats-operator/operator.conf"), Buffer.from(data["operator.conf"] ?? "", "base64"));
  }
  const { status, stderr } = spawnSync(natsServer?.path ?? "", ["-t", "-c", file], {
    encoding: "utf8",
    env: { ...process.env, SERVER_NAME: "nats-0" },
    timeout: 20_000,
  });
  return status === 0 ? "accepted" : `${stderr}\n${conf}`;
}

describeWithServer("nats-server -t takes what the chart makes of helmValues", async () => {
  const operator = await new Nsc().addOperator('O "<&>" <<$HOME>> {{ .Values }}', {
    systemAccount: true,
    signingKey: true,
  });
  await operator.addAccount('A"ü', { jetstream: "unlimited" });

  test.each<
    [string, (folder: string) => ServerConfigOptions["resolver"], ServerConfigOptions["preload"], HelmValuesOptions]
  >([
    ["memory", () => ({ type: "memory" }), undefined, {}],
    ["full", (dir) => ({ type: "full", dir, interval: "2m", timeout: "1.9s", limit: 1_000_000 }), undefined, {}],
    [
      "full with all",
      (dir) => ({ type: "full", dir, allowDelete: true, hardDelete: true }),
      "all",
      { storage: { size: "5Gi", storageClass: "gp3" }, contexts: { system: { secret: "sys-creds" } } },
    ],
    ["cache", (dir) => ({ type: "cache", dir, ttl: "1h", limit: 10 }), undefined, { storage: false }],
    ["url", () => ({ type: "url", url: "http://127.0.0.1:1/jwt/v1/accounts/" }), undefined, {}],
    ["memory from a Secret", () => ({ type: "memory" }), undefined, { secret: "nats-operator" }],
    ["full from a Secret", (dir) => ({ type: "full", dir }), "all", { secret: "nats-operator" }],
  ])("%s", async (_, resolver, preload, options) => {
    const folder = await podFolder();
    const config = await serverConfig(operator, {
      resolver: resolver(join(folder, "resolver")),
      ...(preload && { preload }),
    });
    expect(await check(folder, config, options)).toBe("accepted");
    const conf = await readFile(join(folder, "nats-config/nats.conf"), "utf8");
    expect(conf.includes(operator.token)).toBe(options.secret === undefined);
  });

  test("with more around it, and integers of 64 bits", async () => {
    const folder = await podFolder();
    const config = await serverConfig(operator, { resolver: { type: "memory" } });
    const more = {
      ...config,
      server_tags: ["az:<1>&2", 'quo"ted\\', "tab\tand\nline", "2m", "true", "{{ .Release.Name }}", "$HOME"],
      max_payload: 1_048_576,
      jetstream: { max_mem: 2n ** 53n + 1n, max_file: 1_000_000_000_000, store_dir: join(folder, "js"), enabled: true },
      websocket: { port: 8080, no_tls: true, jwt_cookie: "jwt" },
    };
    expect(await check(folder, more, {})).toBe("accepted");
  });

  test("with hostile texts, unless they are refused", async () => {
    const folder = await podFolder();
    const config = await serverConfig(operator, { resolver: { type: "memory" } });
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(hostileText, { maxLength: 6 }), async (server_tags) => {
        try {
          helmValues({ server_tags });
        } catch (error) {
          if (isNscError(error, "ERR_CONFIG_VALUE")) return;
          throw error;
        }
        checked += 1;
        expect(await check(folder, { ...config, server_tags }, {})).toBe("accepted");
      }),
      { numRuns: 60 },
    );
    expect(checked).toBeGreaterThan(10);
  });

  test("and minds what is wrong", async () => {
    const folder = await podFolder();
    const config = await serverConfig(operator, { resolver: { type: "memory" } });
    expect(await check(folder, { ...config, operator: "eyJ" }, {})).toMatch(/nats-server:/);
  });
});
