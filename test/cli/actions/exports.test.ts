import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandHome } from "../support/run-command.ts";
import { plantTree, storedTree } from "../support/stored-tree.ts";

let home: CommandHome;

beforeEach(async () => {
  home = await CommandHome.make();
  await plantTree(home, ["APP", "OTHER"]);
});
afterEach(() => home[Symbol.asyncDispose]());

async function exportsOf(account = "APP"): Promise<readonly unknown[]> {
  const operator = await storedTree(home).operator("local");
  return (await operator.account(account)).claims.nats.exports ?? [];
}

async function failure(...argv: string[]): Promise<string> {
  const before = await exportsOf();
  const { code, stderr } = await home.run(argv);
  expect(code, argv.join(" ")).toBe(1);
  expect(await exportsOf()).toEqual(before);
  return /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr;
}

test("add export stores what is beyond the limits of the account, and says so", async () => {
  await home.nsc("edit", "account", "--exports", "1", "--wildcard-exports=false");
  const add = async (subject: string) => (await home.nsc("add", "export", "-s", subject)).stdout;
  expect(await add("a.*")).toContain("[WARN] the account contains wildcard exports that are not allowed");
  expect(await add("b")).toContain("[WARN] the account contains more exports than allowed");
  expect(await exportsOf()).toMatchObject([{ subject: "a.*" }, { subject: "b" }]);
});

test("add export writes what nsc writes", async () => {
  expect((await home.nsc("add", "export", "--subject", "a.>")).stdout).toBe(
    '[ OK ] added public stream export "a.>"\n',
  );
  expect(await exportsOf()).toEqual([{ name: "a.>", subject: "a.>", type: "stream" }]);
  await home.nsc(
    "add",
    "export",
    "-rp",
    "-n",
    "help",
    "-s",
    "q",
    "--response-type",
    "Chunked",
    "--response-threshold",
    "2s",
  );
  await home.nsc(
    "add",
    "export",
    "-r",
    "-s",
    "r.*",
    "--account-token-position",
    "2",
    "--latency",
    "lat.r",
    "--sampling",
    "30",
  );
  await home.nsc("add", "export", "-s", "adv", "--advertise");
  await home.nsc("create", "export", "-r", "-s", "tr", "--allow-trace", "--latency", "l", "--sampling", "HEADER");
  expect((await exportsOf()).slice(1)).toEqual([
    { name: "adv", subject: "adv", type: "stream", advertise: true },
    {
      name: "help",
      subject: "q",
      type: "service",
      token_req: true,
      response_type: "Chunked",
      response_threshold: 2_000_000_000,
    },
    {
      name: "r.*",
      subject: "r.*",
      type: "service",
      response_type: "Singleton",
      account_token_position: 2,
      service_latency: { sampling: 30, results: "lat.r" },
    },
    {
      name: "tr",
      subject: "tr",
      type: "service",
      response_type: "Singleton",
      allow_trace: true,
      service_latency: { sampling: "headers", results: "l" },
    },
  ]);
});

test("add export refuses what nsc refuses, and takes no typing mistake for a sampling by header", async () => {
  expect(await failure("add", "export")).toBe("a subject is required");
  expect(await failure("add", "export", "-s", "a b")).toBe('subject "a b" cannot have spaces');
  await home.nsc("add", "export", "-s", "a");
  expect(await failure("add", "export", "-s", "a")).toBe('stream export subject "a" already exports "a"');
  expect(await failure("add", "export", "-s", "b", "--response-type", "Stream")).toBe(
    "response type can only be specified in conjunction with service",
  );
  expect(await failure("add", "export", "-r", "-s", "c", "--response-type", "")).toBe('unknown response type ""');
  expect(await failure("add", "export", "-r", "-s", "c", "--response-threshold=-1s")).toBe(
    "negative response threshold is invalid",
  );
  expect(await failure("add", "export", "-r", "-s", "c", "--response-type", "stream")).toBe(
    'invalid response type for service: "stream"',
  );
  expect(await failure("add", "export", "-p", "-s", "d.*", "--account-token-position", "2")).toBe(
    "account token position is only valid for public exports",
  );
  expect(await failure("add", "export", "-r", "-s", "e", "--latency", "l.*", "--sampling", "10")).toBe(
    "results subject can not contain wildcards",
  );
  expect(await failure("add", "export", "-r", "-s", "e", "--latency", "l", "--sampling", "3o")).toBe(
    'sampling must be between 1 and 100 inclusive, or "header": not "3o"',
  );
  expect(await failure("add", "export", "-s", "e", "--allow-trace")).toBe("AllowTrace only valid for service export");
  expect(await failure("add", "export", "-a", "NOPE", "-s", "e")).toContain(
    '"NOPE" not in accounts for operator "local"',
  );
});

test("add export says which flags mean nothing", async () => {
  const { stdout } = await home.nsc("add", "export", "-s", "a", "--response-threshold", "2s", "--sampling", "10");
  expect(stdout).toContain("[WARN] ignored --response-threshold: it is for services\n");
  expect(stdout).toContain("[WARN] ignored --sampling: it goes with --latency\n");
  expect(await exportsOf()).toEqual([{ name: "a", subject: "a", type: "stream" }]);
});

