/** What is wrong between accounts. APP imports, and SHOP exports. */

import {
  type Account,
  type AccountClaims,
  createActivationClaims,
  createKeyPair,
  type Export,
  encode,
  type Import,
} from "nsc.js";
import { ask, HOUR, hear, now, type Tree, type Twins } from "./lint-twins.ts";

type ImportInit = Omit<Import, "account"> & { readonly account?: string };

async function exporting(tree: Tree, account: Account, exports: readonly Export[]): Promise<void> {
  await tree.plant<AccountClaims>(["local", account.name], ({ nats }) => {
    nats.exports = [...exports];
  });
}

async function importing(tree: Tree, account: Account, imports: readonly ImportInit[]): Promise<void> {
  await tree.plant<AccountClaims>(["local", account.name], ({ nats }) => {
    nats.imports = imports.map((entry) => ({ account: tree.shop.publicKey, ...entry }));
  });
}

/** An activation of APP, which SHOP signs unless something else is said. */
async function activation(
  tree: Tree,
  {
    to = tree.app.publicKey,
    subject = "s.>",
    exp = 0,
    nbf = 0,
    issuedAt = now,
    signer,
  }: {
    readonly to?: string;
    readonly subject?: string;
    readonly exp?: number;
    readonly nbf?: number;
    readonly issuedAt?: number;
    readonly signer?: ReturnType<typeof createKeyPair>;
  },
): Promise<string> {
  const claims = createActivationClaims(to, {
    nats: { subject, kind: "stream", issuer_account: tree.shop.publicKey },
  });
  Object.assign(claims, exp !== 0 && { exp }, nbf !== 0 && { nbf });
  return encode(claims, signer ?? (await tree.signingKey(tree.shop)), { issuedAt });
}

const streams: Export[] = [{ subject: "s.>", type: "stream" }];
const services: Export[] = [{ subject: "q.>", type: "service" }];
const hearShop: NonNullable<Twins["see"]> = (server, tree) => hear(server, tree, [[tree.shop, "s.x"]]);
const askShop: NonNullable<Twins["see"]> = (server, tree) => ask(server, tree, "q.x", [[tree.shop, "q.>"]]);

interface Activated extends Partial<Twins> {
  /** More of the export. */
  readonly exported?: (tree: Tree, isWrong: boolean) => Partial<Export>;
}

/** A private stream that APP imports by an activation. */
function activated(
  code: Twins["code"],
  title: string,
  token: (tree: Tree, isWrong: boolean) => Promise<string> | string,
  { exported, ...more }: Activated = {},
): Twins {
  return {
    code,
    title,
    make: async (tree, isWrong) => {
      const offered = { subject: "s.>", type: "stream", token_req: true, ...exported?.(tree, isWrong) } as const;
      await exporting(tree, tree.shop, [offered]);
      await importing(tree, tree.app, [{ subject: "s.>", type: "stream", token: await token(tree, isWrong) }]);
    },
    see: hearShop,
    wrong: /^hears $/,
    sound: /^hears s\.x$/,
    ...more,
  };
}

