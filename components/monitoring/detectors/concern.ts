import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { DETECTORS_REMOVAL, detectorsPlan } from "./plan";
import { detectorsSettings } from "./settings";

export const detectors = defineConcern({
  name: "detectors",
  summary:
    "what no metric shows, noticed in the record as it arrives: failed logins, restores, use of keys, lost records, containers by hand",
  on: "where declared",
  guarded: false,
  requires: [{ because: "it looks at records of other hosts", concerns: ["records"] }],
  settings: (model: StackModel, host) => detectorsSettings(model, host),
  plan: detectorsPlan,
  removal: { kind: "plan", plan: DETECTORS_REMOVAL },
});
