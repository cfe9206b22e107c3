/** How a failed job alerts people; a part of the plans of concerns that have jobs. */
import { CONFINEMENT } from "../../plan/confinement";
import { type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { LOG_DIRECTORY, programCommand } from "../../plan/programs";
import { isActive, serviceSteps } from "../../plan/systemd";
import type { Check, Step } from "../../plan/types";
import type { AlertsSettings } from "./settings";

const TEMPLATE = "/etc/systemd/system/phiward-alert@.service";
/** Where unsent alerts wait. In the plan and not the unit's StateDirectory=: what systemd cannot make on a full disk would start no alert. */
export const ALERT_DIRECTORY: PlanDirectory = { path: "/var/lib/phiward/alerts", owner: "root:root", mode: "0700" };
/** The timer that tries unsent alerts again. */
export const FLUSH_TIMER = "phiward-alerts.timer";

/** Files of the alerts: whom they reach, and the units that send them. */
export function alertFiles(settings: AlertsSettings): readonly PlanFile[] {
  return [
    textFile("/etc/phiward/alert.json", `${JSON.stringify(settings, null, 2)}\n`, "0600"),
    textFile(TEMPLATE, service("Alert that %i failed", "send %i")),
    textFile("/etc/systemd/system/phiward-alerts.service", service("Send alerts that could not be sent before", "flush")),
    textFile(`/etc/systemd/system/${FLUSH_TIMER}`, FLUSH_TIMER_TEXT),
  ];
}

/** Steps that keep unsent alerts on their way; systemd has to have read the units before. */
export const ALERT_STEPS: readonly Step[] = serviceSteps(FLUSH_TIMER);

/** Checks of the alerts: that unsent ones are tried again, and that none waits. */
export const ALERT_CHECKS: readonly Check[] = [
  isActive(FLUSH_TIMER, { id: "alerts-tried-again", control: "BKP-10" }),
  {
    id: "alerts-all-sent",
    control: "BKP-10",
    argv: ["find", ALERT_DIRECTORY.path, "-ignore_readdir_race", "-name", "*.json"],
    expect: { kind: "lacks", pattern: "." },
    onlyWarns: true,
  },
  {
    // Put there by hand, if at all.
    id: "alerts-token-owner-only",
    control: "SEC-09",
    argv: ["find", "/etc/phiward", "-name", "alert-token", "(", "-perm", "/077", "-o", "-not", "-user", "root", ")"],
    expect: { kind: "lacks", pattern: "." },
  },
];

function service(description: string, words: string): string {
  return `[Unit]
Description=${description}

[Service]
Type=oneshot
ExecStart=${programCommand("alerts", words).join(" ")}
TimeoutStartSec=10min
${CONFINEMENT}
ReadWritePaths=-${ALERT_DIRECTORY.path} -${LOG_DIRECTORY}
ProtectHome=yes
CapabilityBoundingSet=
`;
}

const FLUSH_TIMER_TEXT = `[Unit]
Description=Send alerts that could not be sent before

[Timer]
OnBootSec=2min
OnUnitInactiveSec=10min

[Install]
WantedBy=timers.target
`;
