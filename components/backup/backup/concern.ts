import { hostDuties } from "../../config/duties";
import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { BACKUP_REMOVAL, backupPlan } from "./plan";
import { backupSettings } from "./settings";

export const backup = defineConcern({
  name: "backup",
  summary: "databases, volumes and files, on the host and on the vault, checked daily and test-restored",
  on: "where declared",
  guarded: false,
  afterVaults: true,
  requires: [{ because: "it has backups", concerns: ["secrets"] }],
  settings: (model: StackModel, host) => (hostDuties(model.config, host.name).backup ? backupSettings(model, host.name) : undefined),
  plan: backupPlan,
  removal: { kind: "plan", plan: BACKUP_REMOVAL },
});
