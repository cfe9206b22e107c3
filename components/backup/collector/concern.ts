import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { COLLECTOR_REMOVAL, collectorPlan } from "./plan";
import { collectorSettings } from "./settings";

export const collector = defineConcern({
  name: "collector",
  summary: "a copy of the record, sent as it comes to an owner's own collector, by syslog over TLS",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => collectorSettings(model, host),
  plan: collectorPlan,
  removal: { kind: "plan", plan: COLLECTOR_REMOVAL },
});
