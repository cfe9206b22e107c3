import { type ConfigModel, defineConcern } from "../../plan/concern";
import { peoplePlan } from "./plan";
import { peopleSettings } from "./settings";

export const people = defineConcern({
  name: "people",
  summary: "one account a person, keys in files that only root can write, expiry dates, sudo, a break-glass account for the console",
  on: "every host",
  guarded: true,
  settings: ({ config }: ConfigModel, host) => peopleSettings(config, host.name),
  plan: peoplePlan,
});