test("edit export changes what was given and leaves all else, revocations too", async () => {
  const operator = await storedTree(home).operator("local");
  const app = await operator.account("APP");
  await app.addExport({ subject: "q.*", type: "service", private: true, responseType: "Stream", allowTrace: true });
  await app.revokeActivation("q.*", "*", { at: new Date(1_600_000_000_000) });
  await app.editExport("q.*", (entry) => {
    entry.advertise = true;
  });
  const before = (await exportsOf())[0] as object;
  const { stdout } = await home.nsc(
    "edit",
    "export",
    "--description",
    "what it costs",
    "--info-url",
    "https://example.com",
  );
  expect(stdout).toBe(
    '[ OK ] changed description to "what it costs"\n[ OK ] changed info url to "https://example.com"\n[ OK ] edited service export "q.*"\n',
  );
  const described = { ...before, description: "what it costs", info_url: "https://example.com" };
  expect(await exportsOf()).toEqual([described]);
  await home.nsc("edit", "export", "--latency", "lat", "--sampling", "5", "--response-threshold", "1500ms");
  expect(await exportsOf()).toEqual([
    { ...described, service_latency: { results: "lat", sampling: 5 }, response_threshold: 1_500_000_000 },
  ]);
  await home.nsc(
    "edit",
    "export",
    "--sampling",
    "0",
    "--response-threshold",
    "0",
    "--description",
    "",
    "--info-url",
    "",
  );
  expect(await exportsOf()).toEqual([before]);
});

test("edit export says what importers have to know, and not that a public export is private", async () => {
  await home.nsc("add", "export", "-r", "-s", "q", "--response-type", "Stream", "--latency", "one", "--sampling", "10");
  const lines = async (...argv: string[]) => (await home.nsc("edit", "export", ...argv)).stdout.trim().split("\n");
  expect(await lines("--private")).toContain("[WARN] changed export to be private - this will break importers");
  expect(await lines("--private=false")).toContain("[WARN] changed export to be public - every account can import it");
  expect(await lines("--latency", "two")).toEqual([
    "[ OK ] changed service latency subject to two",
    "[WARN] changed latency subject will break consumers of the report",
    '[ OK ] edited service export "q"',
  ]);
  expect(await lines("--rm-latency-sampling")).toContain("[ OK ] removed latency tracking");
  expect(await lines("--rm-latency-sampling")).toContain("[ OK ] no need to remove latency tracking as it was not set");
  expect(await lines("--service=false")).toEqual([
    '[WARN] changed export type to "stream" - this will break importers',
    "[WARN] removed response type - streams have none",
    '[ OK ] edited stream export "q"',
  ]);
  expect(await exportsOf()).toEqual([{ name: "q", subject: "q", type: "stream" }]);
});

test("edit export refuses what does not fit", async () => {
  expect(await failure("edit", "export")).toBe("please specify some options");
  expect(await failure("edit", "export", "-n", "x")).toBe('account "APP" doesn\'t have exports');
  await home.nsc("add", "export", "-s", "a");
  expect(await failure("edit", "export", "-s", "zzz", "-n", "x")).toBe('no export with subject "zzz" found');
  expect(await failure("edit", "export", "--response-threshold", "2s")).toBe(
    "response threshold is only applicable to services",
  );
  expect(await failure("edit", "export", "--allow-trace")).toBe("allow trace is only applicable to services");
  await home.nsc("add", "export", "-r", "-s", "b");
  expect(await failure("edit", "export", "-n", "x")).toBe("a subject is required");
  expect(await failure("edit", "export", "-s", "b", "--response-type", "stream")).toBe(
    'unknown response type "stream"',
  );
  expect(await failure("edit", "export", "-s", "b", "--latency", "l", "--sampling", "101")).toBe(
    "sampling percentage needs to be between 1-100",
  );
});

test("of a stream and a service with one subject the first is meant, unless it is said which", async () => {
  await home.nsc("add", "export", "-s", "a");
  await home.nsc("add", "export", "-r", "-s", "a");
  expect((await home.nsc("edit", "export", "-s", "a", "--private", "--dry-run")).stdout).toContain(
    '[WARN] there is also a service export "a": --type says which is meant\n[WARN] changed export to be private',
  );
  await home.nsc("edit", "export", "-s", "a", "--type", "service", "-n", "svc");
  await home.nsc("delete", "export", "-s", "a", "--type", "stream");
  expect(await exportsOf()).toEqual([{ name: "svc", subject: "a", type: "service", response_type: "Singleton" }]);
});

test("delete export takes the only one, or the one that is named", async () => {
  await home.nsc("add", "export", "-s", "a");
  await home.nsc("add", "export", "-s", "b");
  expect(await failure("delete", "export")).toBe("subject is required");
  expect(await failure("delete", "export", "-s", "zzz")).toBe('no export matching "zzz" found');
  expect((await home.nsc("delete", "export", "-s", "a")).stdout).toBe('[ OK ] deleted stream export "a"\n');
  const preview = await home.run(["delete", "export", "--dry-run", "--json"]);
  expect(preview.json).toMatchObject({ dry_run: true, changes: [{ action: "changed", path: ["local", "APP"] }] });
  expect(await exportsOf()).toHaveLength(1);
  await home.nsc("delete", "export");
  expect(await exportsOf()).toEqual([]);
  expect(await failure("delete", "export")).toBe('account "APP" doesn\'t have exports');
});

test("an account's role does not sign the account, nor does what is no key", async () => {
  const operator = await storedTree(home).operator("local");
  await (await operator.account("APP")).addRole("web");
  expect(await failure("add", "export", "-s", "a", "-K", "web")).toContain("unable to resolve the signing key");
  expect(await failure("add", "export", "-s", "a", "-K", "nowhere.nk")).toContain("unable to resolve the signing key");
});
