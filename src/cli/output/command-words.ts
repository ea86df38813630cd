/** What the library tells programs to do, and how the same is done with this command. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/, which has to be asked for as signer/, ", which signs where -K names it"],
  [/; of its roles, one has to be asked for: /, "; or name one of its roles with -K: "],
  [/: say its role or another signer as signer/, ": name its role or another key with -K"],
  [/, which signer asks for/, ", which -K asks for"],
  [
    /: end it with retire( or cancel)?(?:, or remove the key with removeSigningKey and force)?/,
    ": end it with --retire$1",
  ],
  [/(--retire or )cancel/, "$1--cancel"],
  [
    /, as rotateSigningKey does, or remove the key with removeSigningKey and force/,
    ", as 'nsc rotate signing-key' does",
  ],
  [/pass force to have it retired all the same/, "--force has it retired all the same"],
  [/which rotateIdentity replaces/, "which 'nsc rotate identity' replaces"],
  [/\(force "unheard-servers" does it all the same\)/, "(--force does it all the same)"],
  [/import its keys with importKeys instead/, "bring its keys to another one with 'nsc import keys'"],
];

/** A message of the library as it helps somebody at the command line. */
export function inCommandWords(message: string): string {
  return WORDS.reduce((text, [pattern, words]) => text.replace(pattern, words), message);
}
