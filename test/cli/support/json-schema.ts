import { Ajv, type ValidateFunction } from "ajv";
import { changeReportSchema } from "../../../src/cli/change-report.ts";
import type { Command } from "../../../src/cli/command.ts";
import type { Schema } from "../../../src/cli/schema.ts";

/** Says what is wrong with what a command printed with `--json`; nothing where its schema says it all. */
export function mismatchOf(command: Command, data: unknown): string | undefined {
  const check = validatorOf(command.output ?? changeReportSchema);
  if (check(data)) return undefined;
  return (check.errors ?? [])
    .map(({ instancePath, message, params }) => `${instancePath || "/"} ${message} ${JSON.stringify(params)}`)
    .join("\n");
}

function validatorOf(schema: Schema): ValidateFunction {
  return new Ajv({ allowUnionTypes: true, allErrors: true }).compile(closed(schema));
}

/** A schema in the sense of JSON Schema, to which objects say everything only where it says so. */
function closed(schema: Schema): object {
  const { properties, items, anyOf, additionalProperties } = schema;
  const isObject = properties !== undefined || schema.type === "object";
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, closed(member)])) }),
    ...(items === undefined ? {} : { items: closed(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(closed) }),
    ...(isObject || additionalProperties !== undefined
      ? {
          additionalProperties:
            typeof additionalProperties === "object" ? closed(additionalProperties) : (additionalProperties ?? false),
        }
      : {}),
  };
}
