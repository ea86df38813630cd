import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandHome } from "./support/run-command.ts";
import { storedTree } from "./support/stored-tree.ts";

let home: CommandHome;

beforeEach(async () => {
  home = await CommandHome.make();
});
afterEach(() => home[Symbol.asyncDispose]());

/** What command lines come to with nsc 2.14, as its source says. */
interface Story {
  readonly name: string;
  /** Command lines without "nsc"; those that begin with "!" fail. `{A}` is the key of account A, `{A/u}` that of a user, `{O}` that of the operator, and `{O:sk}` its signing key. */
  readonly lines: readonly string[];
  /** What the claims at a path hold afterwards: "" is the operator, "A" an account, "A/u" a user. */
  readonly leaves?: Readonly<Record<string, object>>;
}

const TREE = ["add operator O", "add account A", "add account B", "env -a A"] as const;
const LIMITED = { subs: -1, data: -1, payload: -1 } as const;

const STORIES: readonly Story[] = [
  {
    name: "edit user does not move a user with limits of its own into a role",
    lines: [
      ...TREE,
      "add user u",
      "edit signing-key --sk generate --role r --subs 5",
      "!edit user u --tag x -K r",
      "add user v -K r",
      "edit user v --tag y",
      "!edit user v --subs 3",
      "!add user w -K r --source-network 10.0.0.0/8",
    ],
    leaves: { "A/u": { iss: "{A}", nats: LIMITED }, "A/v": { nats: { tags: ["y"] } } },
  },
  {
    name: "edit user takes what leaves a user of no use",
    lines: [...TREE, "add user u --source-network here --allow-pub a..b", "edit user u --subs 0 --payload 0 --data 0"],
    leaves: { "A/u": { nats: { src: ["here"], pub: { allow: ["a..b"] } } } },
  },
  {
    name: "edit account does not look at its limits and its info",
    lines: [...TREE, "add export -s a", "edit account --exports 0 --info-url nowhere", "edit account --tag t"],
    leaves: { A: { nats: { info_url: "nowhere", tags: ["t"] } } },
  },
  {
    name: "add export does not look at the limit of exports, but at the export",
    lines: [
      ...TREE,
      "edit account --exports 1",
      "add export -s a",
      "add export -s b",
      "!add export -s c..d",
      "!add export -s b",
    ],
    leaves: { A: { nats: { exports: [{ subject: "a" }, { subject: "b" }] } } },
  },
  {
    name: "of a stream and a service of one subject the first is meant",
    lines: [...TREE, "add export -s a", "add export -s a -r", "edit export -s a -n one", "delete export -s a"],
    leaves: { A: { nats: { exports: [{ name: "a", type: "service" }] } } },
  },
  {
    name: "delete import wants the account where several imports have the subject",
    lines: [
      ...TREE,
      "add import --src-account B --remote-subject a",
      "add import --src-account B --remote-subject a --service",
      "!delete import -s a",
      "delete import -s a --src-account {B}",
    ],
    leaves: { A: { nats: { imports: [{ subject: "a", type: "service" }] } } },
  },
  {
    name: "an activation says what is imported, whatever the flags",
    lines: [
      ...TREE,
      "add export -s s.> --private",
      "add export -s q --private --service",
      "!generate activation -t B",
      "generate activation -t B -s s.one -o s.jwt --expiry=-1d",
      "generate activation -t {A} -s q -o own.jwt",
      "generate activation -t B -s s.two -o s.jwt",
      "generate activation -t B -s q -o q.jwt",
      "add import -a B -u s.jwt --service",
      "add import -a B -u q.jwt --allow-trace --share",
      "!add import -a B -u q.jwt",
      "!add import -a A -u own.jwt",
    ],
    leaves: {
      B: {
        nats: {
          imports: [
            { name: "q", subject: "q", local_subject: "q", type: "service", share: true },
            { name: "s.two", subject: "s.two", type: "stream" },
          ],
        },
      },
    },
  },
  {
    name: "below a managed operator -K may be the account itself",
    lines: [
      "-H other add operator M",
      "-H other describe operator -R -o op.jwt",
      "add operator -u op.jwt",
      "add account A",
      "edit account --tag x -K {A}",
      "add account B -K {A}",
      "add export -s a -K {B}",
      "!edit account A --tag y -K {B}",
      "revocations add-user -u * -K {B}",
      "rename account A C --OK -K {A}",
    ],
    leaves: { C: { iss: "{C}", nats: { tags: ["x"] } }, B: { iss: "{B}", nats: { exports: [{ subject: "a" }] } } },
  },
  {
    name: "files go to folders that are there, and replace others",
    lines: [
      ...TREE,
      "add user u",
      "!generate creds -o no/u.creds",
      "!describe account -R -o no/a.jwt",
      "!generate config --mem-resolver --config-file no/server.conf",
      "generate creds -o u.creds",
      "generate creds -o u.creds",
      "describe jwt -f u.creds -o u.creds",
      "generate config --mem-resolver --dir folder/that/is/new",
      "export keys -A --dir keys/of/all",
      "generate context --context c -u u",
    ],
  },
  {
    name: "select operator keeps the account, where the operator has one that is called so",
    lines: [
      "add operator P",
      "add account A",
      "add account C",
      "add operator O",
      "add account A",
      "add account B",
      "select account A",
      "select operator P",
      "edit account --tag p",
      "select account C",
      "select operator O",
      "!edit account --tag o",
    ],
    leaves: { A: { nats: { type: "account" } } },
  },
  {
    name: "edits of accounts keep who signed, and all else is signed by the identity",
    lines: [
      "add operator O --generate-signing-key",
      "add account A",
      "add account B",
      "edit account A --tag x -K {O:sk}",
      "edit account A --tag y",
      "edit authcallout A --disable",
      "edit signing-key -a A --sk generate --role r",
      "add account C -K {O:sk}",
      "add export -a C -s c",
      "add account D -K {O:sk}",
      "add mapping -a D --from a --to b",
      "add account E -K {O:sk}",
      "revocations add-user -a E -u *",
      "add account F -K {O:sk}",
      "rename account F G --OK",
      "edit account B --tag x -K {O:sk}",
      "add import -a B --src-account A --remote-subject a",
    ],
    leaves: {
      A: { iss: "{O:sk}" },
      B: { iss: "{O}" },
      C: { iss: "{O}" },
      D: { iss: "{O}" },
      E: { iss: "{O}" },
      G: { iss: "{O}" },
    },
  },
  {
    name: "where signing keys are demanded, the first of them signs",
    lines: [
      "add operator O --generate-signing-key",
      "edit operator --require-signing-keys",
      "add account A",
      "add export -s a",
      "!add export -s b -K {O}",
    ],
    leaves: { A: { iss: "{O:sk}" } },
  },
  {
    name: "delete account wants --force for the system account",
    lines: [
      "add operator O --sys",
      "add account A",
      "!delete account SYS",
      "delete account SYS --force",
      "validate -A",
    ],
    leaves: { A: {} },
  },
];

