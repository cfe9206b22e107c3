import { CONFINEMENT } from "../../plan/confinement";
import { textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { enableStep, isActive, isEnabled, readUnits, serviceSteps, timerText } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Probe } from "../../plan/types";
import type { SealingSettings } from "./settings";

const SETTINGS = "/etc/phiward/sealing.json";
const VAULT_KEY = "/etc/phiward/sealing-vault-key";
const TIMER = "phiward-sealing.timer";
/** Asks for the key and for the file that journald writes: what the settings say is no proof. */
const SEALED: Probe = { argv: programCommand("sealing", "sealed"), expect: { kind: "equals", text: "sealed" } };

/** journald seals what it has written; a key that somebody removed, or one of another interval, is made again by the next deploy. */
export function sealingPlan({ host, intervalSeconds, recipient, vault, alerts }: SealingSettings): ConcernPlan {
  const way = vault === null ? null : { address: vault.address, port: vault.port, user: vault.user, knownHosts: VAULT_KEY };
  const settings = textFile(SETTINGS, `${JSON.stringify({ host, intervalSeconds, recipient, vault: way }, null, 2)}\n`, "0600");
  const units = [
    textFile("/etc/systemd/system/phiward-sealing.service", keepText(alerts)),
    textFile(`/etc/systemd/system/${TIMER}`, TIMER_TEXT),
    ...BEFORE.map(({ unit, text }) => textFile(`/etc/systemd/system/${unit}`, text)),
  ];
  return {
    ...EMPTY_PLAN,
    packages: ["age", "openssh-client", "python3"],
    // The program asks for it by this name, whatever the vault's address is.
    files: [settings, ...(vault === null ? [] : [textFile(VAULT_KEY, `vault ${vault.hostKey}\n`)]), ...units],
    steps: [
      readUnits(units),
      // They run by themselves before what wants them, and start nothing now.
      ...BEFORE.map(({ unit }) => enableStep(unit, { requiredNow: true })),
      {
        id: "make-sealing-key",
        argv: programCommand("sealing", "begin"),
        phase: "after",
        when: { kind: "state", unless: SEALED },
        undo: { kind: "none" },
        tells: true,
      },
      ...serviceSteps(TIMER),
    ],
    checks: [
      { id: "journal-sealed", control: "LOG-08", ...SEALED },
      ...BEFORE.map(({ unit, id }) => isEnabled(unit, { id, control: "LOG-08" })),
      isActive(TIMER, { id: "sealing-timer-runs", control: "LOG-08" }),
    ],
  };
}

function keepText(alerts: boolean): string {
  return `[Unit]
Description=See that the journal is sealed, and leave what shows a broken seal at the vault
RequiresMountsFor=/var/log/journal /var/lib/phiward${alerts ? "\nOnFailure=phiward-alert@%n.service" : ""}

[Service]
Type=oneshot
ExecStart=${programCommand("sealing", "keep").join(" ")}
TimeoutStartSec=1h
Nice=10
${CONFINEMENT}
ReadWritePaths=/run/phiward /var/lib/phiward
ProtectHome=yes
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH
`;
}

/** Before journald opens its file on the disk, at the host's start and at its own: what it has closed stays closed. */
const BEFORE = [
  {
    id: "journal-begins-file-at-restart",
    unit: "phiward-journal-restart.service",
    // At the host's start too, when the disk may be read-only yet: it only has the numbers of records go on then.
    text: beforeText("journald starts", "systemd-journald.service", "before-start", ""),
  },
  {
    id: "journal-begins-file-at-boot",
    unit: "phiward-journal-boot.service",
    // Once it has gone over to the disk, it has the file open.
    text: beforeText(
      "journald goes over to the disk",
      "systemd-journal-flush.service",
      "leave-closed",
      "After=systemd-remount-fs.service\nRequiresMountsFor=/var/log/journal\nConditionPathExists=!/run/systemd/journal/flushed\n",
    ),
  },
] as const;

function beforeText(what: string, unit: string, verb: string, more: string): string {
  return `[Unit]
Description=Leave sealed files of the journal closed before ${what}
DefaultDependencies=no
Before=${unit}
${more}
[Service]
Type=oneshot
ExecStart=-${programCommand("sealing", verb).join(" ")}
TimeoutStartSec=20s
StandardOutput=null
StandardError=null
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH

[Install]
WantedBy=${unit}
`;
}

const TIMER_TEXT = timerText("See that the journal is sealed, each quarter of an hour", "*:7/15", "RandomizedDelaySec=2min");
