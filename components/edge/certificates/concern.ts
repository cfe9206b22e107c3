import { hostDuties } from "../../config/duties";
import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { CERTIFICATES_REMOVAL, certificatesPlan } from "./plan";
import { certificatesSettings } from "./settings";

export const certificates = defineConcern({
  name: "certificates",
  summary: "a certificate for each site: of an authority (ACME), of the host's own, or brought; renewed on the host",
  on: "where declared",
  guarded: false,
  settings: (model: StackModel, host) => (hostDuties(model.config, host.name).sites ? certificatesSettings(model, host) : undefined),
  plan: certificatesPlan,
  removal: { kind: "plan", plan: CERTIFICATES_REMOVAL },
});
