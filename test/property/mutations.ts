import { pick, type Random } from "./runs.ts";

/** Characters that mean something somewhere: to base32, base64, JSON, creds files and Unicode. */
const CHARACTERS = [
  ...'AQSUXP27az09-_.=+/ \t\r\n"\\{}[]:,<&\0\u007f',
  "\u0085",
  "\u00a0",
  "\u017f",
  "\u2028",
  "\ufeff",
  "\ufffd",
  "\ud800",
  "\udc00",
  "\u{1f600}",
];

/** One to three small changes: characters, cuts, repetitions, and pieces that change places. */
export function mutate(random: Random, text: string): string {
  let out = text;
  for (let change = random(3); change >= 0; change--) out = mutateOnce(random, out);
  return out;
}

function mutateOnce(random: Random, text: string): string {
  const at = random(text.length + 1);
  const to = Math.min(text.length, at + random(random(2) === 0 ? 4 : text.length + 1));
  switch (random(8)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(to);
    case 3:
      return text.slice(0, to) + text.slice(at, to) + text.slice(to);
    case 4:
      return text.slice(to) + text.slice(at, to) + text.slice(0, at);
    case 5:
      return text.slice(0, at) + pick(random, CHARACTERS) + text.slice(at);
    case 6:
      return text.slice(0, at) + (random(2) === 0 ? text.slice(at).toLowerCase() : text.slice(at).toUpperCase());
    default:
      return text.slice(0, at) + pick(random, CHARACTERS) + text.slice(at + 1);
  }
}

/** JSON as it stands in a text: an object is its members in order, and any name may occur twice. */
export type Tree = string | Tree[] | { members: [name: string, value: Tree][] };

/** Names that a careless reader trips over. */
const NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "then",
  "length",
  "0",
  "10",
  "",
  " ",
  "\u0000",
  "\ud800",
  "nats",
  "NATS",
  "type",
  "Type",
  "version",
  "sub",
  "\u017fub",
  "iss",
  "limits",
  "LIMITS",
  "imports",
  "exports",
  "signing_keys",
  "\u017figning_\u212aeys",
  "revocations",
  "mappings",
  "src",
  "kind",
  "template",
  "tiered_limits",
  "resp",
  "trace",
  "sampling",
];

/** Scalars of JSON, and some that only look like it. */
const SCALARS = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "1",
  "2",
  "1.0",
  "1e3",
  "1E400",
  "-1e-400",
  "255",
  "256",
  "9007199254740993",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "18446744073709551615",
  "18446744073709551616",
  '""',
  '"x"',
  '"stream"',
  '"headers"',
  '"user_scope"',
  '"account"',
  '"user"',
  '"*"',
  '">"',
  '"a,b , c"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u2028<>&"',
  '"{{name()}}.>"',
];
const BROKEN = [
  "",
  "nul",
  "01",
  "+1",
  ".5",
  "1.",
  "NaN",
  "Infinity",
  "'x'",
  '"\\x"',
  '"\\u12"',
  '"\u0001"',
  "[1,]",
  "{,}",
  '{"a"}',
  "{a:1}",
  "[",
  "}",
  "//",
  "undefined",
];

/** Any JSON, seldom deep. */
export function randomTree(random: Random, depth = 3): Tree {
  const kind = depth === 0 ? 0 : random(6);
  if (kind < 4) return random(40) === 0 ? pick(random, BROKEN) : pick(random, SCALARS);
  const size = random(4);
  if (kind === 4) return Array.from({ length: size }, () => randomTree(random, depth - 1));
  return { members: Array.from({ length: size }, () => [pick(random, NAMES), randomTree(random, depth - 1)]) };
}

export function treeOf(value: unknown): Tree {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return value.map(treeOf);
  return { members: Object.entries(value).map(([name, member]) => [name, treeOf(member)]) };
}

export function textOf(tree: Tree): string {
  if (typeof tree === "string") return tree;
  if (Array.isArray(tree)) return `[${tree.map(textOf).join(",")}]`;
  return `{${tree.members.map(([name, value]) => `${JSON.stringify(name)}:${textOf(value)}`).join(",")}}`;
}

/** A copy in which some values are others, members are added, repeated, renamed, moved or gone. */
export function mutateTree(random: Random, tree: Tree): Tree {
  let out = tree;
  for (let change = random(3); change >= 0; change--) out = mutateTreeOnce(random, out);
  return out;
}

function mutateTreeOnce(random: Random, tree: Tree): Tree {
  const children = typeof tree === "string" ? 0 : Array.isArray(tree) ? tree.length : tree.members.length;
  // Goes down more often than not, so that changes are found at all levels.
  if (typeof tree === "string" || children === 0 || random(4) === 0) return changed(random, tree);
  const at = random(children);
  if (Array.isArray(tree)) return tree.map((item, index) => (index === at ? mutateTreeOnce(random, item) : item));
  return {
    members: tree.members.map(([name, value], index) => [name, index === at ? mutateTreeOnce(random, value) : value]),
  };
}

function changed(random: Random, tree: Tree): Tree {
  if (typeof tree === "string" || random(3) === 0) return randomTree(random);
  if (Array.isArray(tree)) return random(2) === 0 ? [...tree, randomTree(random)] : [...tree, ...tree];
  const members = [...tree.members];
  const at = random(members.length + 1);
  const member = members[at] ?? [pick(random, NAMES), randomTree(random)];
  switch (random(5)) {
    case 0:
      members.splice(at, 1);
      break;
    case 1:
      members.push([member[0], random(2) === 0 ? member[1] : mutateTree(random, member[1])]);
      break;
    case 2:
      members.splice(at, 0, [pick(random, NAMES), randomTree(random)]);
      break;
    case 3:
      members[at] = [random(2) === 0 ? member[0].toUpperCase() : pick(random, NAMES), member[1]];
      break;
    default:
      members.unshift([member[0], randomTree(random)]);
  }
  return { members };
}
