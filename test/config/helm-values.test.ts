import fc from "fast-check";
import { type ConfigMap, formatYaml, type HelmValuesOptions, helmValues, isNscError } from "nsc.js";
import { describe, expect, test } from "vitest";
import { hostileText, memberName } from "./arbitraries.ts";
import { asParsed, parseConf } from "./conf-parser.ts";
import { renderNatsConf } from "./helm-chart.ts";

const FULL = { type: "full", dir: "/data/resolver", allow_delete: false, interval: "2m", limit: 1000 };

/** What the servers read of values, without the members that the chart brings. */
function readBack(config: ConfigMap): ReadonlyMap<string, unknown> {
  const conf = renderNatsConf(formatYaml(helmValues(config))).replace("$SERVER_NAME", '"name"');
  // The outermost braces are those of JSON.
  const { map } = parseConf(conf.trim().slice(1, -1));
  const own = ["server_name", "lame_duck_grace_period", "lame_duck_duration", "pid_file", "port", "http_port"];
  return new Map([...map].filter(([name]) => !own.includes(name)));
}

describe("helmValues", () => {
  test("has a resolver with a folder where the chart has it, and the rest in merge", () => {
    expect(helmValues({ operator: "e", system_account: "A", resolver: FULL, resolver_preload: { A: "e" } })).toEqual({
      config: {
        resolver: {
          enabled: true,
          dir: "/data/resolver",
          pvc: { enabled: true },
          merge: { type: "full", allow_delete: false, interval: "2m", limit: 1000 },
        },
        merge: { operator: "e", system_account: "A", resolver_preload: { A: "e" } },
      },
    });
    expect(helmValues({ operator: ["a", "b"], resolver: "MEMORY", gone: undefined })).toEqual({
      config: { merge: { operator: ["a", "b"], resolver: "MEMORY" } },
    });
  });

  test("has the volume that is asked for", () => {
    const pvcOf = (storage: HelmValuesOptions["storage"]) =>
      helmValues({ resolver: FULL }, storage === undefined ? {} : { storage }).config.resolver?.["pvc"];
    expect(pvcOf({ size: "1.5Gi", storageClass: "gp3" })).toEqual({
      enabled: true,
      size: "1.5Gi",
      storageClassName: "gp3",
    });
    expect(pvcOf(false)).toEqual({ enabled: false });
    expect(pvcOf({})).toEqual({ enabled: true });
  });

  test("has a Secret mounted and included", () => {
    const values = helmValues({ operator: "e", resolver: FULL }, { secret: "nats-operator" });
    expect(JSON.stringify(values)).not.toContain('"e"');
    expect(values.config.merge).toEqual({ operator$include: "../nats-operator/operator.conf" });
    const conf = renderNatsConf(formatYaml(values));
    expect(conf).toMatch(/^ {2}include \.\.\/nats-operator\/operator\.conf;$/m);
    expect(values.container).toEqual({
      patch: [
        { op: "add", path: "/volumeMounts/-", value: { name: "nats-operator", mountPath: "/etc/nats-operator" } },
      ],
    });
    expect(values.podTemplate).toEqual({
      patch: [
        {
          op: "add",
          path: "/spec/volumes/-",
          value: { name: "nats-operator", secret: { secretName: "nats-operator" } },
        },
      ],
    });
  });

  test("has contexts of the box", () => {
    const box = (contexts: HelmValuesOptions["contexts"]) => helmValues({}, contexts ? { contexts } : {}).natsBox;
    expect(box({ system: { secret: "sys", key: "sys.creds" }, app: { secret: "app" } })).toEqual({
      contexts: {
        system: { creds: { secretName: "sys", key: "sys.creds" } },
        app: { creds: { secretName: "app" } },
      },
      defaultContextName: "system",
    });
    expect(box({ app: { secret: "app" }, default: { secret: "sys" } })).not.toHaveProperty("defaultContextName");
    expect(box({})).toBeUndefined();
  });

  test("writes integers that Helm could not hold", () => {
    const config = { a: 9007199254740993n, b: -9223372036854775808n, c: 7n, d: 1_000_000, e: 0.5, f: [2n ** 60n] };
    expect(readBack(config)).toEqual(asParsed(config));
  });

  test.each<[string, unknown, HelmValuesOptions | undefined, string]>([
    ["no configuration", null, {}, "ERR_ARGUMENT_INVALID"],
    ["what no configuration holds", { a: null }, {}, "ERR_CONFIG_VALUE"],
    ["a relative folder", { resolver: { ...FULL, dir: "./jwt" } }, {}, "ERR_CONFIG_VALUE"],
    ["a folder with YAML in it", { resolver: { ...FULL, dir: "/a: {b}" } }, {}, "ERR_CONFIG_VALUE"],
    ["a folder with a line end", { resolver: { ...FULL, dir: "/a\nb" } }, {}, "ERR_CONFIG_VALUE"],
    ["a folder with a way up", { resolver: { ...FULL, dir: "/a/../b" } }, {}, "ERR_CONFIG_VALUE"],
    ["the chart's variables", { a: { b: ["<< $HOME >>"] } }, {}, "ERR_CONFIG_VALUE"],
    ["the chart's variables inside of a text", { a: '"<< $HOME >>"' }, {}, "ERR_CONFIG_VALUE"],
    ["the chart's includes", { a: { $include: "x.conf" } }, {}, "ERR_CONFIG_VALUE"],
    ["the chart's templates", { a: { $tplYaml: "{{ 1 }}" } }, {}, "ERR_CONFIG_VALUE"],
    ["characters with escapes", { a: "\u2028" }, {}, "ERR_CONFIG_VALUE"],
    ["half characters", { a: "\ud800" }, {}, "ERR_CONFIG_VALUE"],
    ["quotes in a name", { 'a"b': 1 }, {}, "ERR_CONFIG_VALUE"],
    ["more than a ConfigMap holds", { a: "x".repeat(1024 * 1024) }, {}, "ERR_CONFIG_VALUE"],
    ["storage without a folder", { resolver: "MEMORY" }, { storage: {} }, "ERR_CONFIG_VALUE"],
    ["a size that is none", { resolver: FULL }, { storage: { size: "1 GB" } }, "ERR_ARGUMENT_INVALID"],
    ["a size of nothing", { resolver: FULL }, { storage: { size: "0Gi" } }, "ERR_ARGUMENT_INVALID"],
    ["a class that is none", { resolver: FULL }, { storage: { storageClass: "A" } }, "ERR_NAME_INVALID"],
    ["storage that is none", { resolver: FULL }, { storage: "1Gi" as never }, "ERR_ARGUMENT_INVALID"],
    ["unknown storage", { resolver: FULL }, { storage: { class: "a" } as never }, "ERR_ARGUMENT_INVALID"],
    ["a Secret of another form", {}, { secret: "a/b" }, "ERR_NAME_INVALID"],
    ["a context of another form", {}, { contexts: { "a.b": { secret: "s" } } }, "ERR_NAME_INVALID"],
    ["a long context", {}, { contexts: { ["a".repeat(54)]: { secret: "s" } } }, "ERR_NAME_INVALID"],
    ["a context without a Secret", {}, { contexts: { a: {} as never } }, "ERR_NAME_INVALID"],
    ["a context with a path as key", {}, { contexts: { a: { secret: "s", key: "a/b" } } }, "ERR_NAME_INVALID"],
    ["contexts that are none", {}, { contexts: 1 as never }, "ERR_ARGUMENT_INVALID"],
    ["unknown options", {}, { size: "1Gi" } as never, "ERR_ARGUMENT_INVALID"],
    ["options that are none", {}, null as never, "ERR_ARGUMENT_INVALID"],
  ])("refuses %s", (_, config, options, code) => {
    expect(() => helmValues(config as ConfigMap, options)).toThrow(
      expect.toSatisfy((error) => isNscError(error, code as "ERR_CONFIG_VALUE")),
    );
  });

  const text = fc.oneof(
    hostileText,
    fc.string({ unit: fc.constantFrom(...'\\"u003ce26<>& $-') }),
    fc.constantFrom("<<x>>", "a >>", "\\u003c\\u003c", "\\\\u0026", "<&><&>", "$include", 'x$include": "y'),
  );
  const name = fc.oneof(
    memberName,
    text.filter((value) => value !== ""),
    fc.constantFrom("include", "a$include", "$tplYaml"),
  );

  test("what comes out of the chart is what was put in, or it is refused", () => {
    let passed = 0;
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.dictionary(name, text)), {
          maxKeys: 3,
        }),
        (map) => {
          // Of other names the server would take the second for the first.
          const config = { hostile: map };
          try {
            helmValues(config);
          } catch (error) {
            if (isNscError(error, "ERR_CONFIG_VALUE")) return;
            throw error;
          }
          passed += 1;
          expect(readBack(config)).toEqual(asParsed(config));
        },
      ),
    );
    expect(passed).toBeGreaterThan(10);
  });
});
