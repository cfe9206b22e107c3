import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { sealingPlan } from "./plan";
import { sealingSettings } from "./settings";

export const sealing = defineConcern({
  name: "sealing",
  summary: "the journal, sealed by journald each quarter of an hour; what shows a broken seal is encrypted to the incident key",
  on: "every host",
  guarded: false,
  afterVaults: true,
  settings: (model: StackModel, host) => sealingSettings(model, host),
  plan: sealingPlan,
});
