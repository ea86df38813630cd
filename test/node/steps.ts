import { formatCreds, type KeyPair, type StoreCommit, type StoredToken } from "../../src/index.ts";
import { pairOf, seedOf, tokenOf } from "./entities.ts";

/** How many users there are in each state; each step adds one and removes the oldest one. */
const USERS = 3;

function userPair(index: number): KeyPair {
  return pairOf("user", `user ${index}`);
}

async function userToken(index: number, state: number): Promise<StoredToken> {
  const path = ["O", "A", `u${index}`] as const;
  return { path, token: await tokenOf(path, userPair(index), pairOf("account", "A"), state) };
}

function usersOf(state: number): number[] {
  return Array.from({ length: USERS }, (_, index) => state - index).filter((index) => index > 0);
}

/**
 * The commit that leads from the state before to this one; the first makes everything. It writes all tokens again, so that
 * a mixture of two states does not stay hidden.
 */
export async function stepOf(state: number): Promise<StoreCommit> {
  const [operator, account] = [pairOf("operator", "O"), pairOf("account", "A")];
  const gone = state - USERS;
  return {
    tokens: [
      { path: ["O"], token: await tokenOf(["O"], operator, operator, state) },
      { path: ["O", "A"], token: await tokenOf(["O", "A"], account, operator, state) },
      ...(await Promise.all(usersOf(state).map((index) => userToken(index, state)))),
    ],
    keys: [userPair(state), ...(state === 1 ? [operator, account] : [])].map(seedOf),
    deletes: gone > 0 ? [{ path: ["O", "A", `u${gone}`] }] : [],
    deletedKeys: gone > 0 ? [userPair(gone).publicKey] : [],
    meta: [{ operator: "O", name: "state", value: String(state) }],
  };
}

/** All files of a state, with their content. */
export async function filesOf(state: number): Promise<Record<string, string>> {
  if (state === 0) return {};
  const { tokens = [] } = await stepOf(state);
  const users = usersOf(state);
  const pairs = [pairOf("operator", "O"), pairOf("account", "A"), ...users.map(userPair)];
  const [operator, account, ...others] = tokens.map(({ token }) => token);
  return {
    ".gitignore": "# ignore all nk files \n**/*.nk\n\n# ignore all creds files\n**/*.creds\n",
    "O/.nsc": '{"managed":false,"name":"O","kind":"operator","version":"1"}',
    "O/.nscjs.json": `{"state":"${state}"}\n`,
    "O/O.jwt": operator as string,
    "O/accounts/A/A.jwt": account as string,
    ...Object.fromEntries(users.map((user, index) => [`O/accounts/A/users/u${user}.jwt`, others[index] as string])),
    ...Object.fromEntries(
      users.map((user, index) => [
        `creds/O/A/u${user}.creds`,
        formatCreds(others[index] as string, seedOf(userPair(user))),
      ]),
    ),
    ...Object.fromEntries(
      pairs.map((pair) => {
        const { publicKey } = pair;
        return [`keys/${publicKey[0]}/${publicKey.slice(1, 3)}/${publicKey}.nk`, seedOf(pair)];
      }),
    ),
  };
}
