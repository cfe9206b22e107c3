import { type ConfigModel, defineConcern } from "../../plan/concern";
import { auditPlan } from "./plan";
import { auditSettings } from "./settings";

export const audit = defineConcern({
  name: "audit",
  summary:
    "the kernel's audit records of who did what, by rules that cannot be changed until the next restart, in files and in the journal",
  on: "every host",
  guarded: false,
  settings: ({ config }: ConfigModel) => auditSettings(config),
  plan: auditPlan,
});
