import { type ConfigModel, defineConcern } from "../../plan/concern";
import { storagePlan } from "./plan";
import { storageSettings } from "./settings";

export const storage = defineConcern({
  name: "storage",
  summary: "homes on a file system of their own, temporary directories of each session of people without sudo, all with a limit",
  on: "every host",
  guarded: true,
  settings: ({ config }: ConfigModel) => storageSettings(config),
  plan: storagePlan,
});
