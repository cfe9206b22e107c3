import { hostDuties } from "../../config/duties";
import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { VAULT_REMOVAL, vaultPlan } from "./plan";
import { vaultSettings } from "./settings";

export const vault = defineConcern({
  name: "vault",
  summary: "other hosts' backups, which they can add to and not change; pruned, checked and watched here",
  on: "where declared",
  guarded: false,
  requires: [{ because: "it has backups of other hosts", concerns: ["duties"] }],
  settings: (model: StackModel, host) => (hostDuties(model.config, host.name).vault ? vaultSettings(model, host.name) : undefined),
  plan: vaultPlan,
  removal: { kind: "plan", plan: VAULT_REMOVAL },
});
