import { type ConfigModel, defineConcern } from "../../plan/concern";
import { fail2banPlan } from "./plan";
import { fail2banSettings } from "./settings";

export const fail2ban = defineConcern({
  name: "fail2ban",
  summary: "five failures in fifteen minutes, for SSH and for the logins of sites, longer bans for repeat offenders, administrators never",
  on: "every host",
  guarded: true,
  settings: ({ config }: ConfigModel, host) => fail2banSettings(config, host.name),
  plan: fail2banPlan,
});
