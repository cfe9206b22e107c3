import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { METRICS_REMOVAL, metricsPlan } from "./plan";
import { metricsSettings } from "./settings";

export const metrics = defineConcern({
  name: "metrics",
  summary: "what can be measured of a host, each quarter of a minute, brought to the vault: by no port that others reach",
  on: "where declared",
  guarded: false,
  afterVaults: true,
  settings: (model: StackModel, host) => metricsSettings(model, host),
  plan: metricsPlan,
  removal: { kind: "plan", plan: METRICS_REMOVAL },
});
