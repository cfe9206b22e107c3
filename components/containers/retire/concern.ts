import { hostDuties } from "../../config/duties";
import { defineConcern } from "../../plan/concern";
import type { StackModel } from "../model";
import { RETIRE_REMOVAL, retirePlan } from "./plan";
import { retireSettings } from "./settings";

export const retire = defineConcern({
  name: "retire",
  summary:
    "secrets, logins, keys and images are removed once nothing uses them any more; containers that still have former files are started again",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => {
    const { services, sites, backup } = hostDuties(model.config, host.name);
    return services || sites || backup ? retireSettings(model) : undefined;
  },
  plan: retirePlan,
  removal: { kind: "plan", plan: RETIRE_REMOVAL },
});
