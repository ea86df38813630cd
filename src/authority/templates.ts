import { toGoLower, trimGoSpace } from "../encoding/go-text.ts";
import { NscError } from "../errors.ts";
import type { AccountClaims } from "../jwt/account.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { UserScope } from "../jwt/signing-keys.ts";
import type { UserClaims } from "../jwt/user.ts";
import { PLAIN_VARIABLES, TAG_VARIABLES } from "./template-variables.ts";

/** Whom the variables of a role's template are replaced for: a user or its account. */
export interface TemplateSource {
  readonly publicKey: string;
  readonly name: string;
  readonly tags: readonly string[];
}

/** Both of whom the variables are. */
export interface TemplateSources {
  readonly account: TemplateSource;
  readonly user: TemplateSource;
}

export function templateSourceOf({ sub, name = "", nats }: ReadonlyDeep<AccountClaims | UserClaims>): TemplateSource {
  return { publicKey: sub, name, tags: nats.tags ?? [] };
}

/** A variable of a template: what it takes, and of which tag. */
interface Variable {
  readonly of: "user" | "account";
  /** The key of a tag, or nothing for the name. */
  readonly tag: string | undefined;
  /** Whether it stands in a list of what is denied. */
  readonly denied: boolean;
}

/** What stands between two pairs of braces. */
interface Placeholder {
  /** With the braces. */
  readonly text: string;
  /** Without them and the white space around it. */
  readonly operation: string;
  readonly of: "user" | "account";
  /** Nothing for what no server knows. */
  readonly takes: "name" | "key" | "tag" | undefined;
  /** The key of a tag, as servers before 2.11 read it in any case of the letters, and the later ones in lower case only. */
  readonly tag: string;
  /** The key that servers since 2.11 look for: that of a function in another case begins with its name. */
  readonly lookedFor: string;
}

/** As servers read them: white space inside of the braces is trimmed, that inside of the parentheses is not. */
const PLACEHOLDER = /\{\{([^}]+)\}\}/g;
const PLAIN = Object.values(PLAIN_VARIABLES);
const TAGS = Object.values(TAG_VARIABLES);
/** Go's `EqualFold` folds all of Unicode. */
const PLAIN_CALL = new RegExp(`^(?:${PLAIN.map(({ call }) => `(${call.replace("()", "\\(\\)")})`).join("|")})$`, "iu");
const TAG_CALL = new RegExp(`^(?:${TAGS.map(({ call }) => `(${call})`).join("|")})\\((.*)\\)$`, "is");
const LOWER_TAG_CALL = new RegExp(`^(?:${TAGS.map(({ call }) => call).join("|")})\\(`);
const ALL_CALLS: string = [...PLAIN.map(({ call }) => call), ...TAGS.map(({ call }) => `${call}(key)`)].join(", ");

function placeholdersOf(subject: string): Placeholder[] {
  return [...subject.matchAll(PLACEHOLDER)].map(([text, inner = ""]) => {
    const operation = trimGoSpace(inner);
    const plain = PLAIN[groupOf(PLAIN_CALL.exec(operation))];
    if (plain !== undefined) return { text, operation, of: plain.of, takes: plain.takes, tag: "", lookedFor: "" };
    const match = TAG_CALL.exec(operation);
    const tag = toGoLower(match?.at(-1) ?? "");
    return {
      text,
      operation,
      of: TAGS[groupOf(match)]?.of ?? "user",
      takes: match === null ? undefined : "tag",
      tag,
      lookedFor: LOWER_TAG_CALL.test(operation) ? tag : toGoLower(operation.slice(0, -1)),
    };
  });
}

/** Which of the alternatives it was, from 0; -1 for none. */
function groupOf(match: RegExpExecArray | null): number {
  return match === null ? -1 : match.slice(1).findIndex((group) => group !== undefined);
}

/** The lists of subjects of a scope, in the order in which servers expand them. */
function listsOf({ template }: ReadonlyDeep<UserScope>): { subjects: readonly string[]; denied: boolean }[] {
  return [template.sub ?? {}, template.pub ?? {}].flatMap(({ allow, deny }) => [
    { subjects: allow ?? [], denied: false },
    { subjects: deny ?? [], denied: true },
  ]);
}

/** The variables in the subjects of a scope that take a name or a tag; keys are safe. */
function variablesOf(scope: ReadonlyDeep<UserScope>): Variable[] {
  const variables: Variable[] = [];
  for (const { subjects, denied } of listsOf(scope)) {
    for (const { of, takes, tag } of subjects.flatMap(placeholdersOf)) {
      if (takes === "name" || takes === "tag") variables.push({ of, tag: takes === "tag" ? tag : undefined, denied });
    }
  }
  return variables;
}

/**
 * Refuses variables that there are not: servers since 2.11 refuse the users of such a role, or find no tag for them.
 *
 * @throws NscError `ERR_ROLE_TEMPLATE`
 */
export function assertVariables(scope: ReadonlyDeep<UserScope>): void {
  for (const { text, operation, takes, tag, lookedFor } of listsOf(scope).flatMap(({ subjects }) =>
    subjects.flatMap(placeholdersOf),
  )) {
    const title = `the role ${JSON.stringify(scope.role)} has the variable ${JSON.stringify(text)} in a subject`;
    if (takes === undefined) {
      throw new NscError("ERR_ROLE_TEMPLATE", `${title}, which servers do not know: there are ${ALL_CALLS}`);
    }
    if (lookedFor === tag) continue;
    const [before = ""] = operation.split("(", 1);
    throw new NscError(
      "ERR_ROLE_TEMPLATE",
      `${title}, which servers know in lower case only: write ${before.toLowerCase()}(${tag})`,
    );
  }
}

