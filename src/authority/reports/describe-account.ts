/** The description of an account, with the rows of nsc's. */

import type { CryptoEngine } from "../../crypto/engine.ts";
import { formatByteSize } from "../../encoding/byte-size.ts";
import type { Int64 } from "../../encoding/json-types.ts";
import { isNscError } from "../../errors.ts";
import type { AccountClaims, AccountNats } from "../../jwt/account.ts";
import { decode } from "../../jwt/decode.ts";
import type { Export } from "../../jwt/exports.ts";
import { importSubjects } from "../../jwt/imports.ts";
import { hasJetStream, type JetStreamLimits, type OperatorLimits } from "../../jwt/limits.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { scopesOf } from "../../jwt/scopes.ts";
import { signingKeyOf, type UserScope } from "../../jwt/signing-keys.ts";
import { weightOf } from "../../subjects/mapping.ts";
import {
  countText,
  dateText,
  keyValue,
  limitRows,
  listRow,
  type NamesByKey,
  namedValue,
  oneLine,
  permissionRows,
  plain,
  row,
  textRow,
  withPermissions,
  yesNo,
} from "./describe-rows.ts";
import type { DescribedRow, DescribedSection, DescribedValue } from "./description.ts";

/** All sections of an account; the head is that of all kinds. */
export function describeAccount(
  { nats }: ReadonlyDeep<AccountClaims>,
  head: readonly DescribedRow[],
  names: NamesByKey,
  engine: CryptoEngine | undefined,
): readonly DescribedSection[] {
  const groups = [
    head,
    [...textRow("Description", nats.description), ...textRow("Info Url", nats.info_url)],
    listRow(
      "Signing Keys",
      (nats.signing_keys ?? []).map((key) => signingKeyOf(key)),
    ),
    calloutRows(nats, names),
    ...withPermissions(accountLimitRows(nats.limits), nats.default_permissions),
    ...jetStreamGroups(nats.limits),
    [...noneRow("Imports", nats.imports), ...noneRow("Exports", nats.exports)],
    listRow("Revocations", revocationCount(nats.revocations) === "0" ? [] : [revocationCount(nats.revocations)]),
    traceRows(nats),
  ];
  return [
    { title: "Account Details", groups: groups.filter(({ length }) => length > 0) },
    ...exportSections(nats),
    ...importSections(nats, names, engine),
    ...mappingSections(nats),
    ...scopesOf(nats).map((scope) => describeScope(scope)),
  ];
}

/** The section of a role. */
export function describeScope({ key, role, description, template }: ReadonlyDeep<UserScope>): DescribedSection {
  const first = [row("Key", key), row("Role", role), row("Description", oneLine(description ?? ""))];
  const { isSeparate, rows } = permissionRows(template);
  const rest = [...rows, ...limitRows(template), row("Bearer Token", yesNo(template.bearer_token))];
  const groups = isSeparate ? [first, rest] : [[...first, ...rest]];
  const types = listRow("Allowed Connection Types", template.allowed_connection_types);
  return { title: "Scoped Signing Key - Details", groups: types.length > 0 ? [...groups, types] : groups };
}

function noneRow(label: string, list: readonly unknown[] | undefined): DescribedRow[] {
  return (list ?? []).length === 0 ? [row(label, "None")] : [];
}

function revocationCount(revocations: ReadonlyDeep<Record<string, number>> | undefined): string {
  return String(Object.keys(revocations ?? {}).length);
}

function calloutRows({ authorization }: ReadonlyDeep<AccountNats>, names: NamesByKey): DescribedRow[] {
  const { auth_users: users = [], allowed_accounts: accounts = [], xkey } = authorization ?? {};
  if ((users ?? []).length === 0) return [];
  return [
    row("Auth Callout Users", ...users.map((key) => keyValue(key, names))),
    ...listRow(
      "Allowed Accounts",
      accounts.map((key) => keyValue(key, names)),
    ),
    ...textRow("Encrypt For", xkey),
  ];
}

function accountLimitRows(limits: ReadonlyDeep<OperatorLimits>): readonly DescribedRow[] {
  const { conn = 0, leaf = 0, data = 0, payload = 0, exports = 0, imports = 0, subs = 0 } = limits;
  const allowed = (count: Int64) => (Number(count) === 0 ? "Not Allowed" : countText(count));
  const trueFalse = (value: boolean | undefined) => (value === true ? "True" : "False");
  return [
    row("Max Connections", allowed(conn)),
    row("Max Leaf Node Connections", allowed(leaf)),
    row("Max Data", sizeOf(data)),
    row("Max Exports", countText(exports)),
    row("Max Imports", countText(imports)),
    row("Max Msg Payload", sizeOf(payload)),
    row("Max Subscriptions", countText(subs)),
    row("Exports Allows Wildcards", trueFalse(limits.wildcards)),
    row("Disallow Bearer Token", trueFalse(limits.disallow_bearer)),
  ];
}

function sizeOf(bytes: Int64): string {
  return bytes < 0 ? "Unlimited" : `${formatByteSize(bytes)} (${bytes} bytes)`;
}

