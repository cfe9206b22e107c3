import { type ConfigModel, defineConcern } from "../../plan/concern";
import { volumePlan } from "./plan";
import { volumeState } from "./settings";

export const volume = defineConcern({
  name: "volume",
  summary: "the volume of a droplet, mounted where the data belongs",
  on: "where declared",
  guarded: false,
  settings: ({ config }: ConfigModel, host) => volumeState(config, host.name),
  plan: volumePlan,
  removal: { kind: "none", because: "the data lies on it, and Pulumi's protection of the volume refuses before" },
});
