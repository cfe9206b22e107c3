/** certbot on a host: our timer is the one that renews, and a deploy asks once nginx can answer. */
import { programCommand } from "../../plan/programs";
import type { Check, Probe, Step } from "../../plan/types";

const SERVICE = "phiward-certificates.service";
const TIMER = "certbot.timer";

const OFF: Probe = {
  argv: ["systemctl", "show", "--property=ActiveState,UnitFileState", TIMER],
  expect: { kind: "lacks", pattern: "^(ActiveState=(active|activating)|UnitFileState=enabled)$" },
};

const STOP: Step = {
  id: "stop-certbot-timer",
  argv: ["systemctl", "disable", "--now", TIMER],
  phase: "after",
  when: { kind: "state", unless: OFF },
  undo: { kind: "none" },
};

const CHECK: Check = { id: "certbot-own-timer-off", control: "CRT-01", ...OFF };

/** The package's own timer, which Debian enables: what it finds to renew nobody declared. */
export const CERTBOT_OFF = { steps: [STOP], checks: [CHECK] } as const;

/**
 * Asks the authorities for what is missing. It may fail: a check says why, with the host's own certificate standing in, and the host
 * tries again by itself. Of a new site it comes to nothing until nginx has it: so the web server's plan ends with it too.
 */
export function obtainSteps(): readonly Step[] {
  const unless: Probe = { argv: programCommand("certificates", "trusted"), expect: { kind: "exit", code: 0 } };
  return [
    {
      id: "obtain-certificates",
      argv: ["-systemctl", "start", SERVICE],
      phase: "after",
      when: { kind: "state", unless },
      undo: { kind: "none" },
    },
  ];
}
