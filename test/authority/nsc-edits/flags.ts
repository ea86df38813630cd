/**
 * What the commands of nsc 2.14 that change claims have flags for: its command line, but for what says which account, user or
 * signer is meant, and for the deprecated names of other flags.
 */
export const FLAGS: Readonly<Record<string, string>> = {
  "add operator": "name url generate-signing-key sys force start expiry",
  "edit operator":
    "sk rm-sk tag rm-tag start expiry account-jwt-server-url rm-account-jwt-server-url service-url rm-service-url system-account require-signing-keys",
  "reissue operator": "convert-to-signing-key",
  "add account":
    "name public-key start expiry allow-pub allow-sub allow-pubsub deny-pub deny-sub deny-pubsub allow-pub-response response-ttl",
  "edit account":
    "tag rm-tag start expiry conns leaf-conns data exports imports payload subscriptions wildcard-exports disallow-bearer sk rm-sk description info-url allow-pub allow-sub allow-pubsub deny-pub deny-sub deny-pubsub allow-pub-response response-ttl rm rm-response-perms js-tier js-mem-storage js-disk-storage js-streams js-consumer js-max-mem-stream js-max-disk-stream js-max-ack-pending js-max-bytes-required js-enable js-disable rm-js-tier trace-context-subject trace-context-sampling host-cluster-traffic",
  "edit authcallout": "auth-user rm-auth-user allowed-account rm-allowed-account curve rm-curve disable",
  "delete account": "revoke rm-nkey rm-creds",
  "import account": "overwrite force skip",
  "import user": "overwrite skip",
  "add export":
    "subject name service private latency sampling response-type response-threshold account-token-position allow-trace advertise",
  "edit export":
    "name service private latency sampling rm-latency-sampling response-type response-threshold description info-url allow-trace",
  "delete export": "subject",
  "add import": "token src-account remote-subject local-subject service name share allow-trace",
  "delete import": "subject src-account",
  "generate activation": "target-account subject service expiry start",
  "add mapping": "from to weight cluster",
  "delete mapping": "from to cluster",
  "revocations add-user": "name user-public-key at",
  "revocations delete-user": "name user-public-key",
  "revocations add-activation": "subject service target-account at",
  "revocations delete-activation": "subject service target-account",
  "add user":
    "name public-key tag source-network bearer start expiry allow-pub allow-sub allow-pubsub deny-pub deny-sub deny-pubsub allow-pub-response response-ttl",
  "edit user":
    "tag rm-tag start expiry payload data subs bearer conn-type rm-conn-type source-network rm-source-network time rm-time locale allow-pub allow-sub allow-pubsub deny-pub deny-sub deny-pubsub allow-pub-response response-ttl rm rm-response-perms",
  "edit signing-key":
    "sk role description payload data subs bearer conn-type rm-conn-type source-network rm-source-network time rm-time locale allow-pub allow-sub allow-pubsub deny-pub deny-sub deny-pubsub allow-pub-response response-ttl rm rm-response-perms",
  "delete user": "name revoke rm-nkey rm-creds",
};

/** Flags that are not in a story, and why. */
export const WITHOUT: Readonly<Record<string, string>> = {
  "delete account --revoke": "is on by default, and so in all stories that delete accounts",
  "import account --skip": "stores what servers refuse",
  "import user --skip": "stores what servers refuse",
};

/** Short flags of all commands, and those that are others in some. */
const SHORT: Readonly<Record<string, string>> = {
  ...{ n: "name", u: "url", s: "subject", r: "service", p: "private", f: "from", t: "to", k: "public-key", x: "curve" },
  ...{ R: "revoke", D: "rm-nkey", C: "rm-creds" },
  ...{ "edit operator -u": "account-jwt-server-url", "edit operator -n": "service-url", "add operator -s": "sys" },
  ...{ "add import -u": "token", "add import -s": "local-subject", "generate activation -t": "target-account" },
  ...{ "revocations add-user -u": "user-public-key", "revocations delete-user -u": "user-public-key" },
  ...{ "revocations add-activation -t": "target-account", "revocations delete-activation -t": "target-account" },
};

/** The flags that the steps of stories use, each with its command; what was refused is none. */
export function flagsIn(steps: readonly string[]): ReadonlySet<string> {
  const used = new Set<string>();
  for (const step of steps.filter((each) => !each.endsWith("# refused"))) {
    const [group = "", verb = "", ...rest] = step.match(/'[^']*'|\S+/g) ?? [];
    const command = `${group} ${verb.replace("_", "-")}`;
    for (const word of rest) {
      const [, long] = /^--([a-z-]+)/.exec(word) ?? [];
      if (long !== undefined) used.add(`${command} --${long}`);
      const [, short = ""] = /^-([A-Za-z]+)/.exec(word) ?? [];
      // Several may be bundled.
      for (const letter of short) used.add(`${command} --${SHORT[`${command} -${letter}`] ?? SHORT[letter] ?? letter}`);
    }
  }
  return used;
}
