import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { SESSIONS_REMOVAL, sessionsPlan } from "./plan";
import { sessionsSettings } from "./settings";

export const sessions = defineConcern({
  name: "sessions",
  summary: "recorded root shells of people, each encrypted to the incident key on the host and sent to the vault",
  on: "where declared",
  guarded: false,
  afterVaults: true,
  settings: (model: StackModel, host) => sessionsSettings(model, host.name),
  plan: sessionsPlan,
  removal: { kind: "plan", plan: SESSIONS_REMOVAL },
});
