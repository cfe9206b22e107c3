import { hostDuties } from "../../config/duties";
import { defineConcern } from "../../plan/concern";
import { EMPTY_PLAN } from "../../plan/types";
import type { StackModel } from "../model";
import { accountsPlan } from "./plan";
import { accountsSettings } from "./settings";

export const accounts = defineConcern({
  name: "accounts",
  summary:
    "one login for each service in each database that it uses; before a service is created again, its init step is run, and what runs one at a time is stopped",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => {
    const { services, databases } = hostDuties(model.config, host.name);
    const settings = accountsSettings(model);
    const before = settings.handovers.length > 0 || settings.initialized !== undefined;
    return databases || (services && before) ? settings : undefined;
  },
  plan: accountsPlan,
  removal: { kind: "plan", plan: EMPTY_PLAN },
});
