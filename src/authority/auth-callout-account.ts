import { NscError } from "../errors.ts";
import type { Account } from "./account.ts";
import type { AddAccountOptions } from "./account-verbs.ts";
import { type AuthCalloutInit, setAuthCallout } from "./auth-callout-verbs.ts";
import type { KeyInput } from "./key-input.ts";
import { assertEntityName } from "./names.ts";
import type { AccountPath, OperatorPath, UserPath } from "./paths.ts";
import { addAccountFrom } from "./plan/account-template.ts";
import type { User } from "./user.ts";
import { type AddUserOptions, addUser } from "./user-verbs.ts";
import type { Workspace } from "./workspace.ts";

/** A user of the account of an auth callout. */
export interface CalloutAccountUser extends AddUserOptions {
  /** Its name. */
  readonly name?: string;
}

/** Options of `Operator.addAuthCalloutAccount`. */
export interface AddAuthCalloutAccountOptions
  extends Omit<AddAccountOptions, "template">,
    Pick<AuthCalloutInit, "accounts" | "xkey"> {
  /** Whether it gets a signing key (true), or which; true by default. */
  readonly signingKey?: boolean | KeyInput;
  /** The curve key of the service, as for `setAuthCallout`; a fresh one by default. */
  readonly xkey?: boolean | KeyInput;
  /**
   * The user that the service connects as: `service` by default, who may subscribe to requests and to inboxes, reply, and do
   * nothing else.
   */
  readonly service?: CalloutAccountUser;
  /**
   * The user that everybody connects as who has no user of his own, and who is then let in as somebody else: `sentinel` by
   * default, a bearer that may do nothing; false for none.
   */
  readonly sentinel?: boolean | CalloutAccountUser;
}

/** What `Operator.addAuthCalloutAccount` made. */
export interface AuthCalloutAccount {
  /** The account that has the callout. */
  readonly account: Account;
  /** The user that the service connects as, about whom it is not asked. */
  readonly service: User;
  /** The user that everybody else connects as, together with what the service goes by; nothing if there is none. */
  readonly sentinel: User | undefined;
}

/** The places of what was made. */
export interface CalloutPaths {
  readonly account: AccountPath;
  readonly service: UserPath;
  readonly sentinel: UserPath | undefined;
}

const NOTHING = { deny: [">"] } as const;

/** Adds an account of which a service authorizes the users, with the user of that service and a sentinel. */
export async function addAuthCalloutAccount(
  workspace: Workspace,
  [operator]: OperatorPath,
  name: string,
  options: AddAuthCalloutAccountOptions,
): Promise<CalloutPaths> {
  if (typeof options !== "object" || options === null || "template" in options) {
    throw new NscError("ERR_ARGUMENT_INVALID", "the options must be an object, without a template");
  }
  const { accounts, xkey = true, service = {}, sentinel = true, ...rest } = options;
  const account = await addAccountFrom(workspace, operator, name, { signingKey: true, ...rest });
  const servicePath = await addCalloutUser(workspace, account, "service", service, {
    sub: ["$SYS.REQ.USER.AUTH", "_INBOX.>"],
    responses: true,
    pub: NOTHING,
  });
  const sentinelPath =
    sentinel === false
      ? undefined
      : await addCalloutUser(workspace, account, "sentinel", sentinel === true ? {} : sentinel, {
          pub: NOTHING,
          sub: NOTHING,
          bearer: true,
        });
  const { sub } = await workspace.need(servicePath);
  await setAuthCallout(workspace, account, { users: [sub], xkey, ...(accounts !== undefined && { accounts }) }, {});
  return { account, service: servicePath, sentinel: sentinelPath };
}

function addCalloutUser(
  workspace: Workspace,
  account: AccountPath,
  usual: string,
  given: CalloutAccountUser,
  init: AddUserOptions,
): Promise<UserPath> {
  if (typeof given !== "object" || given === null) {
    throw new NscError("ERR_ARGUMENT_INVALID", `${usual} must be what the user begins with`);
  }
  const { name = usual, ...options } = given;
  assertEntityName(name, "the name of a user");
  // A role stands for all of its permissions.
  const begin = options.role === undefined ? { ...init, ...options } : options;
  return addUser(workspace, account, name, begin);
}
