import { CERTIFICATES_DUE } from "../../config/calendar";
import { CONFINEMENT } from "../../plan/confinement";
import { textFile } from "../../plan/files";
import { LOG_DIRECTORY, programCommand } from "../../plan/programs";
import { readUnits, serviceSteps, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Probe, type Step } from "../../plan/types";
import { certificatesChecks } from "./checks";
import { type CertificatesSettings, TLS_DIRECTORY } from "./settings";

const PROGRAM = "certificates";
const CONFIG = "/etc/phiward/certificates.json";
const UNITS = "/etc/systemd/system";
const SERVICE = "phiward-certificates.service";
const TIMER = "phiward-certificates.timer";

export function certificatesPlan(settings: CertificatesSettings): ConcernPlan {
  const units = [textFile(`${UNITS}/${SERVICE}`, SERVICE_TEXT), textFile(`${UNITS}/${TIMER}`, TIMER_TEXT)];
  return {
    ...EMPTY_PLAN,
    packages: ["openssl", "python3"],
    directories: [
      // Keys of former sites stay until the web server no longer reads them: its plan removes them.
      { path: TLS_DIRECTORY, owner: "root:root", mode: "0700" },
    ],
    files: [
      textFile(CONFIG, `${JSON.stringify({ directory: TLS_DIRECTORY, server: "nginx.service", sites: settings.sites }, null, 2)}\n`),
      ...units,
    ],
    steps: [
      readUnits(units, "read-certificate-units"),
      // By the service, so that what systemd says of its last run is true of the last try.
      make("make-certificates", { argv: programCommand(PROGRAM, "check"), expect: { kind: "exit", code: 0 } }),
      make("retry-certificates", LAST_RUN_SUCCEEDED),
      ...serviceSteps(TIMER),
    ],
    checks: certificatesChecks(settings, programCommand(PROGRAM, "check"), { service: SERVICE, timer: TIMER }),
  };
}

const LAST_RUN_SUCCEEDED: Probe = {
  argv: ["systemctl", "show", SERVICE, "--property=Result", "--value"],
  expect: { kind: "equals", text: "success" },
};

function make(id: string, unless: Probe): Step {
  return { id, argv: ["systemctl", "start", SERVICE], phase: "after", when: { kind: "state", unless }, undo: { kind: "again" } };
}

// It writes keys, has nginx judge them, which opens its sockets and its process file to do so, and asks systemd for the reload; what goes wrong is in its log.
const SERVICE_TEXT = `[Unit]
Description=Renew the certificates that are due
OnFailure=phiward-alert@%n.service
# Whoever asks again and again is an operator at work.
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${programCommand(PROGRAM, "renew").join(" ")}
${CONFINEMENT}
ReadWritePaths=${TLS_DIRECTORY} /run -/var/lib/nginx -${LOG_DIRECTORY}
ProtectHome=yes
CapabilityBoundingSet=CAP_CHOWN CAP_NET_BIND_SERVICE
`;

const TIMER_TEXT = `[Unit]
Description=Renew the certificates that are due, every day

[Timer]
OnCalendar=${CERTIFICATES_DUE.calendar}
RandomizedDelaySec=${CERTIFICATES_DUE.delaySeconds}
Persistent=true

[Install]
WantedBy=timers.target
`;

/** Takes the certificates down: a site that is gone leaves no key behind. */
export const CERTIFICATES_REMOVAL: ConcernPlan = {
  ...stoppedUnits([TIMER], "CRT-01"),
  directories: [{ path: TLS_DIRECTORY, owner: "root:root", mode: "0700", exclusive: { noun: "certificates", keep: [], discard: true } }],
};
