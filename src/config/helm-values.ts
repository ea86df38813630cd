import { utf8Length } from "../encoding/bytes.ts";
import { deepFreeze } from "../encoding/freeze.ts";
import { type ConfigMap, type ConfigValue, formatServerConfig } from "./format.ts";
import { assertKubernetesName, LARGEST_OBJECT } from "./kubernetes-names.ts";
import { invalid, refuse } from "./options.ts";
import type { YamlMap, YamlValue } from "./yaml.ts";

/** Options of {@link helmValues}. */
export interface HelmValuesOptions {
  /**
   * The volume that the folder of the resolver is on: its size, such as `"1Gi"`, which is the chart's default, and its class. `false`
   * for none, with which what was pushed is gone when the pod is.
   */
  readonly storage?: { readonly size?: string; readonly storageClass?: string } | false;
  /**
   * The name of a Secret that `configSecret` made of the same configuration. The values then hold none of it but the resolver's
   * options, and have the Secret mounted and included.
   */
  readonly secret?: string;
  /** Contexts of the `nats` command in the box of the chart, and the Secrets that hold their creds; see `credsSecret`. */
  readonly contexts?: { readonly [name: string]: { readonly secret: string; readonly key?: string } };
}

/** Values for the NATS Helm chart, as data: write them with `formatYaml`, or merge others into them. */
export interface HelmValues extends YamlMap {
  /** The configuration of the servers. */
  readonly config: YamlMap & { readonly resolver?: YamlMap; readonly merge: YamlMap };
  /** Where the Secret with the configuration is mounted. */
  readonly container?: YamlMap;
  /** The volume of that Secret. */
  readonly podTemplate?: YamlMap;
  /** The contexts in the box. */
  readonly natsBox?: YamlMap;
}

/** The name of the file in a Secret with the configuration. */
export const CONFIG_FILE = "operator.conf";

/** Where that Secret is mounted: beside the folder of `nats.conf`, and where the chart's reloader looks for changes. */
const MOUNT = "/etc/nats-operator";

/**
 * Values for the official Helm chart of NATS (`nats` of nats-io/k8s) from the configuration of a server. A NATS resolver becomes
 * `config.resolver`, with a volume for its folder; all else goes into `config.merge`, whose members become the members of
 * `nats.conf`. What the chart would turn into something else on the way is refused: its own syntax for variables, includes and
 * templates, and characters that its JSON has escapes for and nats-server has not.
 *
 * @param config - what `serverConfig` gives, or a larger map around it; the resolver's `dir` must be absolute, such as
 * `/data/resolver`, which is the chart's default
 * @param options - volume, Secret and contexts
 * @throws NscError `ERR_CONFIG_VALUE` for what can't go through the chart, also where it is too large for a ConfigMap, and as
 * `formatServerConfig` does; `ERR_NAME_INVALID` for what Kubernetes refuses as a name; `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { formatYaml, helmValues, Nsc, serverConfig } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local", { systemAccount: true });
 * const config = await serverConfig(operator, { resolver: { type: "full", dir: "/data/resolver" } });
 * const values = helmValues(config, { storage: { size: "5Gi" } });
 * values.config.merge["system_account"] === config.system_account; // true
 * formatYaml(values).split("\n")[2]; // "    enabled: true"
 * ```
 */
export function helmValues(config: ConfigMap, options: HelmValuesOptions = {}): HelmValues {
  const text = formatServerConfig(config);
  assertOptions(options);
  const { storage, secret, contexts = {} } = options;
  const { resolver, rest } = splitConfig(config);
  if (resolver === undefined && storage !== undefined) {
    throw refuse("storage is for the folder of a resolver, which this configuration has not");
  }
  if (secret === undefined && utf8Length(text) > LARGEST_OBJECT) {
    throw refuse(
      "the configuration is larger than the 1 MiB of a ConfigMap: use a resolver that accounts are pushed to",
    );
  }
  return deepFreeze({
    config: {
      ...(resolver && { resolver: resolverValues(resolver, storage) }),
      // Keys that end in $include are the chart's way to include files, below the folder of nats.conf.
      merge:
        secret === undefined
          ? chartMap(rest, "")
          : { operator$include: `..${MOUNT.slice("/etc".length)}/${CONFIG_FILE}` },
    },
    ...(secret !== undefined && {
      container: {
        patch: [{ op: "add", path: "/volumeMounts/-", value: { name: "nats-operator", mountPath: MOUNT } }],
      },
      podTemplate: {
        patch: [
          { op: "add", path: "/spec/volumes/-", value: { name: "nats-operator", secret: { secretName: secret } } },
        ],
      },
    }),
    ...(Object.keys(contexts).length > 0 && { natsBox: boxValues(contexts) }),
  });
}

/** What a NATS resolver is in a configuration. */
interface ResolverFolder extends ConfigMap {
  readonly dir: string;
}

/** A resolver with a folder, which is the chart's business, and all else. */
export function splitConfig(config: ConfigMap): {
  readonly resolver: ResolverFolder | undefined;
  readonly rest: ConfigMap;
} {
  const { resolver, ...rest } = config;
  return hasFolder(resolver) ? { resolver, rest } : { resolver: undefined, rest: config };
}

