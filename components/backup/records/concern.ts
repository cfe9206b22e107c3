import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { RECORDS_REMOVAL, recordsPlan } from "./plan";
import { recordsSettings } from "./settings";

export const records = defineConcern({
  name: "records",
  summary: "other hosts' journals, one file each, which they can add to and not change; kept for years, checked and watched",
  on: "where declared",
  guarded: false,
  requires: [{ because: "it has records of other hosts", concerns: ["vault"] }],
  settings: (model: StackModel, host) => recordsSettings(model, host.name),
  plan: recordsPlan,
  removal: { kind: "plan", plan: RECORDS_REMOVAL },
});
