/**
 * What `--json` prints of the commands that ask something.
 *
 * @module
 */

import type { Schema } from "./schema.ts";

const strings: Schema = { type: "array", items: { type: "string" } };
const places: Schema = { type: "array", items: { type: ["string", "integer"] } };
const value: Schema = { description: "a value of claims, of any kind" };

/** A member of claims, or an entry of one of their lists, that differs. */
export const fieldChange: Schema = {
  type: "object",
  properties: {
    path: { ...strings, description: "where in the claims" },
    kind: { enum: ["added", "removed", "changed"] },
    before: value,
    after: value,
  },
  required: ["path", "kind"],
};

const entityChange: Schema = {
  type: "object",
  properties: {
    action: { enum: ["added", "removed", "renamed", "changed"] },
    kind: { enum: ["operator", "account", "user"] },
    path: { ...strings, description: "the names from the operator down" },
    from: { ...strings, description: "the names before, where it was renamed" },
    public_key: { type: "string" },
    signer: { type: "string", description: "the public key that signs, in a plan" },
    changes: { type: "array", items: fieldChange },
  },
  required: ["action", "kind", "path", "changes"],
};

export const findingsSchema: Schema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      code: { type: "string", description: "see docs/lint.md" },
      level: { enum: ["error", "warning", "info"] },
      kind: { enum: ["operator", "account", "user", "key"] },
      entity: { ...strings, description: "the names from the operator down" },
      public_key: { type: "string" },
      path: { ...places, description: "where in the claims" },
      message: { type: "string" },
      fix: { type: "string", description: "what would mend it" },
    },
    required: ["code", "level", "kind", "entity", "path", "message", "fix"],
  },
};

export const permissionSchema: Schema = {
  type: "object",
  properties: {
    allowed: { type: "boolean" },
    message: { type: "string" },
    rule: {
      type: "object",
      description: "the list that decided, and its entry",
      properties: { list: { type: "string" }, entry: { type: "string" } },
      required: ["list"],
    },
    responses: {
      type: "object",
      description: "how many replies, and for how long",
      additionalProperties: true,
    },
    withheld: { ...strings, description: "what a subscription does not get" },
    mapped: {
      type: "array",
      items: {
        type: "object",
        properties: {
          source: { type: "string" },
          subject: { type: "string" },
          share: { type: "number", description: "percent" },
          allowed: { type: "boolean" },
        },
        required: ["source", "subject", "share", "allowed"],
      },
    },
  },
  required: ["allowed", "message", "withheld"],
};

export const explanationSchema: Schema = {
  type: "object",
  properties: {
    accepted: { type: "boolean" },
    rule: { type: "string", description: "the rule that decided" },
    message: { type: "string" },
    checks: {
      type: "array",
      items: {
        type: "object",
        properties: { rule: { type: "string" }, passed: { type: "boolean" }, message: { type: "string" } },
        required: ["rule", "passed", "message"],
      },
    },
    chain: {
      type: "array",
      description: "the token and what is above it",
      items: {
        type: "object",
        properties: {
          kind: { enum: ["operator", "account", "user", "activation"] },
          name: { type: "string" },
          public_key: { type: "string" },
          issuer: { type: "string" },
          signed_with: { enum: ["identity", "signing key", "role"] },
          role: { type: "string" },
          expires: { type: "integer", description: "seconds since 1970" },
        },
        required: ["kind", "public_key", "issuer"],
      },
    },
    expires: { type: "integer", description: "seconds since 1970, of the first token of the chain" },
    revoked: {
      type: "object",
      properties: { key: { type: "string" }, at: { type: "integer", description: "seconds since 1970" } },
      required: ["key", "at"],
    },
  },
  required: ["accepted", "rule", "message", "checks", "chain"],
};

export const differencesSchema: Schema = {
  type: "object",
  properties: {
    claims: { type: "array", items: fieldChange, description: "of two tokens" },
    entities: { type: "array", items: entityChange, description: "of two trees" },
    damaged: { type: "array", items: strings, description: "of two trees: what can't be read" },
  },
};

export const fileFindingsSchema: Schema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      code: { type: "string" },
      path: { type: "string", description: "the absolute path" },
      message: { type: "string" },
      public_key: { type: "string" },
    },
    required: ["code", "path", "message"],
  },
};

export const planSchema: Schema = {
  type: "object",
  description: "the plan itself, which `nsc apply` takes",
  properties: {
    operator: {
      type: "object",
      properties: { name: { type: "string" }, publicKey: { type: "string" } },
      required: ["name", "publicKey"],
    },
    at: { type: "integer", description: "seconds since 1970" },
    remove: { type: "boolean" },
    desired: { type: "object", additionalProperties: true, description: "what was described" },
    changes: { type: "array", items: { type: "object", additionalProperties: true } },
    activations: { type: "array", items: { type: "object", additionalProperties: true } },
    unlisted: { type: "array", items: places, description: "what is not described, and stays" },
  },
  required: ["operator", "at", "remove", "desired", "changes", "activations", "unlisted"],
};

export const templateSchema: Schema = {
  type: "object",
  description: "the template, which `nsc template apply` takes",
  additionalProperties: true,
};

export const rotationSchema: Schema = {
  type: "object",
  properties: {
    dry_run: { type: "boolean" },
    from: { type: "string", description: "public key of the old key" },
    to: { type: "string", description: "public key of the new key" },
    stage: { enum: ["prepared", "distributed", "cut-over", "retired", "cancelled"] },
    next: { type: ["string", "null"] },
    advice: { type: "string" },
    signed_by_from: { ...strings, description: "names of what is still signed by the old key" },
    signed_by_to: { ...strings, description: "names of what is signed by the new key" },
    without_seed: { ...strings, description: "names of users among these whose seeds are not here" },
    activations: {
      type: "array",
      description: "imports whose activation tokens end with the old key",
      items: {
        type: "object",
        properties: { account: { type: "string" }, subject: { type: "string" } },
        required: ["account", "subject"],
      },
    },
    damaged: { type: "array", items: strings, description: "what can't be read, by the names from the operator down" },
  },
  required: ["dry_run", "from", "to", "stage"],
};
