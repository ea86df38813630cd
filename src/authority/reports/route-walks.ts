/**
 * How messages go through a network of accounts: on from a publication, and back from a subscription.
 *
 * @module
 */

import { type MappingOptions, mappedInto, mapSubject } from "../../subjects/mapping.ts";
import { isCoveredBy } from "../../subjects/subject.ts";
import type { Link, Network, NetworkAccount, RouteProblem } from "./route-network.ts";

/** A place of a route: an account and a subject in it. */
export interface RouteEnd {
  /** The name of the account. */
  readonly account: string;
  readonly publicKey: string;
  /** Of a subscription with wildcards it may have some, too; elsewhere `*` stands for a token that only the server knows. */
  readonly subject: string;
}

/** A mapping on the way. */
export interface MappingStep {
  readonly kind: "mapping";
  /** The name of the account that has it. */
  readonly account: string;
  readonly source: string;
}

/** An import on the way: messages of a stream go from the exporter to the importer, requests to a service the other way. */
export interface ImportStep {
  readonly kind: "service" | "stream";
  /** The name of the account. */
  readonly importer: string;
  /** The name of the account, or its key where the store does not have it. */
  readonly exporter: string;
  /** The subject of the import in the importing account, with wildcards in place of references. */
  readonly local: string;
  /** The subject of the import in the exporting account. */
  readonly remote: string;
  /** The subject of the export that covers it; nothing where there is none. */
  readonly export?: string;
}

/** What a message goes through. */
export type RouteStep = MappingStep | ImportStep;

/** A way of messages. */
export interface Route {
  /** Where they are published. */
  readonly from: RouteEnd;
  /** Where subscribers get them, and under which subject. */
  readonly to: RouteEnd;
  /** What they go through, in order; nothing for those that stay as they are. */
  readonly steps: readonly RouteStep[];
  /**
   * Of a publication: the share of the messages that goes there, in percent. Where a subject has a token that only the server knows, it
   * is that at most.
   */
  readonly share?: number;
  /** For people. */
  readonly message: string;
}

/** An import that would bring messages on, and does not. */
export interface DeadImport extends RouteProblem {
  readonly step: ImportStep;
  /** Where the messages would go on, or would have come from, with the subject there. */
  readonly at: { readonly account: string; readonly subject: string };
}

/** What a walk found. */
export interface WalkedRoutes {
  readonly routes: readonly Route[];
  readonly dead: readonly DeadImport[];
}

/** What becomes of a subject by the mappings of an account. */
export interface MappedDestination {
  /** The source of the mapping; nothing where none is for it. */
  readonly source?: string;
  readonly subject: string;
  readonly share: number;
}

/** The ways of a publication, after the mappings of its account. */
export function walkOn(
  network: Network,
  account: NetworkAccount,
  subject: string,
  mapped: readonly MappedDestination[],
  options: MappingOptions,
): WalkedRoutes {
  const routes: Route[] = [];
  const dead: DeadImport[] = [];
  const from = endOf(account, subject);

  const arrive = (at: NetworkAccount, there: string, share: number, steps: readonly RouteStep[]): void => {
    routes.push(routeOf(from, endOf(at, there), steps, share));
    // What came by a service is not given on by streams.
    const isRequest = steps.some(({ kind }) => kind === "service");
    for (const link of isRequest ? [] : network.importsFrom(at, "stream")) {
      const local = link.toLocal(there);
      if (local === undefined) continue;
      if (link.problem !== undefined) dead.push(deadOf(link, link.problem, link.importer.name, local));
      else routes.push(routeOf(from, endOf(link.importer, local), [...steps, stepOf(link)], share));
    }
    for (const link of network.importsOf(at, "service")) {
      const remote = link.toRemote(there);
      // Servers stop where a request comes to a service for the second time.
      if (remote === undefined || steps.some((step) => isOfExport(step, link))) continue;
      if (link.problem !== undefined || link.exporter === undefined) {
        dead.push(deadOf(link, link.problem ?? UNKNOWN, nameOf(link), remote));
        continue;
      }
      publish(link.exporter, mappedBy(link.exporter, remote, options), share, [...steps, stepOf(link)]);
    }
  };
  const publish = (
    at: NetworkAccount,
    destinations: readonly MappedDestination[],
    share: number,
    steps: readonly RouteStep[],
  ): void => {
    for (const { source, subject: there, share: part } of destinations) {
      const mapping: readonly RouteStep[] = source === undefined ? [] : [{ kind: "mapping", account: at.name, source }];
      arrive(at, there, (share * part) / 100, [...steps, ...mapping]);
    }
  };

  publish(account, mapped, 100, []);
  return { routes, dead };
}

