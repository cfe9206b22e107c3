import { type ConfigModel, defineConcern } from "../../plan/concern";
import { ufwPlan } from "./plan";
import { ufwSettings } from "./settings";

export const ufw = defineConcern({
  name: "ufw",
  summary:
    "deny by default, administrators allowed, and at a vault its hosts, everyone else limited, one list of public ports; DOCKER-USER drops what containers publish",
  on: "every host",
  guarded: true,
  settings: ({ config }: ConfigModel, host) => ufwSettings(config, host.name),
  plan: ufwPlan,
});
