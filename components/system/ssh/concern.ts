import { type ConfigModel, defineConcern } from "../../plan/concern";
import { sshPlan } from "./plan";
import { sshSettings } from "./settings";

export const ssh = defineConcern({
  name: "ssh",
  summary: "keys only, no root, groups, no forwarding, post-quantum key exchange, strong ciphers by OpenSSH's version",
  on: "every host",
  guarded: true,
  settings: ({ config }: ConfigModel) => sshSettings(config),
  plan: sshPlan,
});
