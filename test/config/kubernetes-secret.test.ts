import {
  configSecret,
  credsSecret,
  formatYaml,
  isNscError,
  type KubernetesMetadata,
  kubernetesSecret,
  Nsc,
  parseCreds,
  serverConfig,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseConf } from "./conf-parser.ts";

const text = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString("utf8");

describe("kubernetesSecret", () => {
  test("is a manifest with its data in base64", () => {
    const secret = kubernetesSecret(
      {
        name: "a.b-c",
        namespace: "n1",
        labels: { "app.kubernetes.io/name": "nats", empty: "" },
        annotations: { "X.y/z": "!" },
      },
      { "a.txt": "f", b: "ff?>ÿ", bytes: new Uint8Array([0xfb, 0xff, 0xfe]) },
    );
    expect(secret).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: "a.b-c",
        namespace: "n1",
        labels: { "app.kubernetes.io/name": "nats", empty: "" },
        annotations: { "X.y/z": "!" },
      },
      type: "Opaque",
      data: { "a.txt": "Zg==", b: "ZmY/PsO/", bytes: "+//+" },
    });
    expect(Object.isFrozen(secret.metadata)).toBe(true);
    expect(parse(formatYaml(secret))).toEqual(secret);
    expect(kubernetesSecret({ name: "0" }, {})).toMatchObject({ metadata: { name: "0" }, data: {} });
  });

  test.each([
    ["no name", {}],
    ["an empty name", { name: "" }],
    ["capitals", { name: "Nats" }],
    ["a line end", { name: "nats\n" }],
    ["an underscore", { name: "a_b" }],
    ["a dash at the end", { name: "a-" }],
    ["a dash before a dot", { name: "a-.b" }],
    ["two dots", { name: "a..b" }],
    ["a long name", { name: "a".repeat(254) }],
    ["a dot in a namespace", { name: "a", namespace: "a.b" }],
    ["a long namespace", { name: "a", namespace: "a".repeat(64) }],
    ["a label of another form", { name: "a", labels: { "-a": "b" } }],
    ["an empty prefix", { name: "a", labels: { "/a": "b" } }],
    ["a value of a label with a blank", { name: "a", labels: { a: "b c" } }],
    ["a long value of a label", { name: "a", labels: { a: "b".repeat(64) } }],
    ["a key of an annotation with two slashes", { name: "a", annotations: { "a/b/c": "" } }],
  ])("refuses %s", (_, metadata) => {
    expect(() => kubernetesSecret(metadata as KubernetesMetadata, {})).toThrow(
      expect.toSatisfy((error) => isNscError(error, "ERR_NAME_INVALID")),
    );
  });

  test.each(["", ".", "..", "..a", "a/b", "a b", "ä", "a".repeat(254)])("refuses the key %j", (key) => {
    expect(() => kubernetesSecret({ name: "a" }, { [key]: "" })).toThrow(
      expect.toSatisfy((error) => isNscError(error, "ERR_NAME_INVALID")),
    );
  });

  test("refuses more than Kubernetes keeps", () => {
    const half = "x".repeat(512 * 1024);
    expect(kubernetesSecret({ name: "a" }, { a: half, b: half }).data["b"]).toHaveLength(699_052);
    for (const call of [
      () => kubernetesSecret({ name: "a" }, { a: half, b: `${half}x` }),
      () => kubernetesSecret({ name: "a", annotations: { a: "x".repeat(256 * 1024) } }, {}),
    ]) {
      expect(call).toThrow(expect.toSatisfy((error) => isNscError(error, "ERR_CONFIG_VALUE")));
    }
  });

  test.each([
    [undefined, {}],
    [{ name: "a", uid: "1" }, {}],
    [{ name: "a", labels: { a: 1 } }, {}],
    [{ name: "a", annotations: null }, {}],
    [{ name: "a" }, undefined],
    [{ name: "a" }, { a: 1 }],
    [{ name: "a" }, { a: null }],
  ])("refuses %j and %j", (metadata, data) => {
    expect(() => kubernetesSecret(metadata as never, data as never)).toThrow(
      expect.toSatisfy((error) => isNscError(error, "ERR_ARGUMENT_INVALID")),
    );
  });
});

describe("credsSecret", async () => {
  const account = await (await new Nsc().addOperator("O")).addAccount("A");
  const creds = await (await account.addUser("u")).creds();
  const { token, seed } = parseCreds(creds);

  test("holds the file that the chart looks for", () => {
    const { data } = credsSecret({ name: "u" }, creds);
    expect(Object.fromEntries(Object.entries(data).map(([key, value]) => [key, text(value)]))).toEqual({
      "nats.creds": creds,
    });
  });

  test("holds the parts, if they are asked for", () => {
    const { data } = credsSecret({ name: "u" }, creds, { form: "parts" });
    expect([text(data["user.jwt"]), text(data["user.seed"])]).toEqual([token, seed]);
    expect(Object.keys(data)).toEqual(["user.jwt", "user.seed"]);
  });

  test("refuses what are no creds, and other forms", async () => {
    const other = await (await account.addUser("other")).creds();
    const mixed = creds.replace(seed, parseCreds(other).seed);
    for (const [call, code] of [
      [() => credsSecret({ name: "u" }, token), "ERR_CREDS_FORMAT"],
      [() => credsSecret({ name: "u" }, mixed), "ERR_CREDS_MISMATCH"],
      [() => credsSecret({ name: "U" }, creds), "ERR_NAME_INVALID"],
      [() => credsSecret({ name: "u" }, creds, { form: "nkey" as "file" }), "ERR_ARGUMENT_INVALID"],
    ] as const) {
      expect(call).toThrow(
        expect.toSatisfy(
          (error) => isNscError(error, code) && !error.message.includes(seed) && !error.message.includes(token),
        ),
      );
    }
  });
});

describe("configSecret", () => {
  test("holds all but a resolver with a folder", async () => {
    const operator = await new Nsc().addOperator("O", { systemAccount: true });
    const full = await serverConfig(operator, { resolver: { type: "full", dir: "/data/resolver" } });
    const { operator: token, system_account, resolver_preload } = full;
    const of = (secret: { readonly data: Readonly<Record<string, string>> }) =>
      parseConf(text(secret.data["operator.conf"])).map;
    expect(of(configSecret({ name: "o" }, full))).toEqual(
      new Map<string, unknown>([
        ["operator", token],
        ["system_account", system_account],
        ["resolver_preload", new Map(Object.entries(resolver_preload ?? {}))],
      ]),
    );
    const memory = await serverConfig(operator, { resolver: { type: "memory" } });
    expect(of(configSecret({ name: "o" }, memory)).get("resolver")).toBe("MEMORY");
    for (const config of [null, { a: null }]) {
      expect(() => configSecret({ name: "o" }, config as never)).toThrow(
        expect.toSatisfy((error) => isNscError(error)),
      );
    }
  });
});
