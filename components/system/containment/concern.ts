import { type ConfigModel, defineConcern } from "../../plan/concern";
import { containmentPlan } from "./plan";
import { containmentSettings } from "./settings";

export const containment = defineConcern({
  name: "containment",
  summary: "a table of the firewall, ready to be loaded, by which the host is isolated in one step, and stays so over a restart",
  on: "every host",
  guarded: false,
  settings: ({ config }: ConfigModel, host) => containmentSettings(config, host),
  plan: containmentPlan,
});
