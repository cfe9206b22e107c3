import { hostDuties } from "../../config/duties";
import { defineConcern } from "../../plan/concern";
import { EMPTY_PLAN } from "../../plan/types";
import type { StackModel } from "../model";
import { secretsPlan } from "./plan";
import { secretsSettings } from "./settings";

export const secrets = defineConcern({
  name: "secrets",
  summary: "passwords and keys that are created on the host, mounted into services as files, and escrowed",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) =>
    hostDuties(model.config, host.name).services || hostDuties(model.config, host.name).backup ? secretsSettings(model) : undefined,
  plan: secretsPlan,
  removal: { kind: "plan", plan: EMPTY_PLAN },
});
