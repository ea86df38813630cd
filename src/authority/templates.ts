import { toGoLower, trimGoSpace } from "../encoding/go-text.ts";
import { NscError } from "../errors.ts";
import type { ReadonlyDeep } from "../jwt/readonly-deep.ts";
import type { UserScope } from "../jwt/signing-keys.ts";

/** What the variables of a role's template stand for. */
export interface TemplateValues {
  readonly name: string;
  readonly tags: readonly string[];
}

/** A variable of a template: what it takes, and of which tag. */
interface Variable {
  readonly of: "user" | "account";
  /** The key of a tag, or nothing for the name. */
  readonly tag: string | undefined;
  /** Whether it stands in a list of what is denied. */
  readonly denied: boolean;
}

/** As servers read them: white space inside of the braces is trimmed, that inside of the parentheses is not. */
const PLACEHOLDER = /\{\{([^}]+)\}\}/g;
const NAME_OR_TAG = /^(account-)?(?:(name)\(\)|tag\((.*)\))$/is;

/** The variables in the subjects of a scope that take a name or a tag; keys are safe. */
function variablesOf({ template }: ReadonlyDeep<UserScope>): Variable[] {
  const variables: Variable[] = [];
  for (const { allow = [], deny = [] } of [template.pub ?? {}, template.sub ?? {}]) {
    for (const [subjects, denied] of [
      [allow, false],
      [deny, true],
    ] as const) {
      for (const [, operation = ""] of subjects.flatMap((subject) => [...subject.matchAll(PLACEHOLDER)])) {
        const match = NAME_OR_TAG.exec(trimGoSpace(operation));
        if (match === null) continue;
        const [, account, name, key = ""] = match;
        const tag = name === undefined ? toGoLower(key) : undefined;
        variables.push({ of: account === undefined ? "user" : "account", tag, denied });
      }
    }
  }
  return variables;
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
  values: { readonly account: TemplateValues; readonly user?: TemplateValues },
): void {
  for (const variable of variablesOf(scope)) {
    const source = values[variable.of];
    if (source !== undefined) assertVariable(scope, variable, source);
  }
}

function assertVariable(scope: ReadonlyDeep<UserScope>, { of, tag, denied }: Variable, source: TemplateValues): void {
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

function tagValues(tags: readonly string[], key: string): string[] {
  return tags.filter((tag) => tag.startsWith(`${key}:`)).map((tag) => tag.slice(key.length + 1));
}