function hasFolder(resolver: ConfigValue | undefined): resolver is ResolverFolder {
  return typeof resolver === "object" && typeof (resolver as Partial<ResolverFolder>).dir === "string";
}

function resolverValues({ dir, ...merge }: ResolverFolder, storage: HelmValuesOptions["storage"]): YamlMap {
  // The chart puts it into YAML without quotes.
  if (!/^\/(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/.test(dir)) {
    throw refuse("the resolver's dir must be an absolute path of letters, digits, -, _ and ., such as /data/resolver");
  }
  const { size, storageClass } = storage || {};
  return {
    enabled: true,
    dir,
    pvc: {
      enabled: storage !== false,
      ...(size !== undefined && { size }),
      ...(storageClass !== undefined && { storageClassName: storageClass }),
    },
    merge: chartMap(merge, "resolver"),
  };
}

function boxValues(contexts: NonNullable<HelmValuesOptions["contexts"]>): YamlMap {
  const names = Object.keys(contexts);
  const entries = Object.entries(contexts).map(([name, { secret, key }]) => [
    name,
    { creds: { secretName: secret, ...(key !== undefined && { key }) } },
  ]);
  return {
    contexts: Object.fromEntries(entries),
    ...(!names.includes("default") && { defaultContextName: names[0] as string }),
  };
}

function chartMap(map: ConfigMap, path: string): YamlMap {
  const members = Object.entries(map).flatMap(([name, value]): [string, YamlValue][] => {
    if (value === undefined) return [];
    const at = path === "" ? name : `${path}.${name}`;
    if (name.endsWith("$include") || /^\$tplYaml(?:Spread)?$/.test(name)) {
      throw refuse(`${at}: a name of this form is an order to the chart`);
    }
    assertPassing(name, at);
    // In JSON they are escaped, and nats-server knows no escapes in names.
    if (/["\\\n\r\t]/.test(name))
      throw refuse(`${at}: a name with quotes or backslashes does not get through the chart`);
    return [[name, chartValue(value, at)]];
  });
  return Object.fromEntries(members);
}

function chartValue(value: ConfigValue, path: string): YamlValue {
  if (typeof value === "string") {
    assertPassing(value, path);
    return value;
  }
  // Helm reads numbers as 64-bit floats; what stands in these brackets is written as it is.
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : `<< ${value} >>`;
  if (typeof value !== "object") return value;
  if (Array.isArray(value))
    return (value as readonly ConfigValue[]).map((item, i) => chartValue(item, `${path}[${i}]`));
  return chartMap(value as ConfigMap, path);
}

/** What the chart's JSON has escapes for that nats-server does not know, and what the YAML around it can't hold. */
const NOT_PASSING = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\p{Cs}/u;

function assertPassing(text: string, path: string): void {
  if (NOT_PASSING.test(text)) throw refuse(`${path} holds a character that does not get through the chart`);
  if (/<<[ \t]/.test(text)) throw refuse(`${path} holds << and a blank, which the chart takes for a variable`);
}

function assertOptions(options: unknown): asserts options is HelmValuesOptions {
  if (typeof options !== "object" || options === null) throw invalid("the options must be an object");
  const unknown = Object.keys(options).find((name) => !["storage", "secret", "contexts"].includes(name));
  if (unknown !== undefined) throw invalid(`there is no option ${unknown}`);
  const { storage, secret, contexts } = options as { readonly [Name in keyof HelmValuesOptions]: unknown };
  if (secret !== undefined) assertKubernetesName(secret, "subdomain", "the name of the Secret");
  if (storage !== undefined && storage !== false) assertStorage(storage);
  if (contexts === undefined) return;
  if (typeof contexts !== "object" || contexts === null) throw invalid("the contexts must be an object");
  for (const [name, context] of Object.entries(contexts)) {
    // The chart has it in the name of a volume: ctx-NAME-creds.
    assertKubernetesName(name, "label", "the name of a context", 53);
    const { secret: of, key } = (context ?? {}) as { readonly secret?: unknown; readonly key?: unknown };
    assertKubernetesName(of, "subdomain", `the name of the Secret of the context ${name}`);
    if (key !== undefined) assertKubernetesName(key, "dataKey", `the key of the context ${name}`);
  }
}

function assertStorage(storage: unknown): void {
  if (typeof storage !== "object" || storage === null) throw invalid("storage must be an object, or false");
  const unknown = Object.keys(storage).find((name) => name !== "size" && name !== "storageClass");
  if (unknown !== undefined) throw invalid(`storage has no ${unknown}`);
  const { size, storageClass } = storage as { readonly size?: unknown; readonly storageClass?: unknown };
  if (
    size !== undefined &&
    !(typeof size === "string" && /^(?!0+(?:\.0*)?\D*$)\d+(?:\.\d+)?(?:[EPTGMk]|[EPTGMK]i)?$/.test(size))
  ) {
    throw invalid('the size of the storage must be a quantity of Kubernetes, such as "1Gi"');
  }
  if (storageClass !== undefined) assertKubernetesName(storageClass, "subdomain", "the class of the storage");
}
