import {
  type AccountClaims,
  type AuthorizationRequestClaims,
  createActivationClaims,
  createKeyPair,
  createOperatorClaims,
  createUserClaims,
  describe as describeClaims,
  encode,
  encodeGeneric,
  formatDescription,
  type Operator,
  type ReadonlyDeep,
} from "nsc.js";
import { describe, expect, test } from "vitest";
import { displayWidth } from "../../../src/authority/reports/text-table.ts";
import { readVectors } from "../../crypto/engines.ts";
import { WORKED_EXAMPLES } from "../../jwt/worked-examples.ts";
import { only, world } from "../tree-fixtures.ts";

interface NscOutput {
  readonly command: string;
  readonly stdout: string;
}

/** What nsc itself printed; see the file for where it comes from. */
const { cases } = readVectors<{ cases: readonly NscOutput[] }>("cli-describe.json");

/** A text in the form that the vectors have. */
function normalized(text: string, names: Readonly<Record<string, string>>): string {
  const named = Object.entries(names).reduce((out, [key, name]) => out.replaceAll(key, name), text);
  const times = named.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, "<now>");
  return times.replaceAll(/-+/g, "--").replaceAll(/ +/g, " ").trimEnd();
}

function example(name: string): ReadonlyDeep<AccountClaims> {
  const { payload } = WORKED_EXAMPLES.find((each) => each.name === name) ?? { payload: "{}" };
  return JSON.parse(payload) as AccountClaims;
}

/** Cells of each line of a text, without the space around them. */
function cellsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

/** The value of each label of a text, where it stands first. */
function rowsOf(text: string): Record<string, string | undefined> {
  return Object.fromEntries([...cellsOf(text)].reverse().map(([label = "", value]) => [label, value]));
}

async function sound() {
  const made = world();
  const operator = await made.nsc.addOperator("local");
  const account = await operator.addAccount("APP");
  const user = await account.addUser("bob");
  return { ...made, operator, account, user };
}

test("the text is nsc's", async () => {
  const { operator, account, user } = await sound();
  const key = await account.addSigningKey();
  await account.edit(({ nats }) => {
    nats.tags = ["x"];
    nats.description = "d";
  });
  const names = {
    [operator.publicKey]: "O(local)",
    [account.publicKey]: "A(APP)",
    [user.publicKey]: "U(APP/bob)",
    [key]: "A(APP).sk0",
  };
  const described = { "describe operator": operator, "describe account": account, "describe user": user };
  for (const [command, entity] of Object.entries(described)) {
    const expected = only(cases.filter((each) => each.command === command)).stdout.trimEnd();
    expect(normalized((await describeClaims(entity)).toString(), names)).toBe(expected);
  }
});

