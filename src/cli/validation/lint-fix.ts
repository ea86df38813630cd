import type { LintFinding } from "../../authority/reports/lint-findings.ts";
import { type LintCode, lintRules } from "../../authority/reports/lint-rules.ts";
import { quoteWord } from "../text/quote-word.ts";

/** The words that a command takes for what was found, as they are typed. */
interface Place {
  /** As in `edit user -a A alice`. */
  readonly edit: string;
  /** As in `delete user -a A alice`; operators are not deleted. */
  readonly remove: string | undefined;
  /** The account. */
  readonly name: string;
  /** As in `-a A`. */
  readonly account: string;
}

const signAgain = ({ edit }: Place): string => `have it signed again: 'nsc ${edit} -K KEY'`;
const orRemove = ({ remove }: Place): string => (remove === undefined ? "" : `, or 'nsc ${remove}'`);
const expire = ({ edit }: Place): string => `'nsc ${edit} --expiry TIME'`;
const removeImport = ({ account }: Place): string => `'nsc delete import ${account} --subject SUBJECT'`;
const activate = ({ account }: Place): string =>
  `import it again, with what 'nsc generate activation' of the exporting account gives: 'nsc add import ${account} --token FILE'`;

/** What mends it with this command, where the words of the library are for programs. */
const FIXES: { readonly [Code in LintCode]?: (place: Place) => string } = {
  DAMAGED: () => "restore it from a backup, or 'nsc pull' it",
  CLAIMS: ({ edit }) => `'nsc ${edit}' changes it`,
  EXPIRED: (place) => `${expire(place)}${orRemove(place)}`,
  EXPIRES_SOON: (place) => `${expire(place)} in time`,
  NOT_YET_VALID: ({ edit }) => `wait, or 'nsc ${edit} --start 0'`,
  ISSUER_GONE: signAgain,
  ISSUER_STRICT: ({ edit }) => `have a signing key sign it: 'nsc ${edit} -K KEY'`,
  SYSTEM_ACCOUNT: () => "'nsc pull' it, or name another one: 'nsc edit operator --system-account NAME'",
  SYSTEM_JETSTREAM: ({ edit }) => `'nsc ${edit} --js-disable'`,
  JETSTREAM_TIERS: signAgain,
  MAPPING_INVALID: ({ account }) => `correct it with 'nsc add mapping ${account}', or 'nsc delete mapping ${account}'`,
  CALLOUT_USER: ({ account }) => `name a user of this account: 'nsc edit authcallout ${account} --auth-user KEY'`,
  CALLOUT_ACCOUNT: ({ account }) =>
    `unless it is elsewhere, 'nsc edit authcallout ${account} --rm-allowed-account KEY'`,
  IMPORT_UNKNOWN: (place) => `nothing, if it is elsewhere; otherwise ${removeImport(place)}`,
  IMPORT_UNMATCHED: (place) => `${removeImport(place)}, or have it exported`,
  IMPORT_TWICE: removeImport,
  IMPORT_CYCLE: (place) => `remove one of the imports: ${removeImport(place)}`,
  ACTIVATION_MISSING: activate,
  ACTIVATION_INVALID: activate,
  ACTIVATION_EXPIRED: activate,
  ACTIVATION_REVOKED: activate,
  USER_ACCOUNT: signAgain,
  USER_CONNECTIONS: ({ edit }) => `'nsc ${edit} --conn-type STANDARD', or --rm-conn-type those that are there`,
  USER_REVOKED: (place) => `${signAgain(place)}${orRemove(place)}`,
  USER_SCOPE: ({ remove }) => `'nsc ${remove}', and add it with that role: 'nsc add user -K ROLE'`,
  USER_BEARER: ({ edit, name }) =>
    `'nsc ${edit} --bearer=false', or allow bearers: 'nsc edit account ${name} --disallow-bearer=false'`,
  KEY_ORPHAN: () => "'nsc export keys --not-referenced --remove --dir FOLDER' moves it away, unless somebody needs it",
};

/** What would mend what was found, in terms of this command. */
export function fixOf({ code, entity, fix }: LintFinding): string {
  // What is not that of the rule knows more.
  const words = fix === lintRules[code].fix ? FIXES[code] : undefined;
  return words === undefined ? fix : words(placeOf(entity.path));
}

function placeOf([, account, user]: readonly string[]): Place {
  if (account === undefined) return { edit: "edit operator", remove: undefined, name: "", account: "" };
  const name = quoteWord(account);
  const rest = user === undefined ? `account ${name}` : `user -a ${name} ${quoteWord(user)}`;
  return { edit: `edit ${rest}`, remove: `delete ${rest}`, name, account: `-a ${name}` };
}
