import { once } from "node:events";
import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import type { UserClaims } from "nsc.js";
import { expect, test } from "vitest";
import { WebSocketStream } from "./web-socket.ts";
import { describeWorlds, type World } from "./worlds.ts";

const config = `
  server_name: mqtt
  mqtt { listen: "127.0.0.1:-1" }
  websocket { listen: "127.0.0.1:-1", no_tls: true, jwt_cookie: "token" }`;

function portOf({ server }: World, kind: "MQTT" | "websocket"): number {
  return Number(new RegExp(`Listening for ${kind} clients on \\w+://127\\.0\\.0\\.1:(\\d+)`).exec(server.log())?.[1]);
}

/** A string as MQTT 3.1.1 has it (1.5.3): its length in two bytes before it. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** A CONNECT packet (3.1) with a clean session, and the token as the password if there is one. */
function connectPacket(id: string, password?: string): Buffer {
  const flags = password === undefined ? 0x02 : 0xc2;
  const body = Buffer.concat([
    text("MQTT"),
    Buffer.from([4, flags, 0, 60]),
    text(id),
    ...(password === undefined ? [] : [text("anybody"), text(password)]),
  ]);
  const length: number[] = [];
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>= 7) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.from([0x10, ...length]), body]);
}

/** The return code of the CONNACK packet (3.2.2.3): 0 is accepted, 5 is not authorized; nothing if there is none. */
async function answerTo(stream: Duplex, packet: Buffer): Promise<number | undefined> {
  const closed = once(stream, "close").then(() => undefined);
  const answered = once(stream, "data").then(([data]) => data as Buffer);
  stream.write(packet);
  const answer = await Promise.race([answered, closed]);
  stream.destroy();
  return answer?.[0] === 0x20 ? answer[3] : undefined;
}

describeWorlds("a client of MQTT", { config, jetstream: true }, (world) => {
  const overTcp = (packet: Buffer) =>
    answerTo(createConnection({ host: "127.0.0.1", port: portOf(world(), "MQTT") }), packet);
  const overWebSocket = async (packet: Buffer, headers = {}) =>
    answerTo(await WebSocketStream.open(portOf(world(), "websocket"), headers, "/mqtt"), packet);
  const bearer = (...types: string[]) => ({
    expires: "1h",
    bearer: true,
    claims: ({ nats }: UserClaims): void => {
      if (types.length > 0) nats.allowed_connection_types = types;
    },
  });

  test("has its token as the password, not in a cookie, if it is a bearer of the right type (45, 46)", async () => {
    const { account } = await world().account({ jetstream: "unlimited" });
    const any = (await account.issueUser("sensor", bearer())).token;
    expect(await overTcp(connectPacket("c1", any))).toBe(0);
    expect(await overWebSocket(connectPacket("c2", any))).toBe(0);
    // The cookie of a WebSocket is for NATS' own protocol.
    expect(await overWebSocket(connectPacket("c3"), { Cookie: `token=${any}` })).toBe(5);

    const mqtt = (await account.issueUser("sensor", bearer("MQTT"))).token;
    expect(await overTcp(connectPacket("c4", mqtt))).toBe(0);
    expect(await overWebSocket(connectPacket("c5", mqtt))).toBe(5);
    const web = (await account.issueUser("sensor", bearer("MQTT_WS"))).token;
    expect(await overTcp(connectPacket("c6", web))).toBe(5);
    expect(await overWebSocket(connectPacket("c7", web))).toBe(0);

    // Nobody can sign a nonce in this protocol.
    const signing = (await account.issueUser("sensor", { expires: "1h" })).token;
    expect(await overTcp(connectPacket("c8", signing))).toBe(5);
    expect(await overTcp(connectPacket("c9"))).toBe(5);
  });
});
