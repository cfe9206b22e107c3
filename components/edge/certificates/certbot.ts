/** certbot on a host: our timer is the one that renews, and a deploy asks once nginx can answer. */
import { programCommand } from "../../plan/programs";
import { ownTimerOff } from "../../plan/systemd";
import type { Probe, Step } from "../../plan/types";

const SERVICE = "phiward-certificates.service";

/** The package's own timer: what it finds to renew nobody declared. */
export const CERTBOT_TIMER = ownTimerOff("certbot.timer", "stop-certbot-timer", { id: "certbot-own-timer-off", control: "CRT-01" });

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
