import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { integrityPlan } from "./plan";
import { integritySettings } from "./settings";

export const integrity = defineConcern({
  name: "integrity",
  summary:
    "what can make code run or open the host and is neither a package's nor declared: found at each verify, and each day, with an alert",
  on: "every host",
  guarded: false,
  settings: (model: StackModel, host) => integritySettings(model, host),
  plan: integrityPlan,
});