function jetStreamGroups(limits: ReadonlyDeep<OperatorLimits>): readonly (readonly DescribedRow[])[] {
  const tiers = Object.entries(limits.tiered_limits ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (tiers.length > 0) {
    return tiers.map(([name, tier]) => [row("Jetstream Tier", name), ...jetStreamRows(tier)]);
  }
  if (!hasJetStream(limits)) return [[row("Jetstream", "Disabled")]];
  return [[row("Jetstream", "Enabled"), ...jetStreamRows(limits)]];
}

function jetStreamRows(limits: ReadonlyDeep<JetStreamLimits>): readonly DescribedRow[] {
  const { mem_storage: memory = 0, disk_storage: disk = 0, streams = 0, consumer = 0 } = limits;
  const { max_ack_pending: pending = 0, mem_max_stream_bytes: memoryStream = 0 } = limits;
  const { disk_max_stream_bytes: diskStream = 0 } = limits;
  const storage = (bytes: Int64) => {
    if (Number(bytes) === 0) return "Disabled";
    return bytes < 0 ? "Unlimited" : formatByteSize(bytes);
  };
  const positive = (value: Int64, otherwise = "Unlimited", text = String(value)) => (value > 0 ? text : otherwise);
  return [
    row("Max Disk Storage", storage(disk)),
    row("Max Mem Storage", storage(memory)),
    row("Max Streams", positive(streams)),
    row("Max Consumers", positive(consumer)),
    row("Max Ack Pending", positive(pending, "Consumer Setting")),
    row("Max Bytes", `${limits.max_bytes_required === true ? "required" : "optional"} (Stream setting)`),
    row("Max Memory Stream", positive(memoryStream, "Unlimited", sizeOf(memoryStream))),
    row("Max Disk Stream", positive(diskStream, "Unlimited", sizeOf(diskStream))),
  ];
}

function traceRows({ trace }: ReadonlyDeep<AccountNats>): DescribedRow[] {
  if ((trace ?? undefined) === undefined) return [row("Tracing Context", "Disabled")];
  const { dest = "", sampling = 0 } = trace ?? {};
  const share = Number(sampling) === 0 ? 100 : sampling;
  return [row("Tracing Context", "Enabled"), row("Subject", dest), row("Sampling", `${share}%`)];
}

function typeText(type: Export["type"]): string {
  return type === undefined ? "" : type === "stream" ? "Stream" : "Service";
}

function exportSections({ exports }: ReadonlyDeep<AccountNats>): readonly DescribedSection[] {
  const given = (exports ?? []).filter((entry) => (entry ?? undefined) !== undefined);
  if (given.length === 0) return [];
  const columns = [
    ["Name", "Type", "Subject", "Account Token Position", "Public", "Revocations", "Tracking", "Allow Trace"],
    ["Name", "Description", "Info Url"],
  ] as const;
  const described = given.filter((entry) => (entry.description ?? "") !== "" || (entry.info_url ?? "") !== "");
  const rows = described.map(({ name = "", description = "", info_url: url = "" }) =>
    [name, oneLine(description), url].map(plain),
  );
  return [
    { title: "Exports", groups: [], table: { columns: columns[0], rows: given.map((entry) => exportCells(entry)) } },
    ...(rows.length === 0
      ? []
      : [{ title: "Exports - Descriptions", groups: [], table: { columns: columns[1], rows } }]),
  ];
}

function exportCells(entry: ReadonlyDeep<Export>): readonly DescribedValue[] {
  const { response_type: response, service_latency: latency, account_token_position: position = 0 } = entry;
  const isStream = entry.type === "stream";
  const how = response === "Stream" || response === "Chunked" ? ` [${response}]` : "";
  const sampling = latency?.sampling === "headers" ? "header" : `${latency?.sampling}%`;
  const tracking = latency === undefined || latency === null ? "-" : `${latency.results} (${sampling})`;
  return [
    entry.name ?? "",
    `${typeText(entry.type)}${how}`,
    entry.subject,
    Number(position) === 0 ? "-" : position,
    yesNo(entry.token_req !== true),
    revocationCount(entry.revocations),
    isStream ? "N/A" : tracking,
    isStream ? "N/A" : yesNo(entry.allow_trace),
  ].map(plain);
}

function importSections(
  { imports }: ReadonlyDeep<AccountNats>,
  names: NamesByKey,
  engine: CryptoEngine | undefined,
): readonly DescribedSection[] {
  const given = (imports ?? []).filter((entry) => (entry ?? undefined) !== undefined);
  if (given.length === 0) return [];
  const columns = ["Name", "Type", "Remote", "Local", "Expires", "From Account", "Public", "Allow Trace"];
  const rows = given.map((entry) => {
    const { name = "", type, token = "" } = entry;
    const { remote, local } = importSubjects(entry);
    return [
      ...[name, typeText(type), remote, local, expiryText(token, engine)].map(plain),
      namedValue(entry.account, names),
      plain(yesNo(token === "")),
      plain(type === "service" ? "N/A" : yesNo(entry.allow_trace)),
    ];
  });
  return [{ title: "Imports", groups: [], table: { columns, rows } }];
}

/** When an activation expires. Those behind a URL are not fetched. */
function expiryText(token: string, engine: CryptoEngine | undefined): string {
  if (token === "") return "";
  if (/^[a-z]+:\/\//i.test(token)) return "by URL";
  try {
    return dateText(decode(token, { kind: "activation", ...(engine && { engine }) }).exp);
  } catch (error) {
    if (!isNscError(error)) throw error;
    return `error decoding: ${error.message}`;
  }
}

function mappingSections({ mappings }: ReadonlyDeep<AccountNats>): readonly DescribedSection[] {
  const sources = Object.entries(mappings ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (sources.length === 0) return [];
  const rows = sources.flatMap(([from, destinations]) => {
    const weights = (destinations ?? []).map(weightOf);
    const cells = (destinations ?? []).map(({ subject, cluster = "" }, index) => {
      const to = cluster === "" ? subject : `${subject} (cluster ${cluster})`;
      return [index === 0 ? from : "", to, weights[index]];
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return [...(cells.length === 0 ? [[from, "", ""]] : cells), ["", "", `sum=${sum}`]];
  });
  const table = { columns: ["From", "To", "Weight (%)"], rows: rows.map((cells) => cells.map(plain)) };
  return [{ title: "Mappings", groups: [], table }];
}
