import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { PHI_REMOVAL, phiPlan } from "./plan";
import { phiSettings } from "./settings";

export const phi = defineConcern({
  name: "phi",
  summary: "patients' columns that no dump, volume or backup opens, with a record of each decryption that nobody can change unnoticed",
  on: "where declared",
  guarded: false,
  requires: [{ because: "it has patients' columns", concerns: ["secrets", "accounts"] }],
  settings: (model: StackModel, host) => phiSettings(model, host.name),
  plan: phiPlan,
  removal: { kind: "plan", plan: PHI_REMOVAL },
});