describe("accounts", () => {
  test("are shown with all that they have", async () => {
    const text = (await describeClaims(example("ac-full"))).toString();
    const rows = rowsOf(text);
    expect(rows).toMatchObject({
      Name: "A & <B>",
      Issued: "2023-11-14 22:13:20 UTC",
      Expires: "",
      Tags: "t",
      Description: "desc",
      "Info Url": "http://h/p",
      "Auth Callout Users": "UALUKU5UK3O57RUQR3FLDQIB7ZVLEHRLVIDBO6K3PVB2MNECTE75KRJ3",
      "Allowed Accounts": "*",
      "Encrypt For": "XDOCZSRR5DSDXPMR3736I5OMUM2H5NDYCB6VXV3FVOSK4SRQYNOUIAJX",
      "Disallow Bearer Token": "True",
      "Max Responses": "1",
      "Response Permission TTL": "5s",
      Revocations: "2",
      "Tracing Context": "Enabled",
      Sampling: "10%",
    });
    const cells = cellsOf(text);
    const tiers = cells.filter(([label]) => label === "Jetstream Tier" || label?.startsWith("Max Disk"));
    expect(tiers).toEqual([
      ["Jetstream Tier", "R1"],
      ["Max Disk Storage", "Disabled"],
      ["Max Disk Stream", "Unlimited"],
      ["Jetstream Tier", "R3"],
      ["Max Disk Storage", "9.0 PB"],
      ["Max Disk Stream", "5 B (5 bytes)"],
    ]);
    expect(cells).toContainEqual(["Max Bytes", "required (Stream setting)"]);
    expect(cells).toContainEqual(["svc", "Service [Stream]", "q.*.>", "2", "No", "0", "lat (header)", "Yes"]);
    expect(cells).toContainEqual(["", "Stream", "a", "-", "Yes", "2", "N/A", "N/A"]);
    const from = "AASUHOJP6EEVKEKHNLOIG2O3NXOJGNTFUEMXRXNBIBHOCBTMVFKZ2FFY";
    expect(cells).toContainEqual(["imp", "Stream", "s.>", "l.>", "", from, "Yes", "Yes"]);
    expect(cells).toContainEqual(["", "Service", "r.*", "r.$1", "", from, "Yes", "N/A"]);
    expect(cells).toContainEqual(["m.*", "n.$1 (cluster east)", "50"]);
    expect(cells).toContainEqual(["", "", "sum=150"]);
    expect(cells).toContainEqual(["Role", "r"]);
    expect(cells).toContainEqual(["Pub Allow", "{{name()}}.>"]);
    const titles = (await describeClaims(example("ac-full"))).sections.map(({ title }) => title);
    expect(titles).toEqual([
      "Account Details",
      "Exports",
      "Exports - Descriptions",
      "Imports",
      "Mappings",
      "Scoped Signing Key - Details",
    ]);
  });

  test.each([
    [0, "0 B (0 bytes)"],
    [9, "9 B (9 bytes)"],
    [999, "999 B (999 bytes)"],
    [4096, "4.1 kB (4096 bytes)"],
    [512_000_000, "512 MB (512000000 bytes)"],
    [1_000_000_000, "1.0 GB (1000000000 bytes)"],
    [-1, "Unlimited"],
  ])("have sizes with decimal units: %i", async (data, shown) => {
    const claims = structuredClone(example("ac-min")) as AccountClaims;
    claims.nats.limits.data = data;
    expect(rowsOf((await describeClaims(claims)).toString())["Max Data"]).toBe(shown);
  });

  test("tell limits of 0, and JetStream", async () => {
    const claims = structuredClone(example("ac-min")) as AccountClaims;
    claims.nats.limits = { conn: 0, leaf: 0, disk_storage: 1e9, mem_storage: 0 };
    expect(rowsOf((await describeClaims(claims)).toString())).toMatchObject({
      "Max Connections": "Not Allowed",
      "Max Leaf Node Connections": "Not Allowed",
      Jetstream: "Enabled",
      "Max Disk Storage": "1.0 GB",
      "Max Mem Storage": "Disabled",
      "Max Streams": "Unlimited",
      "Max Ack Pending": "Consumer Setting",
    });
  });

  test("come with the names of those that they import from, and without activations", async () => {
    const { operator, account } = await sound();
    const shop = await operator.addAccount("SHOP");
    await shop.addExport({ subject: "quote", type: "service", private: true });
    await account.addImport({ from: shop, subject: "quote" });
    const description = await describeClaims(account);
    const token = account.claims.nats.imports?.find(({ subject }) => subject === "quote")?.token ?? "";
    expect(token).not.toBe("");
    expect(JSON.stringify(description)).not.toContain(token.slice(0, 40));
    const text = description.toString();
    expect(cellsOf(text).some((cells) => cells.includes("SHOP") && cells.includes("No"))).toBe(true);
    expect(formatDescription(description, { longIds: true })).toContain(shop.publicKey);
    expect(text).not.toContain(shop.publicKey);
    const bare = await describeClaims(account.claims);
    expect(bare.toString()).toContain(shop.publicKey);
    expect((await describeClaims(account.token, { operator })).toString()).toBe(text);
  });
});

test("activations that can't be read are told of, and those elsewhere, and accounts of other operators", async () => {
  const { nsc, operator } = await sound();
  const far = await (await nsc.addOperator("other")).addAccount("FAR");
  const claims = structuredClone(example("ac-min")) as AccountClaims;
  const entry = { account: far.publicKey, type: "stream" } as const;
  claims.nats.imports = [
    { ...entry, subject: "a", token: "https://host/a.jwt" },
    { ...entry, subject: "b", token: "eyJhbGciOiJub25lIn0.a.b" },
  ];
  const cells = cellsOf((await describeClaims(claims, { operator })).toString());
  expect(cells).toContainEqual(["", "Stream", "a", "a", "by URL", "other/FAR", "No", "No"]);
  expect(cells.find(([, , subject]) => subject === "b")?.[4]).toMatch(/^error decoding: /);
});

describe("users", () => {
  test("have their limits shown as servers read them", async () => {
    const { publicKey } = createKeyPair("user");
    const claims = createUserClaims(publicKey, {
      name: "u",
      nats: { payload: 2048, subs: 0, src: ["10.0.0.0/8", "::1/128"], times: [{ start: "01:00:00", end: "02:00:00" }] },
    });
    expect(rowsOf((await describeClaims(claims)).toString())).toMatchObject({
      "Max Msg Payload": "2048 bytes (≈2.0 kB)",
      "Max Data": "Unlimited",
      "Max Subs": "0",
      "Network Src": "[10.0.0.0/8 ::1/128]",
      Time: "01:00:00-02:00:00",
    });
  });

  test("of a role are shown with it", async () => {
    const { operator, account } = await sound();
    await account.addRole("web", { pub: ["in.{{name()}}"], sub: { deny: ["secret"] } });
    const user = await account.addUser("alice", { role: "web" });
    const description = await describeClaims(user);
    expect(description.sections.map(({ title }) => title)).toEqual(["User", "Scoped Signing Key - Details"]);
    expect(rowsOf(description.toString())).toMatchObject({
      "Issuer Scoped": "Yes",
      Role: "web",
      "Pub Allow": "in.{{name()}}",
      "Sub Deny": "secret",
    });
    expect((await describeClaims(user.token, { operator })).toString()).toBe(description.toString());
    expect((await describeClaims(user.claims)).sections).toHaveLength(1);
  });
});

