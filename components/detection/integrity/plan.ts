import { textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { sha256Of } from "../../plan/request";
import { readUnits, serviceSteps, timerText } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import { integrityChecks, SERVICE, TIMER } from "./checks";
import type { IntegritySettings } from "./settings";

const SETTINGS = "/etc/phiward/integrity.json";
/** What was there at first. */
const BASELINE = "/var/lib/phiward/integrity/baseline.json";

/** The inventory of a host, held against what is declared of it: at each verify, and each day with every file of every package. */
export function integrityPlan({ time, alerts, declared }: IntegritySettings): ConcernPlan {
  const settings = textFile(SETTINGS, settingsText(declared), "0600");
  const units = [
    textFile(`/etc/systemd/system/${SERVICE}`, serviceText(alerts)),
    textFile(
      `/etc/systemd/system/${TIMER}`,
      timerText("Look each day for what nobody declared on this host", `*-*-* ${time}:00 UTC`, "Persistent=true"),
    ),
  ];
  return {
    ...EMPTY_PLAN,
    // lsattr, getcap, nft, ss and findmnt.
    packages: ["python3", "e2fsprogs", "libcap2-bin", "nftables", "iproute2", "util-linux"],
    files: [settings, ...units],
    steps: [
      readUnits(units),
      ...serviceSteps(TIMER),
      {
        id: "restart-timer",
        argv: ["systemctl", "restart", TIMER],
        phase: "after",
        when: { kind: "change", on: units },
        undo: { kind: "again" },
      },
      {
        id: "take-baseline",
        argv: programCommand("integrity", "begin"),
        phase: "after",
        when: { kind: "state", unless: { argv: ["test", "-s", BASELINE], expect: { kind: "exit", code: 0 } } },
        // It says what was there, which stays true.
        undo: { kind: "none" },
      },
    ],
    checks: integrityChecks(sha256Of(settingsText(declared)), alerts),
  };
}

function settingsText(declared: IntegritySettings["declared"]): string {
  return `${JSON.stringify(declared, null, 1)}\n`;
}

// Not confined: it looks at all of the host, and asks the checks, which are the deploy's own. It comes after everything else.
function serviceText(alerts: boolean): string {
  return `[Unit]
Description=Look for what nobody declared on this host${alerts ? "\nOnFailure=phiward-alert@%n.service" : ""}

[Service]
Type=oneshot
ExecStart=${programCommand("integrity", "daily").join(" ")}
TimeoutStartSec=1h
Nice=10
IOSchedulingClass=idle
UMask=0077
`;
}
