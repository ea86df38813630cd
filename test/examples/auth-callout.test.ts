import { expect, test } from "vitest";
import { apiKeyLogins } from "../../examples/auth-callout-api-keys.ts";
import { oidcLogins } from "../../examples/auth-callout-oidc.ts";
import { describeWithServer } from "../support/nats-server.ts";

async function toldBy(story: (tell: (line: string) => void) => Promise<void>): Promise<readonly string[]> {
  const lines: string[] = [];
  await story((line) => lines.push(line));
  return lines;
}

describeWithServer("the examples of auth callouts", () => {
  test("let in by API keys", async () => {
    expect(await toldBy(apiKeyLogins)).toEqual([
      "allowed a login from 127.0.0.1",
      "the key of worker-7 is worker-7 of acme",
      "denied a login from 127.0.0.1",
      '"key_guessed" gives AuthorizationError',
      "denied a login from 127.0.0.1",
      '"" gives AuthorizationError',
      "denied a login from 127.0.0.1",
      "a revoked key gives AuthorizationError",
    ]);
  });

  test("let in by tokens of an identity provider", async () => {
    expect(await toldBy(oidcLogins)).toEqual([
      "in as alice@example.com of DESK",
      "somebody in no group: AuthorizationError",
      "a token for another service: AuthorizationError",
      "a token that expired: AuthorizationError",
      "no token at all: AuthorizationError",
    ]);
  });
});