describe("what nsc does beyond the stories of its golden record", () => {
  test.each(STORIES)("$name", async ({ lines, leaves = {} }) => {
    for (const line of lines) {
      const fails = line.startsWith("!");
      const argv = (await filled(line.slice(fails ? 1 : 0))).split(" ");
      const { code, stdout, stderr } = await home.run(argv);
      expect(code, `nsc ${argv.join(" ")}: ${stderr}${stdout}`).toBe(fails ? 1 : 0);
    }
    for (const [path, expected] of Object.entries(leaves)) {
      expect(await claimsAt(path), path).toMatchObject(JSON.parse(await filled(JSON.stringify(expected))));
    }
  });
});

async function claimsAt(path: string): Promise<{ readonly sub: string }> {
  const [account, user] = path.split("/");
  for await (const operator of storedTree(home).operators()) {
    if (!account) return operator.claims;
    const found = await operator.account(account);
    return user === undefined ? found.claims : (await found.user(user)).claims;
  }
  throw new Error("there is no operator");
}

/** A text with the keys that it names. */
async function filled(text: string): Promise<string> {
  let result = text;
  for (const [placeholder, path] of text.matchAll(/\{([A-Z](?:\/[a-z]|:sk)?)\}/g)) {
    result = result.replaceAll(placeholder, await keyAt(path as string));
  }
  return result;
}

async function keyAt(path: string): Promise<string> {
  if (!path.startsWith("O")) return (await claimsAt(path)).sub;
  const { claims } = await storedTree(home).operator("O");
  return path === "O" ? claims.sub : (claims.nats.signing_keys?.[0] ?? "");
}
