import { utf8Length } from "../encoding/bytes.ts";
import { NscError } from "../errors.ts";
import { invalid, refuse } from "./options.ts";

/** The bytes of the largest object that Kubernetes keeps. */
export const LARGEST_OBJECT: number = 1024 * 1024;

/** What Kubernetes lets names be. */
interface NameRule {
  readonly pattern: RegExp;
  readonly longest: number;
  /** For people. */
  readonly rule: string;
}

/** What has rules of its own. */
type KubernetesName = "subdomain" | "label" | "dataKey" | "qualified";

/** THE table of rules: those of RFC 1123 as Kubernetes has them, and those of keys and labels. */
const RULES: { readonly [Kind in KubernetesName]: NameRule } = {
  subdomain: {
    pattern: /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/,
    longest: 253,
    rule: "be small letters, digits, - and ., with a letter or digit at both ends and around each .",
  },
  label: {
    pattern: /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/,
    longest: 63,
    rule: "be small letters, digits and -, with a letter or digit at both ends",
  },
  dataKey: { pattern: /^(?!\.\.)(?!\.$)[-._a-zA-Z0-9]+$/, longest: 253, rule: "be letters, digits, -, _ and ." },
  qualified: {
    pattern: /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/,
    longest: 63,
    rule: "be letters, digits, -, _ and ., with a letter or digit at both ends",
  },
};

/** Refuses what Kubernetes would refuse as a name. */
export function assertKubernetesName(
  name: unknown,
  kind: KubernetesName,
  title: string,
  longest: number = RULES[kind].longest,
): asserts name is string {
  const { pattern, rule } = RULES[kind];
  if (typeof name === "string" && name.length <= longest && pattern.test(name)) return;
  throw new NscError("ERR_NAME_INVALID", `${title} must ${rule}, and no longer than ${longest}`);
}

/** Refuses what Kubernetes would refuse as labels. */
export function assertLabels(labels: unknown): void {
  for (const [key, value] of textsOf(labels, "labels")) {
    assertKey(key, "label");
    if (value !== "") assertKubernetesName(value, "qualified", `the value of the label ${key}`);
  }
}

/** Refuses what Kubernetes would refuse as annotations. */
export function assertAnnotations(annotations: unknown): void {
  let bytes = 0;
  for (const [key, value] of textsOf(annotations, "annotations")) {
    // Of annotations the prefix may have capitals.
    assertKey(key.toLowerCase(), "annotation");
    bytes += utf8Length(key) + utf8Length(value);
  }
  if (bytes > 256 * 1024) throw refuse("annotations are no longer than 256 KiB together");
}

function assertKey(key: string, title: string): void {
  const slash = key.indexOf("/");
  if (slash >= 0) assertKubernetesName(key.slice(0, slash), "subdomain", `the prefix of a ${title}`);
  assertKubernetesName(key.slice(slash + 1), "qualified", `the name of a ${title}`);
}

function textsOf(value: unknown, title: string): [string, string][] {
  if (typeof value !== "object" || value === null) throw invalid(`${title} must be an object with texts`);
  return Object.entries(value).map(([key, text]) => {
    if (typeof text !== "string") throw invalid(`${title} must be an object with texts`);
    return [key, text];
  });
}
