import {
  type ConfigMap,
  type CredsSecretOptions,
  configSecret,
  credsSecret,
  formatYaml,
  type HelmValues,
  type HelmValuesOptions,
  helmValues,
  type KubernetesMetadata,
  type KubernetesSecret,
  kubernetesSecret,
  type ServerConfig,
  type YamlMap,
  type YamlValue,
} from "nsc.js";
import { expectTypeOf } from "vitest";

expectTypeOf(helmValues).toEqualTypeOf<(config: ConfigMap, options?: HelmValuesOptions) => HelmValues>();
expectTypeOf(kubernetesSecret).parameter(0).toEqualTypeOf<KubernetesMetadata>();
expectTypeOf(credsSecret).parameter(2).toEqualTypeOf<CredsSecretOptions | undefined>();
expectTypeOf(configSecret).toEqualTypeOf<(metadata: KubernetesMetadata, config: ConfigMap) => KubernetesSecret>();
expectTypeOf(formatYaml).toEqualTypeOf<(...documents: readonly YamlMap[]) => string>();

expectTypeOf<HelmValues>().toExtend<YamlMap>();
expectTypeOf<KubernetesSecret>().toExtend<YamlMap>();
expectTypeOf<ServerConfig>().toExtend<Parameters<typeof helmValues>[0]>();
expectTypeOf<KubernetesSecret["data"]>().toEqualTypeOf<{ readonly [key: string]: string }>();
expectTypeOf<CredsSecretOptions["form"]>().toEqualTypeOf<"file" | "parts" | undefined>();
expectTypeOf<{ a: 1n }>().not.toExtend<YamlMap>();
expectTypeOf<["a", { b: null }]>().toExtend<YamlValue>();
expectTypeOf<false>().toExtend<HelmValuesOptions["storage"]>();
expectTypeOf<true>().not.toExtend<HelmValuesOptions["storage"]>();
