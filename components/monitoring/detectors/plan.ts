import { CONFINEMENT } from "../../plan/confinement";
import { textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { isActive, isEnabled, readUnits, serviceSteps, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import type { DetectorsSettings } from "./settings";

const UNIT = "phiward-detectors.service";

export function detectorsPlan(settings: DetectorsSettings): ConcernPlan {
  const { host, senders, breakGlass, people, networks, thresholds } = settings;
  const told = { host, senders, breakGlass, people, networks, thresholds };
  const config = textFile("/etc/phiward/detectors.json", `${JSON.stringify(told, null, 2)}\n`);
  const unit = textFile(`/etc/systemd/system/${UNIT}`, UNIT_TEXT);
  return {
    ...EMPTY_PLAN,
    packages: ["python3"],
    files: [config, unit],
    steps: [
      readUnits([unit]),
      ...serviceSteps(UNIT),
      {
        // One that runs goes on with what it was started with.
        id: "restart-detectors",
        argv: ["systemctl", "restart", UNIT],
        phase: "after",
        when: { kind: "change", on: [config, unit] },
        undo: { kind: "again" },
      },
    ],
    checks: [
      isActive(UNIT, { id: "detectors-run", control: "MON-03" }),
      isEnabled(UNIT, { id: "detectors-start-with-the-host", control: "MON-03" }),
      {
        // What Prometheus gets of them, and since when.
        id: "detectors-look",
        control: "MON-03",
        argv: programCommand("detectors", "looked"),
        expect: { kind: "equals", text: "looked" },
        outOfReach: true,
      },
    ],
  };
}

// Its account is there while it runs, has no right but to read journals, and reaches this machine alone, where nothing is asked of it.
const UNIT_TEXT = `[Unit]
Description=Look at the record for what should not be
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${programCommand("detectors", "watch").join(" ")}
DynamicUser=yes
SupplementaryGroups=systemd-journal systemd-journal-remote
StateDirectory=phiward-detectors
StateDirectoryMode=0700
IPAddressDeny=any
IPAddressAllow=127.0.0.1
SocketBindDeny=any
Restart=always
RestartSec=15s
RestartSteps=5
RestartMaxDelaySec=2min
OOMPolicy=continue
MemoryMax=256M
LimitNOFILE=32768
TasksMax=16
CPUQuota=50%
Nice=10
${CONFINEMENT}
ProtectHome=yes
ProtectProc=invisible
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
`;

const STOPPED = stoppedUnits([UNIT], "MON-03");

/** Ends the looking. What was counted goes; the records stay. */
export const DETECTORS_REMOVAL: ConcernPlan = {
  ...STOPPED,
  steps: [
    ...STOPPED.steps,
    {
      id: "forget-events",
      argv: ["systemctl", "clean", "--what=state", UNIT],
      phase: "before",
      when: {
        kind: "state",
        unless: {
          argv: ["find", "/var/lib/private", "-maxdepth", "1", "-name", "phiward-detectors"],
          expect: { kind: "lacks", pattern: "." },
        },
      },
      undo: { kind: "none" },
    },
  ],
};
