import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { JOURNAL_REMOVAL, journalPlan } from "./plan";
import { journalSettings } from "./settings";

export const journal = defineConcern({
  name: "journal",
  summary: "the journal, sent to the vault as it is written, where the host can add to it and change nothing",
  on: "where declared",
  guarded: false,
  afterVaults: true,
  settings: (model: StackModel, host) => journalSettings(model, host.name),
  plan: journalPlan,
  removal: { kind: "plan", plan: JOURNAL_REMOVAL },
});