/** The ways by which messages come to a subscription. */
export function walkBack(
  network: Network,
  account: NetworkAccount,
  subject: string,
  options: MappingOptions,
): WalkedRoutes {
  const routes: Route[] = [];
  const dead: DeadImport[] = [];

  /**
   * @param there - the subject in this account, after its mappings
   * @param received - the subject under which the subscription gets it
   */
  const origin = (at: NetworkAccount, there: string, received: string, steps: readonly RouteStep[]): void => {
    const to = endOf(account, received);
    for (const { source, subject: before } of entriesOf(at, there, options)) {
      const mapping: readonly RouteStep[] = source === undefined ? [] : [{ kind: "mapping", account: at.name, source }];
      const onward = [...mapping, ...steps];
      routes.push(routeOf(endOf(at, before), to, onward));
      // What came by a service is not given on by streams.
      if (steps.some(({ kind }) => kind === "stream")) continue;
      for (const link of network.importsFrom(at, "service")) {
        const local = link.toLocal(before);
        const remote = local && link.toRemote(local);
        if (local === undefined || remote === undefined || onward.some((step) => isOfExport(step, link))) continue;
        // What is asked for may be mapped away where the whole of it is not.
        if (source === undefined && !staysIn(at, remote, options)) continue;
        const met = received === there && onward.length === 0 ? remote : received;
        if (link.problem !== undefined) dead.push(deadOf(link, link.problem, link.importer.name, local));
        else origin(link.importer, local, met, [stepOf(link), ...onward]);
      }
    }
  };

  origin(account, subject, subject, []);
  for (const link of network.importsOf(account, "stream")) {
    const remote = link.toRemote(subject);
    if (remote === undefined) continue;
    const received = link.toLocal(remote) ?? link.local;
    if (link.problem !== undefined || link.exporter === undefined) {
      dead.push(deadOf(link, link.problem ?? UNKNOWN, nameOf(link), remote));
    } else origin(link.exporter, remote, received, [stepOf(link)]);
  }
  return { routes, dead };
}

/** What the mappings of an account make of a subject. */
export function mappedBy(
  { claims }: NetworkAccount,
  subject: string,
  options: MappingOptions,
): readonly MappedDestination[] {
  return mapSubject(claims.nats.mappings ?? {}, subject, options) ?? [{ subject, share: 100 }];
}

/** What is published in an account for something to be there after its mappings. */
function entriesOf(
  account: NetworkAccount,
  subject: string,
  options: MappingOptions,
): readonly { readonly source?: string; readonly subject: string }[] {
  const mappings = account.claims.nats.mappings ?? {};
  const same = staysIn(account, subject, options) ? [{ subject }] : [];
  return [...same, ...mappedInto(mappings, subject.split("."), options)];
}

/** Whether the mappings of an account leave some of the messages for a subject as they are. */
function staysIn({ claims }: NetworkAccount, subject: string, options: MappingOptions): boolean {
  const forAll = Object.entries(claims.nats.mappings ?? {}).filter(([source]) => isCoveredBy(subject, source));
  const mapped = mapSubject(Object.fromEntries(forAll), subject, options);
  return mapped === undefined || mapped.some((each) => each.subject === subject);
}

const UNKNOWN: RouteProblem = { code: "IMPORT_UNKNOWN", message: "the exporting account is not in the store" };

function endOf({ name, claims }: NetworkAccount, subject: string): RouteEnd {
  return { account: name, publicKey: claims.sub, subject };
}

function nameOf({ exporter, exporterKey }: Link): string {
  return exporter?.name ?? exporterKey;
}

function stepOf(link: Link): ImportStep {
  const { type, importer, local, remote, exported } = link;
  return {
    kind: type,
    importer: importer.name,
    exporter: nameOf(link),
    local,
    remote,
    ...(exported !== undefined && { export: exported }),
  };
}

function deadOf(link: Link, problem: RouteProblem, account: string, subject: string): DeadImport {
  return { step: stepOf(link), ...problem, at: { account, subject } };
}

/** Whether a step is by the export that a link is by. */
function isOfExport(step: RouteStep, link: Link): boolean {
  return step.kind === "service" && step.exporter === nameOf(link) && step.export === link.exported;
}

function routeOf(from: RouteEnd, to: RouteEnd, steps: readonly RouteStep[], share?: number): Route {
  const ways = steps.map((step) =>
    step.kind === "mapping"
      ? `the mapping of ${JSON.stringify(step.source)} in ${step.account}`
      : `the ${step.kind} ${JSON.stringify(step.remote)} that ${step.importer} imports from ${step.exporter}`,
  );
  const by = ways.length === 0 ? "" : `, by ${ways.join(", and ")}`;
  const message = `${from.subject} of ${from.account} comes to ${to.account} as ${to.subject}${by}`;
  return { from, to, steps, ...(share !== undefined && { share }), message };
}