/** Whether the subjects of a scope depend on who the user is. */
export function dependsOnUser(scope: ReadonlyDeep<UserScope>): boolean {
  return variablesOf(scope).some((variable) => variable.of === "user");
}

/**
 * Refuses names and tags that the server would expand into wildcards or more tokens than the role means, by which whoever
 * chooses them would choose what he may do.
 *
 * @throws NscError `ERR_ROLE_TEMPLATE`
 */
export function assertTemplateValues(
  scope: ReadonlyDeep<UserScope>,
  values: { readonly account: TemplateSource; readonly user?: TemplateSource },
): void {
  for (const variable of variablesOf(scope)) {
    const source = values[variable.of];
    if (source !== undefined) assertVariable(scope, variable, source);
  }
}

function assertVariable(scope: ReadonlyDeep<UserScope>, { of, tag, denied }: Variable, source: TemplateSource): void {
  const title = tag === undefined ? `the name of the ${of}` : `the tag ${JSON.stringify(tag)} of the ${of}`;
  const found = tag === undefined ? [source.name] : tagValues(source.tags, tag);
  for (const value of found) {
    if (value !== "" && !/[.*>\s\p{Cc}]/u.test(value)) continue;
    throw new NscError(
      "ERR_ROLE_TEMPLATE",
      `the role ${JSON.stringify(scope.role)} puts ${title} into subjects, and ${JSON.stringify(value)} would become other tokens or wildcards there`,
    );
  }
  // Servers drop what they can't expand from what is allowed, and refuse the connection where it is denied.
  if (found.length > 0 || !denied) return;
  throw new NscError(
    "ERR_ROLE_TEMPLATE",
    `the role ${JSON.stringify(scope.role)} denies subjects with ${title}, which it does not have: servers would refuse the user`,
  );
}

export function tagValues(tags: readonly string[], key: string): string[] {
  return tags.filter((tag) => tag.startsWith(`${key}:`)).map((tag) => tag.slice(key.length + 1));
}

/** What a server expands a list to at most. */
export const MOST_SUBJECTS = 4096;

/**
 * Why servers since 2.11 can't expand the template of a scope for a user, whom they then refuse; or nothing. Go:
 * `processUserPermissionsTemplate`.
 */
export function templateViolation(scope: ReadonlyDeep<UserScope>, sources: TemplateSources): string | undefined {
  for (const { subjects, denied } of listsOf(scope)) {
    // A list without variables is taken as it is.
    if (subjects.every((subject) => placeholdersOf(subject).length === 0)) continue;
    let emitted = 0;
    for (const subject of subjects) {
      const found = expand(subject, denied, sources, MOST_SUBJECTS - emitted);
      if (typeof found === "string") return `the role ${JSON.stringify(scope.role)} ${found}`;
      emitted += found.emitted;
    }
  }
  return undefined;
}

/** The subjects of a list of a template as a server makes them of it for a user whom it lets in. */
export function expandSubjects(
  subjects: readonly string[],
  denied: boolean,
  sources: TemplateSources,
): readonly string[] {
  // A list without variables is taken as it is.
  if (subjects.every((subject) => placeholdersOf(subject).length === 0)) return subjects;
  return subjects.flatMap((subject) => {
    const found = expand(subject, denied, sources, MOST_SUBJECTS);
    return typeof found === "string" ? [] : found.subjects;
  });
}

interface Expanded {
  readonly subjects: readonly string[];
  /** How many a server makes, which repeats some. */
  readonly emitted: number;
}

/** What a server makes of a subject, or why it does not. */
function expand(subject: string, denied: boolean, sources: TemplateSources, most: number): Expanded | string {
  const title = `${denied ? "denies" : "allows"} ${JSON.stringify(subject)}`;
  const placeholders = placeholdersOf(subject);
  const values = new Map<string, readonly string[]>();
  let count = 1;
  for (const { text, of, takes, lookedFor } of placeholders) {
    if (takes === undefined) return `${title}, and servers do not know the variable ${JSON.stringify(text)}`;
    const { name, publicKey, tags } = sources[of];
    const found = takes === "name" ? [name] : takes === "key" ? [publicKey] : tagValues(tags, lookedFor);
    if (found.length === 0 && denied) return `${title}, and the ${of} has no tag ${JSON.stringify(lookedFor)}`;
    // Nothing that is allowed comes of a tag that is not there.
    values.set(text, found.length === 0 ? [" "] : found);
    count *= Math.max(found.length, 1);
  }
  const hasTags = placeholders.some(({ takes }) => takes === "tag");
  if (hasTags && count > most) return `${title}, and its list becomes more than ${MOST_SUBJECTS} subjects`;
  let subjects = [subject];
  for (const [text, each] of values) {
    subjects = subjects.flatMap((one) => each.map((value) => one.replaceAll(text, () => value)));
  }
  const valid = subjects.filter(isServerSubject);
  if (denied && valid.length < subjects.length) {
    const wrong = subjects.find((one) => !isServerSubject(one));
    return `${title}, which becomes ${JSON.stringify(wrong)}, and that is no subject`;
  }
  // A variable that stands there twice has one value at a time, and servers repeat what comes of it.
  return { subjects: valid, emitted: valid.length * (count / subjects.length) };
}

/** Go: `IsValidSubject` of nats-server. */
export function isServerSubject(subject: string): boolean {
  const tokens = subject.split(".");
  return tokens.every(
    (token, index) => token !== "" && !/[\t\n\f\r ]/.test(token) && (token !== ">" || index === tokens.length - 1),
  );
}
