/** What is wrong with accounts whose users a service authorizes. */

import { type AccountClaims, type AuthorizationRequestClaims, createKeyPair, createUserClaims, encode } from "nsc.js";
import type { RunningNatsServer } from "nsc.js/testing";
import { payloadOf } from "../../jwt/tokens.ts";
import { enter, login, loginOf, type Tree, type Twins } from "./lint-twins.ts";

const APP = ["local", "APP"] as const;

/** The answer to an authorization request of APP: the user is one of SHOP. */
async function permit(tree: Tree, request: string): Promise<string> {
  const { user_nkey: subject, server_id: asking } = (JSON.parse(payloadOf(request)) as AuthorizationRequestClaims).nats;
  const user = createUserClaims(subject, { nats: { issuer_account: tree.shop.publicKey } });
  const jwt = await encode(user, await tree.signingKey(tree.shop));
  const nats = { type: "authorization_response", jwt, issuer_account: tree.app.publicKey } as const;
  return encode({ sub: subject, aud: asking.id, nats }, await tree.signingKey(tree.app));
}

/** What becomes of a user of APP, for which a service answers as well as it can. */
async function authorize(server: RunningNatsServer, tree: Tree): Promise<string> {
  const service = await enter(server, await tree.creds("APP", "service")).catch(() => undefined);
  service?.subscribe("$SYS.REQ.USER.AUTH", {
    callback: (_, message) => void permit(tree, message.string()).then((answer) => message.respond(answer)),
  });
  await service?.flush();
  try {
    return await login(server, await tree.anybody(tree.app));
  } finally {
    await service?.close();
  }
}

export const calloutTwins: readonly Twins[] = [
  ...(["nowhere", "in another account"] as const).map(
    (where): Twins => ({
      code: "CALLOUT_USER",
      title: `who is to authorize is ${where}`,
      since: "2.14.0",
      make: async (tree, isWrong) => {
        const { publicKey } = await tree.app.addUser("service");
        const other = where === "nowhere" ? createKeyPair("user") : await tree.shop.addUser("service");
        await tree.plant<AccountClaims>(APP, ({ nats }) => {
          nats.authorization = {
            auth_users: [isWrong ? other.publicKey : publicKey],
            allowed_accounts: [tree.shop.publicKey],
          };
        });
      },
      config: () => ({ authorization: { timeout: 1 } }),
      see: authorize,
      wrong: /^refused: Authorization Violation/,
      sound: /^works$/,
    }),
  ),
  {
    code: "CALLOUT_ACCOUNT",
    title: "an account to place users in that is not there",
    since: "2.14.0",
    make: async (tree, isWrong) => {
      const { publicKey } = await tree.app.addUser("service");
      const gone = createKeyPair("account").publicKey;
      await tree.plant<AccountClaims>(APP, ({ nats }) => {
        nats.authorization = { auth_users: [publicKey], allowed_accounts: [isWrong ? gone : tree.shop.publicKey] };
      });
    },
    config: () => ({ authorization: { timeout: 1 } }),
    see: authorize,
    wrong: /^refused: Authorization Violation/,
    sound: /^works$/,
  },
  {
    code: "CALLOUT_SYSTEM",
    title: "a callout on the system account",
    since: "2.14.0",
    make: async (tree, isWrong) => {
      const operator = await tree.nsc.operator("local");
      const account = isWrong ? await operator.account("SYS") : tree.app;
      const { publicKey } = await account.addUser("service");
      await account.edit(({ nats }) => {
        nats.authorization = { auth_users: [publicKey] };
      });
    },
    config: () => ({ authorization: { timeout: 1 } }),
    see: loginOf("SYS", "sys"),
    wrong: /^refused: Authorization Violation/,
    sound: /^works$/,
  },
];
