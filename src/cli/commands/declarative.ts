import { type Command, command } from "../command.ts";
import { bool, text } from "../flags/flag-types.ts";
import { planSchema, templateSchema } from "../schemas.ts";

export const planFlags = {
  remove: bool("what is there and not described goes"),
  "output-file": text("write the plan to this file, for 'nsc apply'", { short: "o", completes: "file" }),
  "exit-code": bool("exit with 3 where there is something to do"),
};

export const applyFlags = {
  remove: bool("what is there and not described goes"),
  force: bool("ask nothing before something is removed", { short: "F" }),
};

export const templateShowFlags = {
  account: text("account", { short: "a", completes: "account" }),
  "output-file": text("write it to this file", { short: "o", completes: "file" }),
};

export const templateApplyFlags = {
  account: text("account that is to be as the template says", { short: "a", completes: "account" }),
  create: bool("make the account if there is none of that name"),
};

const plan = command({
  path: ["plan"],
  summary: "Say what it takes to bring the operator's tree to a description",
  description:
    "Compares the tree with a description of it in JSON or YAML (docs/plan.md), and says what would be made, changed, renamed and removed. Nothing is changed. Without a file it prints the description of the tree as it is.",
  examples: ["nsc plan > tree.json", "nsc plan tree.yaml", "nsc plan tree.yaml --remove -o plan.json"],
  arguments: { usage: "[file]", min: 0, max: 1, completes: "file" },
  flags: planFlags,
  library: "plan(operator, desired), currentState(operator)",
  output: { anyOf: [planSchema, templateSchema] },
  isWriting: true,
  load: () => import("../actions/plan.ts"),
});

const apply = command({
  path: ["apply"],
  summary: "Bring the operator's tree to a description, or do what was planned",
  description:
    "Takes a description (docs/plan.md), or a plan that 'nsc plan -o' has written; a plan is done as it says, or not at all. All of it is one commit.",
  examples: ["nsc apply tree.yaml --dry-run", "nsc apply plan.json"],
  arguments: { usage: "<file>", min: 1, max: 1, completes: "file" },
  flags: applyFlags,
  library: "apply(operator, plan)",
  output: planSchema,
  isWriting: true,
  load: () => import("../actions/apply.ts"),
});

const templateShow = command({
  path: ["template", "show"],
  summary: "Print what makes an account, without its keys and users, for another one",
  examples: ["nsc template show -a SHOP -o tenant.json"],
  flags: templateShowFlags,
  library: "account.template()",
  output: templateSchema,
  isWriting: true,
  load: () => import("../actions/template-show.ts"),
});

const templateApply = command({
  path: ["template", "apply"],
  summary: "Make an account as a template says",
  examples: ["nsc template apply tenant.json -a SHOP", "nsc template apply tenant.yaml -a NEW --create"],
  arguments: { usage: "<file>", min: 1, max: 1, completes: "file" },
  flags: templateApplyFlags,
  library: "account.applyTemplate(template), operator.addAccount(name, { template })",
  isWriting: true,
  load: () => import("../actions/template-apply.ts"),
});

export const declarativeCommands: readonly Command[] = [plan, apply, templateShow, templateApply];
