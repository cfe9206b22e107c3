import { hostDuties } from "../../config/duties";
import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { NGINX_REMOVAL, nginxPlan } from "./plan";
import { nginxSettings } from "./settings";

export const nginx = defineConcern({
  name: "nginx",
  summary: "TLS 1.3 only, limits, security headers, and no patient data in its logs",
  on: "where declared",
  guarded: false,
  requires: [{ because: "it has sites", concerns: ["certificates"] }],
  settings: (model: StackModel, host) => (hostDuties(model.config, host.name).sites ? nginxSettings(model) : undefined),
  plan: nginxPlan,
  removal: { kind: "plan", plan: NGINX_REMOVAL },
});
