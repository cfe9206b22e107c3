import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { DUTIES_REMOVAL, dutiesPlan } from "./plan";
import { dutiesSettings } from "./settings";

export const duties = defineConcern({
  name: "duties",
  summary:
    "what people attest and what incidents they note, signed by their keys; an alert where a duty is overdue, or a clock of an incident",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => dutiesSettings(model, host.name),
  plan: dutiesPlan,
  removal: { kind: "plan", plan: DUTIES_REMOVAL },
});
