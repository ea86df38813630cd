import type { Command } from "../../../src/cli/command.ts";
import type { PreparedKeys } from "./prepared-home.ts";

/** A command line for the prepared home, as it is typed but for quotes. */
export type Words = string | ((keys: PreparedKeys) => string);

export interface CommandLine {
  readonly words: Words;
  /** Run before it. */
  readonly before?: readonly Words[];
  /** Files in the home folder, which is the working directory, too. */
  readonly files?: Readonly<Record<string, string>>;
  /** 0 by default. */
  readonly code?: number;
}

const DESCRIPTION = JSON.stringify({ accounts: { SYS: {}, C: { users: { carl: {} } } } });
const TEMPLATE = JSON.stringify({ limits: { conn: 10 } });

/** For each command that needs no server at least one command line. */
export const commandLines: Readonly<Record<string, readonly CommandLine[]>> = {
  help: lines("help", "help add", "help add account"),
  env: lines("env", "env -o other", "env -a B"),
  init: lines("init --name fresh", "init --name fresh --dir elsewhere"),
  update: [{ words: "update --version 2.1.0", code: 1 }],
  validate: [{ words: "validate -A" }, { words: "validate -f .local/share/nats/nsc/stores/local/accounts/A/A.jwt" }],
  "upgrade-jwt": lines("upgrade-jwt --force"),
  "list operators": lines("list operators"),
  "list accounts": lines("list accounts", "list accounts -o other"),
  "list users": lines("list users", "list users -a B"),
  "generate diagram component": lines("generate diagram component", "generate diagram component --detail -o c.puml"),
  "generate diagram object": lines(
    "generate diagram object --users --show-keys",
    "generate diagram object --detail -o o.puml",
  ),
  "generate config": lines(
    "generate config --mem-resolver",
    "generate config --nats-resolver --config-file server.conf",
    "generate config --mem-resolver --dir conf",
  ),
  expirations: [
    { words: "expirations" },
    { words: "expirations --skip --within 1y", before: ["edit account B --expiry 30d"] },
  ],
  "describe account": lines(
    "describe account A",
    "describe account A --field nats.limits.conn",
    "describe account -R",
    "describe account A -o a.json",
  ),
  "describe jwt": [{ words: "describe jwt -f a.jwt", before: ["describe account A -R -o a.jwt"] }],
  "describe operator": lines("describe operator", "describe operator other"),
  "describe user": lines("describe user alice", "describe user -a B", "describe user wendy -F nats.tags"),
  "add account": lines("add account C", (keys) => `add account C -K ${keys.signingKey} --expiry 1y`),
  "edit account": lines("edit account A --conns 5 --tag x,y", (keys) => `edit account A --rm-sk ${keys.accountKey}`),
  "delete account": lines("delete account B", "delete account A -R -D -C --force"),
  "edit authcallout": lines(
    (keys) => `edit authcallout A --auth-user ${keys.alice} --allowed-account * --curve generate`,
  ),
  "completion bash": lines("completion bash"),
  "completion fish": lines("completion fish"),
  "completion powershell": lines("completion powershell"),
  "completion zsh": lines("completion zsh"),
  "generate creds": lines("generate creds -n alice", "generate creds -a B -o bob.creds"),
  "generate context": lines("generate context -u alice --context alice"),
  "generate profile": lines(
    "generate profile nsc://local/A/alice?names&keys&seeds",
    "generate profile nsc://local -o profile.json",
  ),
  "list keys": lines("list keys", "list keys --all --show-seeds", "list keys --not-referenced --all"),
  "export keys": lines("export keys --all --dir keys", "export keys --dir keys --include-jwts --remove --accounts"),
  "import keys": [{ words: "import keys --dir keys", before: ["export keys --all --dir keys"] }],
  "keys migrate": lines("keys migrate"),
  "import account": [
    { words: "import account -j a.jwt --overwrite", before: ["describe account A -R -o a.jwt"] },
    { words: "import account -j a.jwt", before: ["describe account A -R -o a.jwt"], code: 1 },
  ],
  "import user": [{ words: "import user -f u.creds --overwrite", before: ["generate creds -n alice -o u.creds"] }],
  load: [{ words: "load --profile nsc://nobody", code: 1 }],
  migrate: [
    {
      words: "migrate --operator-dir .local/share/nats/nsc/stores/local",
      before: ["add operator next"],
    },
  ],
  fix: lines("fix --in .local/share/nats/nsc --out fixed --creds"),
  "generate nkey": lines("generate nkey -o -a -u -x", "generate nkey -u --store"),
  "add operator": lines("add operator third --generate-signing-key --sys", "add operator third"),
  "edit operator": lines("edit operator --tag x --sk generate", (keys) => `edit operator --rm-sk ${keys.signingKey}`),
  "reissue operator": lines("reissue operator", "reissue operator --convert-to-signing-key"),
  "rename account": lines("rename account A Z --OK"),
  "rename operator": lines("rename operator local here"),
  "rename user": lines("rename user alice alicia", "rename user -a B bob rob"),
  "generate activation": lines(
    "generate activation -a A --subject q.svc --target-account B",
    "generate activation -a A --target-account B -o activation.jwt --expiry 1d",
  ),
  "add export": lines("add export --subject x.>", "add export --service --subject x --latency lat.x --sampling 50"),
  "edit export": lines("edit export --subject a.> --description hers"),
  "delete export": lines("delete export --subject a.>"),
  "add import": [
    {
      words: "add import -a B --src-account A --remote-subject a.> --local-subject b.>",
      before: ["delete import -a B"],
    },
    {
      words: "add import -a B --token activation.jwt",
      before: ["generate activation -a A --subject q.svc --target-account B -o activation.jwt"],
    },
  ],
  "delete import": lines("delete import -a B --subject a.>"),
  "add mapping": lines("add mapping --from x --to y --weight 50"),
  "delete mapping": lines("delete mapping --from m"),
  "revocations add-user": lines("revocations add-user -n alice", "revocations add-user -u * --at 1700000000"),
  "revocations delete-user": lines("revocations delete-user -a B -u *"),
  "revocations list-users": lines("revocations list-users -a B", "revocations list-users -a A"),
  "revocations add_activation": lines("revocations add_activation --service --subject q.svc -t *"),
  "revocations delete_activation": lines("revocations delete_activation --service --subject q.svc -t B"),
  "revocations list_activations": lines("revocations list_activations --service --subject q.svc"),
  "select operator": lines("select operator other"),
  "select account": lines("select account B"),
  "edit signing-key": lines(
    "edit signing-key web --allow-sub _INBOX.>",
    "edit signing-key --sk generate --role api --allow-pub api.>",
  ),
  "add user": lines("add user carol --allow-pub x --tag t --expiry 1d", "add user carol -K web"),
  "edit user": lines("edit user alice --allow-sub y --subs 5"),
  "delete user": lines("delete user alice", "delete user -n alice,wendy -R -D -C"),
  lint: [
    { words: "lint" },
    { words: "lint --strict -a B", code: 3 },
    { words: "lint -a B --level error", before: ["delete export --subject a.>"], code: 3 },
  ],
  can: [
    { words: "can publish orders.x -u alice" },
    { words: "can subscribe in.> -u alice --queue q" },
    { words: "can publish out -u wendy", code: 3 },
    { words: "can publish m -a A -u alice", code: 3 },
  ],
  explain: [
    { words: "explain -u alice" },
    { words: "explain -a B -u bob", code: 3 },
    { words: "explain alice.creds", before: ["generate creds -n alice -o alice.creds"] },
    { words: "explain -a A" },
  ],
  diff: [
    {
      words: "diff before.jwt after.jwt",
      before: ["describe account A -R -o before.jwt", "edit account A --conns 5", "describe account A -R -o after.jwt"],
    },
    { words: "diff .local/share/nats/nsc/stores" },
  ],
  inspect: [
    { words: "inspect" },
    { words: "inspect", files: { ".local/share/nats/nsc/stores/local/x.jwt": "x" }, code: 3 },
  ],
  plan: [
    { words: "plan" },
    { words: "plan tree.json", files: { "tree.json": DESCRIPTION } },
    { words: "plan tree.json --remove -o plan.json --exit-code", files: { "tree.json": DESCRIPTION }, code: 3 },
  ],
  apply: [
    { words: "apply tree.json", files: { "tree.json": DESCRIPTION } },
    { words: "apply plan.json", files: { "tree.json": DESCRIPTION }, before: ["plan tree.json -o plan.json"] },
  ],
  "template show": lines("template show", "template show -a B -o b.json"),
  "template apply": [
    { words: "template apply template.json -a B", files: { "template.json": TEMPLATE } },
    { words: "template apply template.json -a C --create", files: { "template.json": TEMPLATE } },
  ],
  "rotate signing-key": [
    { words: "rotate signing-key web" },
    { words: "rotate signing-key web --advance --distributed", before: ["rotate signing-key web"] },
    { words: "rotate signing-key web --cancel --delete-key", before: ["rotate signing-key web"] },
    { words: (keys) => `rotate signing-key --operator ${keys.signingKey}` },
  ],
  "rotate identity": lines("rotate identity"),
  "rotate user": [
    { words: "rotate user alice" },
    { words: "rotate user alice --retire", before: ["rotate user alice"] },
  ],
};

