import type { StackModel } from "../../containers/model";
import { defineConcern } from "../../plan/concern";
import { scansPlan } from "./plan";
import { scansSettings } from "./settings";

export const scans = defineConcern({
  name: "scans",
  summary:
    "known vulnerabilities of the host's packages and its images, by Debian's data, each day; the system's settings, by lynis, each week",
  on: "every host",
  guarded: false,
  settings: (model: StackModel) => scansSettings(model),
  plan: scansPlan,
});
