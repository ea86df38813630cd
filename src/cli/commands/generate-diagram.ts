import { type Command, command } from "../command.ts";
import { bool } from "../flags/flag-types.ts";
import { outputFileFlag } from "../flags/shared-flags.ts";
import type { Schema } from "../schema.ts";

export const componentDiagramFlags = {
  detail: bool("Include account descriptions"),
  "output-file": outputFileFlag,
};

export const objectDiagramFlags = {
  detail: bool("Include empty/unlimited values"),
  "show-keys": bool("Include keys in diagram"),
  users: bool("Include User"),
  "output-file": outputFileFlag,
};

const output: Schema = {
  type: "object",
  properties: {
    diagram: { type: "string", description: "in the language of PlantUML" },
    file: { type: "string", description: "the absolute path that was written" },
  },
  required: ["diagram"],
};

export const generateDiagramCommands: readonly Command[] = [
  command({
    path: ["generate", "diagram", "component"],
    summary: "Generate a plantuml component diagram for this store",
    examples: ["nsc generate diagram component"],
    flags: componentDiagramFlags,
    library: 'diagram(operator, { of: "exchange", format: "plantuml" })',
    output,
    isWriting: true,
    load: () => import("../actions/generate-diagram-component.ts"),
  }),
  command({
    path: ["generate", "diagram", "object"],
    summary: "Generate a plantuml object diagram for this store",
    examples: ["nsc generate diagram object"],
    flags: objectDiagramFlags,
    library: 'diagram(operator, { of: "entities", format: "plantuml" })',
    output,
    isWriting: true,
    load: () => import("../actions/generate-diagram-object.ts"),
  }),
];