export const exchangeTwins: readonly Twins[] = [
  {
    code: "IMPORT_UNKNOWN",
    title: "a service of an account that is not there",
    make: async (tree, isWrong) => {
      await exporting(tree, tree.shop, services);
      const account = isWrong ? createKeyPair("account").publicKey : tree.shop.publicKey;
      await importing(tree, tree.app, [{ subject: "q.x", type: "service", account }]);
    },
    see: askShop,
    wrong: /^not answered: no responders/,
    sound: /^answered by SHOP$/,
  },
  {
    code: "IMPORT_UNMATCHED",
    title: "a service that nobody exports",
    make: async (tree, isWrong) => {
      await exporting(tree, tree.shop, isWrong ? streams : services);
      await importing(tree, tree.app, [{ subject: "q.x", type: "service" }]);
    },
    see: askShop,
    wrong: /^not answered: no responders/,
    sound: /^answered by SHOP$/,
  },
  {
    code: "IMPORT_UNMATCHED",
    title: "a stream of which less is exported",
    make: async (tree, isWrong) => {
      await exporting(tree, tree.shop, [{ subject: isWrong ? "s.*" : "s.>", type: "stream" }]);
      await importing(tree, tree.app, [{ subject: "s.>", type: "stream" }]);
    },
    see: hearShop,
    wrong: /^hears $/,
    sound: /^hears s\.x$/,
  },
  {
    code: "IMPORT_TWICE",
    title: "a stream under two subjects",
    make: async (tree, isWrong) => {
      await exporting(tree, tree.shop, [...streams, { subject: "t.>", type: "stream" }]);
      await importing(tree, tree.app, [
        { subject: "s.>", type: "stream", local_subject: "one.>" },
        { subject: isWrong ? "s.>" : "t.>", type: "stream", local_subject: "two.>" },
      ]);
    },
    see: (server, tree) =>
      hear(server, tree, [
        [tree.shop, "s.x"],
        [tree.shop, "t.x"],
      ]),
    wrong: /^hears one\.x$/,
    sound: /^hears one\.x, two\.x$/,
  },
  {
    code: "IMPORT_PREFIX",
    title: "a prefix with wildcards",
    make: async (tree, isWrong) => {
      await exporting(tree, tree.shop, streams);
      await importing(tree, tree.app, [{ subject: "s.>", type: "stream", to: isWrong ? "p.*" : "p" }]);
    },
    see: hearShop,
    wrong: /^hears $/,
    sound: /^hears p\.s\.x$/,
    // What is deprecated is told of in both.
    besides: ["CLAIMS"],
  },
  {
    code: "IMPORT_CYCLE",
    title: "a stream both ways",
    make: async (tree, isWrong) => {
      const back = isWrong ? "*.x" : "t.x";
      await exporting(tree, tree.shop, [{ subject: "s.*", type: "stream" }]);
      await exporting(tree, tree.app, [{ subject: back, type: "stream" }]);
      await importing(tree, tree.app, [{ subject: "s.*", type: "stream" }]);
      await importing(tree, tree.shop, [{ subject: back, type: "stream", account: tree.app.publicKey }]);
    },
    see: async (server, tree) => {
      const heard = await hear(server, tree, [[tree.shop, "s.y"]]);
      return `${heard}; ${/import forms a cycle/.test(server.log()) ? "an import was dropped" : "all were taken"}`;
    },
    wrong: /an import was dropped$/,
    sound: /^hears s\.y; all were taken$/,
  },
  {
    code: "IMPORT_CYCLE",
    title: "two ways to one account, which are no circle",
    since: "2.14.0",
    make: async (tree, isWrong) => {
      const operator = await tree.nsc.operator("local");
      const [b, c, d] = [
        await operator.addAccount("B"),
        await operator.addAccount("C"),
        await operator.addAccount("D"),
      ];
      for (const account of [b, c, d, tree.shop]) await exporting(tree, account, services);
      const last = await operator.addAccount("LAST", { signingKey: true });
      await exporting(tree, last, services);
      const from = ({ publicKey }: Account, subject: string) => ({
        subject,
        type: "service" as const,
        account: publicKey,
      });
      await importing(tree, tree.app, [from(b, "q.>")]);
      await importing(tree, b, isWrong ? [from(c, "q.x"), from(d, "q.y")] : [from(c, "q.x")]);
      await importing(tree, c, [from(tree.shop, "q.x")]);
      await importing(tree, d, [from(tree.shop, "q.y")]);
      await importing(tree, tree.shop, [from(last, "q.>")]);
    },
    see: async (server, tree) => {
      const last = await (await tree.nsc.operator("local")).account("LAST");
      return ask(server, tree, "q.x", [[last, "q.>"]]);
    },
    wrong: /^not answered: no responders/,
    sound: /^answered by LAST$/,
  },
  {
    code: "IMPORT_OVERLAP",
    title: "parts of a stream",
    make: async (tree, isWrong) => {
      await exporting(tree, tree.shop, streams);
      await importing(tree, tree.app, [
        { subject: "s.*", type: "stream" },
        { subject: isWrong ? "s.x" : "s.x.y", type: "stream" },
      ]);
    },
    see: hearShop,
    wrong: /^hears s\.x, s\.x$/,
    sound: /^hears s\.x$/,
  },
  {
    code: "IMPORT_OVERLAP",
    title: "streams that come together",
    make: async (tree, isWrong) => {
      const other = await (await tree.nsc.operator("local")).addAccount("OTHER", { signingKey: true });
      for (const account of [other, tree.shop]) await exporting(tree, account, streams);
      const local = isWrong ? {} : { local_subject: "other.>" };
      await importing(tree, tree.app, [
        { subject: "s.>", type: "stream" },
        { subject: "s.>", type: "stream", account: other.publicKey, ...local },
      ]);
    },
    see: async (server, tree) => {
      const other = await (await tree.nsc.operator("local")).account("OTHER");
      return hear(server, tree, [
        [tree.shop, "s.x"],
        [other, "s.x"],
      ]);
    },
    wrong: /^hears s\.x, s\.x$/,
    sound: /^hears other\.x, s\.x$/,
  },
  {
    code: "IMPORT_OVERLAP",
    title: "services of two accounts",
    since: "2.14.0",
    make: async (tree, isWrong) => {
      const other = await (await tree.nsc.operator("local")).addAccount("OTHER", { signingKey: true });
      for (const account of [other, tree.shop]) await exporting(tree, account, services);
      await importing(tree, tree.app, [
        { subject: "q.>", type: "service" },
        { subject: "q.x", type: "service", account: other.publicKey, local_subject: isWrong ? "q.x" : "other" },
      ]);
    },
    see: async (server, tree) => {
      const other = await (await tree.nsc.operator("local")).account("OTHER");
      return ask(server, tree, "q.x", [
        [tree.shop, "q.>"],
        [other, "q.>"],
      ]);
    },
    wrong: /^answered by OTHER, SHOP$/,
    sound: /^answered by SHOP$/,
  },
  {
    code: "IMPORT_ACCOUNT_TOKEN",
    title: "a service that is for another account",
    make: async (tree, isWrong) => {
      await exporting(tree, tree.shop, [{ subject: "q.*", type: "service", account_token_position: 2 }]);
      const key = isWrong ? tree.shop.publicKey : tree.app.publicKey;
      await importing(tree, tree.app, [{ subject: `q.${key}`, type: "service", local_subject: "q.x" }]);
    },
    see: askShop,
    wrong: /^not answered: no responders/,
    sound: /^answered by SHOP$/,
  },
  activated("ACTIVATION_MISSING", "none", (tree, isWrong) => (isWrong ? "" : activation(tree, {}))),
  {
    code: "ACTIVATION_MISSING",
    title: "none, where the subject does not say who imports",
    make: async (tree, isWrong) => {
      const position = isWrong ? {} : { account_token_position: 2 };
      await exporting(tree, tree.shop, [{ subject: "q.*", type: "service", token_req: true, ...position }]);
      await importing(tree, tree.app, [{ subject: `q.${tree.app.publicKey}`, type: "service", local_subject: "q.x" }]);
    },
    see: askShop,
    wrong: /^not answered: no responders/,
    sound: /^answered by SHOP$/,
  },
  activated("ACTIVATION_INVALID", "signed by a key that is gone", (tree, isWrong) =>
    activation(tree, isWrong ? { signer: createKeyPair("account") } : {}),
  ),
  activated(
    "ACTIVATION_INVALID",
    "for another account, with which servers refuse all of the account",
    (tree, isWrong) => activation(tree, isWrong ? { to: tree.shop.publicKey } : {}),
    {
      see: async (server, tree) => hearShop(server, tree).catch((error: Error) => `refused: ${error.message}`),
      wrong: /^refused: Authorization Violation/,
      besides: ["CLAIMS"],
    },
  ),
  {
    ...activated(
      "ACTIVATION_INVALID",
      "of an identity that names its account where signing keys are demanded",
      () => "",
    ),
    make: async (tree, isWrong) => {
      await (await tree.nsc.operator("local")).requireSigningKeys({ addSigningKeys: true });
      const identity = await tree.pairOf(tree.shop.publicKey);
      const nats = { subject: "s.>", kind: "stream", ...(isWrong && { issuer_account: tree.shop.publicKey }) } as const;
      const token = await encode(createActivationClaims(tree.app.publicKey, { nats }), identity);
      await exporting(tree, tree.shop, [{ subject: "s.>", type: "stream", token_req: true }]);
      await importing(tree, tree.app, [{ subject: "s.>", type: "stream", token }]);
    },
  },
  activated("ACTIVATION_EXPIRED", "one that expired", (tree, isWrong) =>
    activation(tree, { exp: now + (isWrong ? -HOUR : 10_000 * HOUR) }),
  ),
  activated("NOT_YET_VALID", "an activation", (tree, isWrong) =>
    activation(tree, { nbf: now + (isWrong ? HOUR : -HOUR) }),
  ),
  activated("ACTIVATION_REVOKED", "one that was revoked", (tree) => activation(tree, { issuedAt: now - HOUR }), {
    exported: (tree, isWrong) => ({ revocations: { [tree.app.publicKey]: now - (isWrong ? HOUR : 2 * HOUR) } }),
  }),
];
