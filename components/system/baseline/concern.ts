import { type ConfigModel, defineConcern } from "../../plan/concern";
import { baselinePlan } from "./plan";
import { baselineState } from "./settings";

export const baseline = defineConcern({
  name: "baseline",
  summary: "kernel settings, blocked modules, security updates, time, core dumps off, banners, a persistent journal with limits",
  on: "every host",
  guarded: true,
  settings: ({ config }: ConfigModel, host) => baselineState(config, host.name),
  plan: baselinePlan,
});
