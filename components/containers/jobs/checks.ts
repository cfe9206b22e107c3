import { isActive, isEnabled } from "../../plan/systemd";
import type { Check } from "../../plan/types";
import type { JobsSettings } from "./settings";
import { JOBS_TARGET, jobUnit, WATCH } from "./units";

export function jobsChecks({ jobs }: JobsSettings): readonly Check[] {
  const ask = { control: "BKP-10" } as const;
  return [
    isEnabled(JOBS_TARGET, { ...ask, id: "jobs-start-with-host" }),
    isActive(`${WATCH}.timer`, { id: "services-watched", control: "CTR-11" }),
    ...jobs.flatMap(({ name }): readonly Check[] => [
      isActive(`${jobUnit(name)}.timer`, { ...ask, id: `job-${name}-timer-runs` }),
      {
        ...ask,
        id: `job-${name}-alerts-on-failure`,
        argv: ["systemctl", "show", "--property=OnFailure", "--value", `${jobUnit(name)}.service`],
        expect: { kind: "equals", text: `phiward-alert@${jobUnit(name)}.service.service` },
      },
      {
        ...ask,
        id: `job-${name}-last-run-succeeded`,
        argv: ["systemctl", "show", "--property=Result", "--value", `${jobUnit(name)}.service`],
        expect: { kind: "equals", text: "success" },
        // It is the service's own program that fails, and a deploy may be what mends it.
        onlyWarns: true,
      },
    ]),
  ];
}