/**
 * For each command that needs a server at least one command line. The operator's server has all accounts; A has a user carol who
 * may do everything, and beside her somebody answers at "echo", and sends to "ticks" and "asked" again and again.
 */
export const serverLines: Readonly<Record<string, readonly CommandLine[]>> = {
  push: [
    { words: "push -A" },
    { words: "push -a A", before: ["edit account A --conns 5"] },
    { words: "push -D", before: ["edit account A --conns 5"] },
    { words: "push -P", before: ["delete account B --force"] },
    { words: "push -R B", before: ["push -a B"] },
  ],
  pull: lines("pull -A", "pull -A --overwrite-newer"),
  "tool pub": lines("tool pub -u alice orders.x hello"),
  pub: lines("pub -u alice orders.x hello"),
  "tool req": lines("tool req -u carol echo hello"),
  req: lines("req -u carol echo hello"),
  "tool rtt": lines("tool rtt -u alice"),
  rtt: lines("rtt -u alice"),
  "tool sub": lines("tool sub -u carol ticks --max-messages 2"),
  sub: lines("sub -u carol ticks --max-messages 1"),
  "tool reply": lines("tool reply -u carol asked hi --max-messages 2"),
  reply: lines("reply -u carol asked --max-messages 1"),
};

/** Without tests here: they print what a shell reads, and take all words, `--json` too. */
export const shellCommands: readonly string[] = ["__complete", "__completeNoDesc"];

/** The command lines of a table with their commands, for `test.each`. */
export function linesOf(
  commands: readonly Command[],
  table: Readonly<Record<string, readonly CommandLine[]>>,
): (readonly [title: string, Command, CommandLine])[] {
  return commands.flatMap((command) =>
    (table[command.path.join(" ")] ?? []).map((line) => {
      const title = typeof line.words === "string" ? line.words : line.words(NO_KEYS);
      return [title, command, line] as const;
    }),
  );
}

const NO_KEYS: PreparedKeys = {
  operator: "O…",
  signingKey: "O…",
  A: "A…",
  B: "A…",
  alice: "U…",
  wendy: "U…",
  accountKey: "A…",
};

export function wordsOf(words: Words, keys: PreparedKeys): string[] {
  return (typeof words === "string" ? words : words(keys)).split(" ");
}

function lines(...words: readonly Words[]): CommandLine[] {
  return words.map((line) => ({ words: line }));
}
