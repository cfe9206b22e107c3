import { CONFINEMENT } from "../../plan/confinement";
import { textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { isActive, isEnabled, readUnits, serviceSteps, stoppedUnits, timerText } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import { SESSIONS_DIRECTORY } from "../../system/people/recording";
import type { SessionsSettings } from "./settings";

const SETTINGS = "/etc/phiward/sessions.json";
const VAULT_KEY = "/etc/phiward/sessions-vault-key";
const TIMER = "phiward-sessions.timer";
/** Runs at no start: it waits for the host's end. */
const LAST = "phiward-sessions-last.service";

/** A session that has ended is encrypted within a minute, and its clear text goes. */
export function sessionsPlan({ host, recipient, vault, days, alerts }: SessionsSettings): ConcernPlan {
  const way = vault === null ? null : { address: vault.address, port: vault.port, user: vault.user, knownHosts: VAULT_KEY };
  const settings = textFile(SETTINGS, `${JSON.stringify({ host, recipient, vault: way, days }, null, 2)}\n`, "0600");
  const units = [
    textFile("/etc/systemd/system/phiward-sessions.service", sealText(alerts)),
    textFile(`/etc/systemd/system/${TIMER}`, TIMER_TEXT),
    textFile(`/etc/systemd/system/${LAST}`, LAST_TEXT),
  ];
  return {
    ...EMPTY_PLAN,
    // sudoreplay, which plays one, comes with sudo.
    packages: ["age", "openssh-client", "python3", "sudo", "tar"],
    // The program asks for it by this name, whatever the vault's address is.
    files: [settings, ...(vault === null ? [] : [textFile(VAULT_KEY, `vault ${vault.hostKey}\n`)]), ...units],
    steps: [readUnits(units), ...serviceSteps(TIMER), ...serviceSteps(LAST)],
    checks: [
      isActive(TIMER, { id: "sessions-timer-runs", control: "SSH-27" }),
      isEnabled(LAST, { id: "sessions-sealed-before-the-host-stops", control: "SSH-27" }),
      {
        // None waits in the clear, and none for the vault.
        id: "sessions-sealed-and-sent",
        control: "LOG-02",
        argv: programCommand("sessions", "healthy"),
        expect: { kind: "equals", text: "recorded, sealed and sent" },
        outOfReach: true,
      },
    ],
  };
}

// It reads what others have open, to tell a session that goes on from one whose sudo was killed.
const CONFINED = `${CONFINEMENT}
ReadWritePaths=/run/phiward /var/lib/phiward
ProtectHome=yes
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_PTRACE
`;

function sealText(alerts: boolean): string {
  return `[Unit]
Description=Encrypt the recorded sessions that have ended, and send them to the vault
RequiresMountsFor=${SESSIONS_DIRECTORY}${alerts ? "\nOnFailure=phiward-alert@%n.service" : ""}

[Service]
Type=oneshot
ExecStart=${programCommand("sessions", "seal").join(" ")}
TimeoutStartSec=1h
Nice=10
${CONFINED}`;
}

const TIMER_TEXT = timerText("Encrypt the recorded sessions that have ended, each minute", "*:0/1", "AccuracySec=10s");

// What is stopped in the reverse of this order: after people's sessions, before the place in memory goes.
const LAST_TEXT = `[Unit]
Description=Encrypt the recorded sessions before the host stops
RequiresMountsFor=${SESSIONS_DIRECTORY} /var/lib/phiward
Before=systemd-user-sessions.service ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStop=${programCommand("sessions", "last").join(" ")}
TimeoutStopSec=60s
${CONFINED}
[Install]
WantedBy=multi-user.target
`;

/** Seals what is there, and stops. What is sealed stays, here and at the vault. */
export const SESSIONS_REMOVAL: ConcernPlan = stoppedUnits([TIMER, LAST], "SSH-27");
