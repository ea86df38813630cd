import { compareUtf8 } from "../../encoding/go-text.ts";
import { escapeLine } from "../text/escape-line.ts";
import { quote } from "../text/quote.ts";

/** An operator or account in a configuration. */
export interface ConfiguredEntity {
  readonly name: string;
  readonly publicKey: string;
  /** The token, or the file that holds it. */
  readonly token: string;
}

/** What a configuration is made of. */
export interface ConfigParts {
  readonly operator: ConfiguredEntity;
  readonly accounts: readonly ConfiguredEntity[];
  readonly systemAccount: string | undefined;
}

/** A configuration that holds all accounts. nsc: `generate config --mem-resolver`. */
export function memoryConfig({ operator, accounts, systemAccount }: ConfigParts): string {
  const entries = [...accounts]
    .sort((a, b) => compareUtf8(a.publicKey, b.publicKey))
    .map(({ name, publicKey, token }) => `  // Account ${quote(name)}\n  ${publicKey}: ${token}\n\n`);
  return [
    `// Operator ${quote(operator.name)}\noperator: ${operator.token}\n\n`,
    systemAccount === undefined ? "" : `system_account: ${systemAccount}\n\n`,
    "resolver: MEMORY\n\n",
    `resolver_preload: {\n${entries.join("")}}\n`,
  ].join("");
}

const FULL = [
  "# configuration of the nats based resolver",
  "resolver {",
  "    type: full",
  "    # Directory in which the account jwt will be stored",
  "    dir: './jwt'",
  "    # In order to support jwt deletion, set to true",
  "    # If the resolver type is full delete will rename the jwt.",
  "    # This is to allow manual restoration in case of inadvertent deletion.",
  "    # To restore a jwt, remove the added suffix .delete and restart or send a reload signal.",
  "    # To free up storage you must manually delete files with the suffix .delete.",
  "    allow_delete: false",
  "    # Interval at which a nats-server with a nats based account resolver will compare",
  "    # it's state with one random nats based account resolver in the cluster and if needed, ",
  "    # exchange jwt and converge on the same set of jwt.",
  '    interval: "2m"',
  "    # Timeout for lookup requests in case an account does not exist locally.",
  '    timeout: "1.9s"',
  "}",
];

const CACHE = [
  "# configuration of the nats based cache resolver",
  "resolver {",
  "    type: cache",
  "    # Directory in which the account jwt will be stored",
  "    dir: './jwt'",
  "    # ttl after which the file will be removed from the cache. Set to a large value in order to disable.",
  '    ttl: "1h"',
  "    # Timeout for lookup requests in case an account does not exist locally.",
  '    timeout: "1.9s"',
  "}",
];

const PRELOAD = [
  "# Preload the nats based resolver with the system account jwt.",
  "# This is not necessary but avoids a bootstrapping system account. ",
  "# This only applies to the system account. Therefore other account jwt are not included here.",
  "# To populate the resolver:",
  "# 1) make sure that your operator has the account server URL pointing at your nats servers.",
  '#    The url must start with: "nats://" ',
  "#    nsc edit operator --account-jwt-server-url nats://localhost:4222",
  "# 2) push your accounts using: nsc push --all",
  "#    The argument to push -u is optional if your account server url is set as described.",
  "# 3) to prune accounts use: nsc push --prune ",
  "#    In order to enable prune you must set above allow_delete to true",
  "# Later changes to the system account take precedence over the system account jwt listed here.",
];

/** A configuration of servers that accounts are pushed to. nsc: `generate config --nats-resolver`, and `-cache`. */
export function natsConfig(
  operator: ConfiguredEntity,
  systemAccount: ConfiguredEntity,
  resolver: "full" | "cache",
): string {
  const { publicKey, token } = systemAccount;
  const lines = [
    `# Operator named ${escapeLine(operator.name)}`,
    `operator: ${operator.token}`,
    `# System Account named ${escapeLine(systemAccount.name)}`,
    `system_account: ${publicKey}`,
    "",
    ...(resolver === "full" ? FULL : CACHE),
    "",
    "",
    ...PRELOAD,
    "resolver_preload: {",
    `\t${publicKey}: ${token},`,
    "}",
    "",
    "",
  ];
  return lines.join("\n");
}
