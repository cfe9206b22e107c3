import { hostDuties } from "../../config/duties";
import { defineConcern } from "../../plan/concern";
import { EMPTY_PLAN } from "../../plan/types";
import type { StackModel } from "../model";
import { accountsPlan } from "./plan";
import { accountsSettings } from "./settings";

export const accounts = defineConcern({
  name: "accounts",
  summary: "one login for each service in each database that it uses",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => (hostDuties(model.config, host.name).databases ? accountsSettings(model) : undefined),
  plan: accountsPlan,
  removal: { kind: "plan", plan: EMPTY_PLAN },
});
