import { hostDuties } from "../../config/duties";
import { defineConcern } from "../../plan/concern";
import type { StackModel } from "../model";
import { JOBS_REMOVAL, jobsPlan } from "./plan";
import { jobsSettings } from "./settings";

export const jobs = defineConcern({
  name: "jobs",
  summary: "scheduled jobs of services, and the watch over services, which alerts people when one fails",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => {
    const settings = jobsSettings(model);
    return hostDuties(model.config, host.name).services && settings.watched.length > 0 ? settings : undefined;
  },
  plan: jobsPlan,
  removal: { kind: "plan", plan: JOBS_REMOVAL },
});
