import { programCommand } from "../../plan/programs";
import { isActive } from "../../plan/systemd";
import type { Check } from "../../plan/types";

export const SERVICE = "phiward-integrity.service";
export const TIMER = "phiward-integrity.timer";

/** The looks at the host. `settings` is the SHA-256 of the file that they are held against, which a host may have changed. */
export function integrityChecks(settings: string, alerts: boolean): readonly Check[] {
  // Whatever is found is others' work: a deploy does not remove it, and is not stopped by it.
  const found = { expect: { kind: "equals", text: "" }, onlyWarns: true, outOfReach: true } as const;
  return [
    { ...found, id: "integrity-nothing-undeclared", control: "MON-06", argv: programCommand("integrity", "look", settings) },
    { ...found, id: "integrity-nothing-found-daily", control: "MON-06", argv: programCommand("integrity", "last") },
    isActive(TIMER, { id: "integrity-looked-at-daily", control: "MON-06" }),
    ...(alerts ? [ALERTS] : []),
  ];
}

const ALERTS: Check = {
  id: "integrity-alerts",
  control: "MON-06",
  argv: ["systemctl", "show", "--property=OnFailure", "--value", SERVICE],
  expect: { kind: "equals", text: `phiward-alert@${SERVICE}.service` },
};
