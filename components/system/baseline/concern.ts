import { type ConfigModel, defineConcern } from "../../plan/concern";
import { baselinePlan } from "./plan";
import { baselineSettings } from "./settings";

export const baseline = defineConcern({
  name: "baseline",
  summary: "kernel settings, blocked modules, security updates, time, core dumps off, banners, a persistent journal with limits",
  on: "every host",
  guarded: true,
  settings: ({ config }: ConfigModel, host) => baselineSettings(config, host.name),
  plan: baselinePlan,
});
