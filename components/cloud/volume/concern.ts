import { type ConfigModel, defineConcern } from "../../plan/concern";
import { volumePlan } from "./plan";
import { volumeSettings } from "./settings";

export const volume = defineConcern({
  name: "volume",
  summary: "the volume of a droplet, mounted for the data",
  on: "where declared",
  guarded: false,
  settings: ({ config }: ConfigModel, host) => volumeSettings(config, host.name),
  plan: volumePlan,
  removal: { kind: "none", because: "the data is on it, and Pulumi's protection of the volume refuses its deletion first" },
});
