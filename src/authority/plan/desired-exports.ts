import { formatGoDuration } from "../../encoding/duration.ts";
import { NscError } from "../../errors.ts";
import type { Export } from "../../jwt/exports.ts";
import type { ReadonlyDeep } from "../../jwt/readonly-deep.ts";
import { editClaims } from "../edit-claims.ts";
import { type ExportInit, exportOf } from "../export-verbs.ts";
import type { AccountPath } from "../paths.ts";
import { listOf, without } from "./plain-data.ts";
import type { Reconciliation } from "./reconciliation.ts";
import { isSameData } from "./same-data.ts";
import { type Place, within } from "./within.ts";

type Entry = ReadonlyDeep<Export> | null | undefined;

/** The members that a description says; what else an export has, such as revocations, stays. */
const MEMBERS = [
  "name",
  "subject",
  "type",
  "token_req",
  "response_type",
  "response_threshold",
  "service_latency",
  "account_token_position",
  "allow_trace",
  "description",
  "info_url",
] as const satisfies readonly (keyof Export)[];

/** What an export is known by. */
function idOf(entry: Entry): string | undefined {
  return entry?.type === undefined ? undefined : `${entry.type} ${entry.subject}`;
}

/** The exports of an account. Those that are none to servers are left out. */
export function describeExports(exports: readonly Entry[]): readonly ExportInit[] {
  return exports.flatMap((entry) => (idOf(entry) === undefined ? [] : [describeExport(entry as ReadonlyDeep<Export>)]));
}

function describeExport(entry: ReadonlyDeep<Export>): ExportInit {
  const { subject, type, name = subject, token_req: isPrivate, response_type: response, allow_trace: trace } = entry;
  const { response_threshold: threshold = 0, service_latency: latency, account_token_position: position = 0 } = entry;
  return {
    subject,
    type: type as NonNullable<typeof type>,
    ...(name !== subject && { name }),
    ...(isPrivate === true && { private: true }),
    ...(response !== undefined && response !== "Singleton" && { responseType: response }),
    ...(Number(threshold) > 0 && { responseThreshold: formatGoDuration(BigInt(threshold)) }),
    ...(latency !== undefined && { latency: { ...latency } }),
    ...(isPrivate !== true && Number(position) > 0 && { accountTokenPosition: Number(position) }),
    ...(trace === true && { allowTrace: true }),
    ...(entry.description !== undefined && { description: entry.description }),
    ...(entry.info_url !== undefined && { infoUrl: entry.info_url }),
  };
}

/** An export in the shape of the wire, without what makes no difference. */
function wireOf(init: ExportInit): Export {
  const { name, ...wire } = exportOf(init);
  if (wire.allow_trace === false) delete wire.allow_trace;
  if (wire.response_type === "Singleton") delete wire.response_type;
  if (Number(wire.response_threshold ?? 0) === 0) delete wire.response_threshold;
  return { ...wire, name: name ?? wire.subject };
}

/** Gives an account the exports of a description. */
export async function reconcileExports(
  run: Reconciliation,
  path: AccountPath,
  place: Place,
  desired: readonly ExportInit[],
): Promise<void> {
  const { nats } = await run.workspace.need(path);
  const present = nats.exports ?? [];
  const wanted = new Map<string, Export>();
  for (const [index, init] of listOf(desired, "exports").entries()) {
    await within([...place, index], () => {
      const wire = exportOf(init);
      const id = idOf(wire) as string;
      if (wanted.has(id)) throw new NscError("ERR_ENTITY_EXISTS", `the ${id} is described twice`);
      const known = present.find((entry) => idOf(entry) === id);
      const isSame = known != null && isSameData(wireOf(describeExport(known)), wireOf(init));
      wanted.set(id, isSame ? (known as Export) : wire);
    });
  }
  const next: Entry[] = [];
  for (const entry of present) {
    const id = idOf(entry);
    const wire = id === undefined ? undefined : wanted.get(id);
    if (wire !== undefined) next.push(entry === wire ? entry : { ...without(entry as Export, MEMBERS), ...wire });
    else if (id === undefined || !run.remove) {
      next.push(entry);
      if (id !== undefined) run.unlisted.push([...place, id]);
    }
    if (id !== undefined) wanted.delete(id);
  }
  next.push(...wanted.values());
  if (isSameData(present, next)) return;
  await editClaims(run.workspace, path, (claims) => {
    if (next.length === 0) delete claims.nats.exports;
    else claims.nats.exports = next as Export[];
  });
}
