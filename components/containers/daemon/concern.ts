import { hostDuties } from "../../config/duties";
import { defineConcern } from "../../plan/concern";
import type { StackModel } from "../model";
import { DOCKER_REMOVAL, dockerPlan, NO_CONTAINERS } from "./plan";
import { dockerSettings } from "./settings";

export const docker = defineConcern({
  name: "docker",
  summary: "the Docker daemon, its networks and limits, and the images by digest",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => (hostDuties(model.config, host.name).services ? dockerSettings(model) : undefined),
  plan: dockerPlan,
  removal: { kind: "plan", plan: DOCKER_REMOVAL, onceTrue: NO_CONTAINERS },
});
