import { NscError } from "../errors.ts";

/** THE table of the variables that servers know without an argument, as they are written in a template. */
export const PLAIN_VARIABLES = {
  name: { call: "name()", of: "user", takes: "name" },
  subject: { call: "subject()", of: "user", takes: "key" },
  accountName: { call: "account-name()", of: "account", takes: "name" },
  accountSubject: { call: "account-subject()", of: "account", takes: "key" },
} as const;

/** THE table of those that take the values of a tag. */
export const TAG_VARIABLES = {
  tag: { call: "tag", of: "user" },
  accountTag: { call: "account-tag", of: "account" },
} as const;

/** The variables of the templates of roles, to be put into subjects. */
export interface RoleVariables {
  /** The user's name. */
  readonly name: "{{name()}}";
  /** The user's public key. */
  readonly subject: "{{subject()}}";
  /** The account's name. */
  readonly accountName: "{{account-name()}}";
  /** The account's public key. */
  readonly accountSubject: "{{account-subject()}}";
  /**
   * Each value of a tag of the user: of `team:blue` it is `blue`. A user without the tag gets nothing of what is allowed by it.
   *
   * @param key - what stands before the colon, in lower case, as tags are kept
   * @throws NscError `ERR_ROLE_TEMPLATE` for what no tag can begin with, or servers would not find
   */
  readonly tag: <const Key extends string>(key: Key) => `{{tag(${Key})}}`;
  /**
   * Each value of a tag of the account.
   *
   * @param key - what stands before the colon, in lower case
   * @throws NscError `ERR_ROLE_TEMPLATE`
   */
  readonly accountTag: <const Key extends string>(key: Key) => `{{account-tag(${Key})}}`;
}

/**
 * The variables that servers replace in the subjects of a role by what is said of the user or its account. nats-server:
 * `processUserPermissionsTemplate`.
 *
 * @example
 * ```ts
 * import { Nsc, permissions, roleVariables } from "nsc.js";
 *
 * const { name, tag } = roleVariables;
 * const app = await (await new Nsc().addOperator("local")).addAccount("APP");
 * await app.addRole("web", { pub: [`in.${tag("team")}.${name}.>`] });
 * const alice = await app.addUser("alice", { role: "web", tags: ["team:blue"] });
 * permissions(alice).pub.allow?.join(); // "in.blue.alice.>"
 * ```
 */
export const roleVariables: RoleVariables = /* @__PURE__ */ Object.freeze({
  name: `{{${PLAIN_VARIABLES.name.call}}}`,
  subject: `{{${PLAIN_VARIABLES.subject.call}}}`,
  accountName: `{{${PLAIN_VARIABLES.accountName.call}}}`,
  accountSubject: `{{${PLAIN_VARIABLES.accountSubject.call}}}`,
  tag: <const Key extends string>(key: Key) => `{{${TAG_VARIABLES.tag.call}(${tagKey(key)})}}` as const,
  accountTag: <const Key extends string>(key: Key) => `{{${TAG_VARIABLES.accountTag.call}(${tagKey(key)})}}` as const,
} as const);

/** Anything else would end the variable, split the subject, or never be found, since tags are kept in lower case. */
function tagKey<Key extends string>(key: Key): Key {
  if (typeof key === "string" && /^[^\s\p{Cc}{}().*>]+$/u.test(key) && key === key.toLowerCase()) return key;
  throw new NscError(
    "ERR_ROLE_TEMPLATE",
    `${JSON.stringify(key)} is no key of a tag that a role can use: it has no white space, dots, wildcards, braces or parentheses, and is in lower case`,
  );
}
