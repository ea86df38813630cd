/**
 * What servers did and have, as `--json` prints it, and its schema.
 *
 * @module
 */

import type { ServerIdentity } from "../../nats/answers.ts";
import type { DeleteReport } from "../../nats/delete-accounts.ts";
import type { DriftReport } from "../../nats/drift-report.ts";
import type { PruneReport, SurplusAccount } from "../../nats/prune.ts";
import type { PulledAccount, PulledOperator, PullReport } from "../../nats/pull.ts";
import type { PushReport } from "../../nats/push-report.ts";
import type { Schema } from "../schema.ts";
import { fieldChange } from "../schemas.ts";

const text: Schema = { type: "string" };
const texts: Schema = { type: "array", items: text };

function list(items: Schema, description: string): Schema {
  return { type: "array", description, items };
}

function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return { type: "object", properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) };
}

const server: Schema = object(
  {
    id: { ...text, description: "the id of the server; of an account server its URL" },
    name: text,
    version: text,
    cluster: text,
  },
  ["version", "cluster"],
);

const servers = list(server, "the servers that keep accounts");
const unheard: Schema = { ...texts, description: "names of servers that are there and did not answer" };
const message: Schema = { ...text, description: "for people" };
const publicKey: Schema = { type: ["string", "null"], description: "nothing where the store can't read the account" };

function outcomes(...outcome: readonly string[]): Schema {
  return list(object({ server, outcome: { enum: outcome }, message: text }), "what came of it at each server");
}

/** What came of a push. */
export const pushedSchema: Schema = object({
  servers,
  unheard,
  warnings: texts,
  accounts: list(
    object(
      {
        name: text,
        public_key: publicKey,
        status: { enum: ["pushed", "unchanged", "refused", "accepted", "failed"] },
        guard: { ...text, description: "what speaks against it, if it was refused" },
        code: { ...text, description: "what went wrong, if it failed" },
        message,
        servers: outcomes("stored", "cached", "skipped", "accepted", "failed", "missing"),
      },
      ["guard", "code"],
    ),
    "the accounts, sorted by name",
  ),
});

/** @see pushedSchema */
export function pushedData({ servers, unheard, warnings, accounts }: PushReport): unknown {
  return {
    servers: servers.map(serverData),
    unheard,
    warnings,
    accounts: accounts.map(({ name, publicKey, status, guard, code, message, servers: at }) => ({
      name,
      public_key: publicKey ?? null,
      status,
      guard,
      code,
      message,
      servers: at.map(atServer),
    })),
  };
}

const deletedAccounts = list(
  object({
    name: text,
    public_key: text,
    status: { enum: ["deleted", "absent", "failed"] },
    message,
    servers: outcomes("deleted", "absent", "failed", "missing"),
  }),
  "what was to be deleted",
);

/** What came of the removal of accounts from servers. */
export const deletedSchema: Schema = object({ servers, unheard, accounts: deletedAccounts });

/** @see deletedSchema */
export function deletedData({ servers, unheard, accounts }: DeleteReport): Readonly<Record<string, unknown>> {
  return {
    servers: servers.map(serverData),
    unheard,
    accounts: accounts.map(({ name, publicKey, status, message, servers: at }) => ({
      name,
      public_key: publicKey,
      status,
      message,
      servers: at.map(atServer),
    })),
  };
}

const surplus: Schema = object({
  public_key: text,
  name: { type: ["string", "null"], description: "by what servers have of it" },
  issuer: { type: ["string", "null"], description: "the public key that signed it" },
});

/** What came of pruning. */
export const prunedSchema: Schema = object({
  servers,
  unheard,
  surplus: list(surplus, "what servers have and the store has not: it is deleted"),
  foreign: list(surplus, "what stays, since no key of the operator signed it"),
  accounts: deletedAccounts,
});

/** @see prunedSchema */
export function prunedData(report: PruneReport): unknown {
  const surplusData = ({ publicKey: key, name, issuer }: SurplusAccount): unknown => ({
    public_key: key,
    name: name ?? null,
    issuer: issuer ?? null,
  });
  return {
    ...deletedData(report),
    surplus: report.surplus.map(surplusData),
    foreign: report.foreign.map(surplusData),
  };
}

const STATES = ["same", "older", "newer", "different", "unknown"];

/** What servers have beside what the store has. */
export const driftSchema: Schema = object({
  servers,
  unheard,
  warnings: texts,
  accounts: list(
    object({
      name: text,
      public_key: text,
      status: { enum: [...STATES, "mixed", "missing", "unseen"], description: "what servers have, beside the store" },
      message,
      versions: list(
        object({
          state: { enum: STATES },
          jti: { type: ["string", "null"] },
          issued_at: { type: ["string", "null"], description: "an ISO 8601 date" },
          count: { type: "integer", description: "how many servers have it" },
          changes: list(fieldChange, "what a push would change, member by member"),
        }),
        "the tokens that servers have",
      ),
      servers: list(
        object({
          server,
          is_listed: { type: ["boolean", "null"], description: "whether the server says that it has it" },
          in_force: { enum: [...STATES, "expired", null], description: "the token that it goes by" },
        }),
        "by server",
      ),
    }),
    "all accounts, sorted by name",
  ),
});

/** @see driftSchema */
export function driftData({ servers, unheard, warnings, accounts }: DriftReport): unknown {
  return {
    servers: servers.map(serverData),
    unheard,
    warnings,
    accounts: accounts.map(({ name, publicKey: key, status, message, versions, servers: at }) => ({
      name,
      public_key: key,
      status,
      message,
      versions: versions.map(({ state, jti, issuedAt, count, changes }) => ({
        state,
        jti: jti ?? null,
        issued_at: issuedAt?.toISOString() ?? null,
        count,
        changes,
      })),
      servers: at.map(({ server: identity, isListed, inForce }) => ({
        server: serverData(identity),
        is_listed: isListed ?? null,
        in_force: inForce ?? null,
      })),
    })),
  };
}

const pulled = (status: readonly string[]): Schema =>
  object(
    {
      name: text,
      public_key: text,
      status: { enum: status },
      code: { ...text, description: "what went wrong, if a server could not be asked" },
      message,
    },
    ["code"],
  );

/** What came of a pull. */
export const pulledSchema: Schema = object(
  {
    dry_run: { type: "boolean", description: "whether nothing was written" },
    url: text,
    servers,
    unheard,
    operator: pulled(["updated", "unchanged", "kept", "refused"]),
    accounts: list(
      pulled(["added", "updated", "unchanged", "kept", "refused", "missing"]),
      "the accounts, sorted by name",
    ),
  },
  ["operator"],
);

/** @see pulledSchema */
export function pulledData(report: PullReport, more: { readonly dry_run: boolean; readonly url: string }): unknown {
  const data = ({ name, publicKey: key, status, message, ...rest }: PulledAccount | PulledOperator): unknown => ({
    name,
    public_key: key,
    status,
    ...("code" in rest && { code: rest.code }),
    message,
  });
  return {
    ...more,
    servers: report.servers.map(serverData),
    unheard: report.unheard,
    ...(report.operator !== undefined && { operator: data(report.operator) }),
    accounts: report.accounts.map(data),
  };
}

function serverData({ id, name, version, cluster }: ServerIdentity): unknown {
  return { id, name, version, cluster };
}

function atServer(at: {
  readonly server: ServerIdentity;
  readonly outcome: string;
  readonly message: string;
}): unknown {
  return { server: serverData(at.server), outcome: at.outcome, message: at.message };
}
