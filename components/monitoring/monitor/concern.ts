import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { MONITOR_REMOVAL, monitorPlan } from "./plan";
import { monitorSettings } from "./settings";

export const monitor = defineConcern({
  name: "monitor",
  summary: "Prometheus and Alertmanager on the vault: each alert of the guides, whom it reaches, and what happens when nobody acts",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => monitorSettings(model, host),
  plan: monitorPlan,
  removal: { kind: "plan", plan: MONITOR_REMOVAL },
});
