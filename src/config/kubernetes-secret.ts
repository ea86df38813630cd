import { parseCreds } from "../creds/creds.ts";
import { encodeBase64Url } from "../encoding/base64url.ts";
import { encodeUtf8, isBytes } from "../encoding/bytes.ts";
import { deepFreeze } from "../encoding/freeze.ts";
import { type ConfigMap, formatServerConfig } from "./format.ts";
import { CONFIG_FILE, splitConfig } from "./helm-values.ts";
import { assertAnnotations, assertKubernetesName, assertLabels, LARGEST_OBJECT } from "./kubernetes-names.ts";
import { invalid, refuse } from "./options.ts";
import type { YamlMap } from "./yaml.ts";

/** What a manifest says of its object. */
export interface KubernetesMetadata {
  /** Its name, by the rules of RFC 1123 for subdomains. */
  readonly name: string;
  /** Its namespace, by the rules for labels; that of whoever applies the manifest by default. */
  readonly namespace?: string;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
}

/** The manifest of a Secret, as data: write it with `formatYaml`, or hand it to a client of Kubernetes. */
export interface KubernetesSecret extends YamlMap {
  readonly apiVersion: "v1";
  readonly kind: "Secret";
  readonly metadata: YamlMap & { readonly name: string; readonly namespace?: string };
  readonly type: "Opaque";
  /** What it holds, in base64. */
  readonly data: { readonly [key: string]: string };
}

/** Options of {@link credsSecret}. */
export interface CredsSecretOptions {
  /**
   * `file`: the whole creds file as `nats.creds`, the name that the NATS chart looks for. `parts`: the token as `user.jwt` and the
   * seed as `user.seed`, for programs that take these. `file` by default.
   */
  readonly form?: "file" | "parts";
}

/**
 * The manifest of a Secret with anything in it.
 *
 * @param metadata - the name, and what else there is to say
 * @param data - texts or bytes by key
 * @throws NscError `ERR_NAME_INVALID` for what Kubernetes refuses as a name, namespace, key or label; `ERR_CONFIG_VALUE` for more
 * than it keeps; `ERR_ARGUMENT_INVALID`
 *
 * @example
 * ```ts
 * import { createKeyPair, formatYaml, kubernetesSecret } from "nsc.js";
 *
 * const secret = kubernetesSecret({ name: "xkey", namespace: "auth" }, { seed: createKeyPair("curve").getSeed() });
 * formatYaml(secret).split("\n")[3]; // "  name: \"xkey\""
 * ```
 */
export function kubernetesSecret(
  metadata: KubernetesMetadata,
  data: { readonly [key: string]: string | Uint8Array },
): KubernetesSecret {
  assertMetadata(metadata);
  if (typeof data !== "object" || data === null) throw invalid("the data of a Secret must be an object");
  let size = 0;
  const encoded = Object.entries(data).map(([key, value]): [string, string] => {
    assertKubernetesName(key, "dataKey", "a key of a Secret");
    if (typeof value !== "string" && !isBytes(value)) throw invalid(`a Secret needs a text or bytes as ${key}`);
    const bytes = typeof value === "string" ? encodeUtf8(value) : value;
    size += bytes.length;
    return [key, encodeBase64(bytes)];
  });
  if (size > LARGEST_OBJECT) {
    throw refuse(`a Secret of ${size} bytes is larger than the 1 MiB that Kubernetes keeps`);
  }
  const { name, namespace, labels, annotations } = metadata;
  return deepFreeze({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(labels && { labels: { ...labels } }),
      ...(annotations && { annotations: { ...annotations } }),
    },
    type: "Opaque",
    data: Object.fromEntries(encoded),
  });
}

/**
 * The manifest of a Secret with the creds of a user, which are checked before.
 *
 * @param metadata - the name, and what else there is to say
 * @param creds - the text of the creds file: what `creds()` of a user gives
 * @param options - whether it holds the file or its parts
 * @throws NscError as {@link kubernetesSecret} and `parseCreds` do
 *
 * @example
 * ```ts
 * import { credsSecret, formatYaml, Nsc } from "nsc.js";
 *
 * const app = await (await new Nsc().addOperator("local")).addAccount("APP");
 * const alice = await app.addUser("alice");
 * const secret = credsSecret({ name: "alice-creds", namespace: "shop" }, await alice.creds());
 * Object.keys(secret.data).join(); // "nats.creds"
 * formatYaml(secret).startsWith("apiVersion:"); // true
 * ```
 */
export function credsSecret(
  metadata: KubernetesMetadata,
  creds: string,
  options: CredsSecretOptions = {},
): KubernetesSecret {
  const { form = "file" } = options;
  const { token, seed } = parseCreds(creds);
  if (form === "file") return kubernetesSecret(metadata, { "nats.creds": creds });
  if (form === "parts") return kubernetesSecret(metadata, { "user.jwt": token, "user.seed": seed });
  throw invalid('the form of a Secret with creds is "file" or "parts"');
}

/**
 * The manifest of a Secret with the configuration of a server, as `operator.conf`: operator, system account and preload, and
 * whatever else is in it but the resolver's folder, which `helmValues` with this `secret` takes care of.
 *
 * @param metadata - the name, and what else there is to say
 * @param config - what `serverConfig` gives, or a larger map around it
 * @throws NscError as {@link kubernetesSecret} and `formatServerConfig` do
 *
 * @example
 * ```ts
 * import { configSecret, helmValues, Nsc, serverConfig } from "nsc.js";
 *
 * const operator = await new Nsc().addOperator("local", { systemAccount: true });
 * const config = await serverConfig(operator, { resolver: { type: "full", dir: "/data/resolver" } });
 * const secret = configSecret({ name: "nats-operator" }, config);
 * const values = helmValues(config, { secret: secret.metadata.name });
 * JSON.stringify(values).includes(operator.token); // false
 * ```
 */
export function configSecret(metadata: KubernetesMetadata, config: ConfigMap): KubernetesSecret {
  formatServerConfig(config);
  return kubernetesSecret(metadata, { [CONFIG_FILE]: formatServerConfig(splitConfig(config).rest) });
}

function assertMetadata(metadata: unknown): asserts metadata is KubernetesMetadata {
  if (typeof metadata !== "object" || metadata === null) throw invalid("the metadata must be an object with a name");
  const unknown = Object.keys(metadata).find((name) => !METADATA.includes(name));
  if (unknown !== undefined) throw invalid(`the metadata has no ${unknown} here`);
  const { name, namespace, labels, annotations } = metadata as Partial<Record<keyof KubernetesMetadata, unknown>>;
  assertKubernetesName(name, "subdomain", "the name of a Secret");
  if (namespace !== undefined) assertKubernetesName(namespace, "label", "a namespace");
  if (labels !== undefined) assertLabels(labels);
  if (annotations !== undefined) assertAnnotations(annotations);
}

const METADATA: readonly string[] = ["name", "namespace", "labels", "annotations"];

/** With padding, as RFC 4648 has it in section 4. */
function encodeBase64(bytes: Uint8Array): string {
  const text = encodeBase64Url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}
