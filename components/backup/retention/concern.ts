import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { RETENTION_REMOVAL, retentionPlan } from "./plan";
import { retentionSettings } from "./settings";

export const retention = defineConcern({
  name: "retention",
  summary: "rows of databases whose time is over are deleted or anonymised, once a person approved the rule; legal holds keep them",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => retentionSettings(model, host.name),
  plan: retentionPlan,
  removal: { kind: "plan", plan: RETENTION_REMOVAL },
});
