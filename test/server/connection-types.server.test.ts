import type { UserClaims } from "nsc.js";
import { expect, test } from "vitest";
import { answerOf, enter, expectRefused, RawClient } from "../nats/raw-client.ts";
import { WebSocketStream } from "./web-socket.ts";
import { describeWorlds, forge, issue, until, type World } from "./worlds.ts";

const config = 'websocket { listen: "127.0.0.1:-1", no_tls: true, jwt_cookie: "token" }';

const by = (...types: string[]) => ({
  claims: ({ nats }: UserClaims): void => {
    nats.allowed_connection_types = types;
  },
});

function webSocketPort({ server }: World): number {
  return Number(/Listening for websocket clients on ws:\/\/127\.0\.0\.1:(\d+)/.exec(server.log())?.[1]);
}

describeWorlds("a user", { config }, (world) => {
  const open = (headers = {}): Promise<WebSocketStream> => WebSocketStream.open(webSocketPort(world()), headers);
  const overWebSocket = async (creds: string): Promise<readonly string[]> =>
    (await RawClient.over(await open(), answerOf(creds))).errors;

  test("connects in the ways that it may (45)", async () => {
    const { account, key } = await world().account();
    const { server } = world();
    const all = await issue(account);
    await enter(server, all);
    expect(await overWebSocket(all)).toEqual([]);

    const web = await issue(account, by("WEBSOCKET"));
    await expectRefused(server, web);
    expect(await overWebSocket(web)).toEqual([]);
    const standard = await issue(account, by("STANDARD"));
    await enter(server, standard);
    expect(await overWebSocket(standard)).toEqual(["Authorization Violation"]);
    await expectRefused(server, await issue(account, by("LEAFNODE", "MQTT")));

    // Servers read them in any case, and skip what they don't know, unless there is nothing else.
    await enter(server, await forge(key, { nats: { allowed_connection_types: ["standard"] } }));
    await enter(server, await forge(key, { nats: { allowed_connection_types: ["PIGEON", "STANDARD"] } }));
    await expectRefused(server, await forge(key, { nats: { allowed_connection_types: ["PIGEON"] } }));
  });

  test("of a role connects in the ways of the role (45)", async () => {
    const { account } = await world().account();
    await account.addRole("web");
    await account.editRole("web", ({ template }) => {
      template.allowed_connection_types = ["WEBSOCKET"];
    });
    await world().push(account);
    const creds = await issue(account, { role: "web" });
    expect(await overWebSocket(creds)).toEqual([]);
    // Servers 2.9 don't look at those of roles.
    if (world().isSince("2.10.0")) await expectRefused(world().server, creds);
    else await enter(world().server, creds);
  });

  test("has its token in a cookie, if it is a bearer, or signs (46)", async () => {
    const { account } = await world().account();
    const bearer = await account.issueUser("browser", { expires: "1h", bearer: true });
    const withBearer = await RawClient.over(await open({ Cookie: `other=1; token=${bearer.token}` }), () => ({}));
    expect(withBearer.errors).toEqual([]);
    expect(await withBearer.isWell()).toBe(true);

    const signing = await account.issueUser("browser", { expires: "1h" });
    const stream = await open({ Cookie: `token=${signing.token}` });
    const refused = await RawClient.over(stream, () => ({}));
    expect(await refused.lastWords()).toEqual(["Authorization Violation"]);
    await until(() => expect(stream.closeCode).toBe(1008));

    const answer = answerOf(signing.creds());
    const signed = await RawClient.over(await open({ Cookie: `token=${signing.token}` }), (nonce) => {
      const { sig } = answer(nonce) as { sig: string };
      return { sig };
    });
    expect(signed.errors).toEqual([]);

    // What the client says itself comes before its cookie.
    const both = await RawClient.over(await open({ Cookie: "token=none" }), answer);
    expect(both.errors).toEqual([]);
    expect((await RawClient.over(await open(), () => ({}))).errors).toEqual(["Authorization Violation"]);
  });
});
