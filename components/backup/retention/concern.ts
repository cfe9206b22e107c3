import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { RETENTION_REMOVAL, retentionPlan } from "./plan";
import { retentionSettings } from "./settings";

export const retention = defineConcern({
  name: "retention",
  summary: "rows of databases end when their time is over, unless a legal hold keeps them; data of a person is shown and erased",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => retentionSettings(model, host.name),
  plan: retentionPlan,
  removal: { kind: "plan", plan: RETENTION_REMOVAL },
});
