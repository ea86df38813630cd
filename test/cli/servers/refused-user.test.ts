import { Nsc } from "nsc.js";
import { expect, test } from "vitest";
import type { Io } from "../../../src/cli/io.ts";
import { adviceForUser } from "../../../src/cli/servers/refused-user.ts";

const NOW = new Date("2030-01-01T12:00:00Z");
const io = { clock: () => NOW } as Io;

async function world() {
  const nsc = new Nsc({ clock: () => NOW });
  const operator = await nsc.addOperator("local", { signingKey: true });
  const account = await operator.addAccount("APP", { signingKey: true });
  const user = await account.addUser("bob");
  const advice = () => adviceForUser(io, { operator, account, user: user.name, token: user.token });
  return { operator, account, user, advice };
}

test("creds of an identity are of no use where signing keys are demanded", async () => {
  const { operator, account } = await world();
  const alice = await account.addUser("alice", { signer: account.publicKey });
  const { token } = alice;
  const advice = () => adviceForUser(io, { operator, account, user: "alice", token });
  expect(advice()).toBe(
    'the servers may not have account "APP" as it is here, which \'nsc push -a APP\' mends, or trust another operator than "local"',
  );
  await operator.requireSigningKeys();
  expect(advice()).toBe(
    'the creds of user "alice" are signed by the identity of account "APP", where operator "local" demands signing keys',
  );
});

test("creds of a key that the account has no more, and of an account that has expired", async () => {
  const { operator, account, user, advice } = await world();
  await account.edit((claims) => {
    claims.exp = NOW.getTime() / 1000 + 60;
  });
  expect(advice()).toContain("which 'nsc push -a APP' mends");
  const late = { clock: () => new Date(NOW.getTime() + 60_000) } as Io;
  expect(adviceForUser(late, { operator, account, user: "bob", token: user.token })).toBe(
    'account "APP" has expired 2030-01-01 12:01:00 UTC',
  );
  const { iss } = user.claims;
  await account.removeSigningKey(iss as string, { force: true });
  expect(advice()).toBe(`the creds of user "bob" are signed by ${iss}, which is no key of account "APP"`);
});

test("creds that are valid later, and at some times alone", async () => {
  const { user, advice } = await world();
  await user.edit(({ nats }) => {
    nats.times = [{ start: "08:00:00", end: "09:00:00" }];
    nats.times_location = "Europe/Berlin";
  });
  expect(advice()).toMatch(
    /^the creds of user "bob" are for connections at 08:00:00-09:00:00 \(Europe\/Berlin\) alone; if this was one, the /,
  );
  await user.edit((claims) => {
    claims.nbf = NOW.getTime() / 1000 + 3600;
  });
  expect(advice()).toBe('the creds of user "bob" are valid from 2030-01-01 13:00:00 UTC on');
});