describe("other kinds", () => {
  test("activations", async () => {
    const account = createKeyPair("account");
    const claims = createActivationClaims(account.publicKey, { nats: { subject: "orders.*", kind: "stream" } });
    const description = await describeClaims(await encode(claims, account));
    expect(description.kind).toBe("activation");
    expect(rowsOf(description.toString())).toMatchObject({ "Import Type": "Stream", "Import Subject": "orders.*" });
  });

  test("authorization requests, without the secrets in them", async () => {
    const { payload } = only(WORKED_EXAMPLES.filter(({ name }) => name === "authreq-min"));
    const claims = JSON.parse(payload) as AuthorizationRequestClaims;
    claims.nats.connect_opts.pass = "hunter2";
    claims.nats.connect_opts.user = "bob";
    const text = (await describeClaims(claims)).toString();
    expect(text).not.toContain("hunter2");
    expect(rowsOf(text)).toMatchObject({ "Connect pass": "(given)", "Connect user": "bob" });
  });

  test("authorization responses", async () => {
    const { payload } = only(WORKED_EXAMPLES.filter(({ name }) => name === "user-min"));
    const claims = { ...JSON.parse(payload), nats: { type: "authorization_response", error: "no" } };
    expect(rowsOf((await describeClaims(claims)).toString())).toMatchObject({ Access: "Refused", Error: "no" });
  });

  test("generic claims, of which the data is only named", async () => {
    const key = createKeyPair("user");
    const token = await encodeGeneric({ sub: "x", nats: { type: "mine", secret: "hunter2" } }, key);
    const description = await describeClaims(token);
    expect(description.kind).toBe("generic");
    expect(rowsOf(description.toString())).toMatchObject({ Type: "mine", Data: "secret" });
    expect(JSON.stringify(description)).not.toContain("hunter2");
  });
});

describe("texts", () => {
  test.each([
    ["", 0],
    ["abc", 3],
    ["日本語", 6],
    ["e\u0301", 1],
    ["한국", 4],
    ["👩‍👩‍👧", 2],
    ["ｆｕｌｌ", 8],
    ["\u200b", 0],
  ])("%j is %i columns wide", (text, width) => expect(displayWidth(text)).toBe(width));

  test("have lines of one width, and nothing that terminals obey", async () => {
    const name = "日本\u001b[31m\u202etxt\ne\u0301";
    const claims = createOperatorClaims(createKeyPair("operator").publicKey, { name, nats: { tags: ["a", "한"] } });
    const lines = (await describeClaims(claims)).toString().trimEnd().split("\n");
    expect(new Set(lines.map(displayWidth)).size).toBe(1);
    expect(lines.join("\n")).not.toMatch(/[\u001b\u202e]/);
    expect(lines.join("\n")).toContain(String.raw`\x1b[31m\u202etxt`);
  });

  test("fit a width", async () => {
    const description = await describeClaims(example("ac-full"));
    for (const width of [90, 130]) {
      const lines = formatDescription(description, { width }).trimEnd().split("\n");
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
    }
    expect(formatDescription(JSON.parse(JSON.stringify(description)))).toBe(description.toString());
  });
});

test("what is none is refused", async () => {
  const code = "ERR_ARGUMENT_INVALID";
  const bad = [undefined, null, 1, {}, { sub: 1 }] as never[];
  for (const what of bad) await expect(describeClaims(what)).rejects.toMatchObject({ code });
  await expect(describeClaims("a.b.c")).rejects.toMatchObject({ name: "NscError" });
  const claims = example("ac-min");
  await expect(describeClaims(claims, { operator: {} as Operator })).rejects.toMatchObject({ code });
  await expect(describeClaims(claims, { names: 1 } as never)).rejects.toMatchObject({ code });
  const description = await describeClaims(claims);
  for (const options of [{ width: 3 }, { width: 20.5 }, { ansi: true }] as never[]) {
    expect(() => formatDescription(description, options)).toThrow(expect.objectContaining({ code }));
  }
  expect(() => formatDescription({} as never)).toThrow(expect.objectContaining({ code }));
});
