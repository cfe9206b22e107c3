import { CERTIFICATES_DUE } from "../../config/calendar";
import { ACME_DIRECTORY } from "../../config/names";
import { CONFINEMENT } from "../../plan/confinement";
import { type AbsolutePath, type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { METRICS_DIRECTORY } from "../../plan/places";
import { LOG_DIRECTORY, programCommand } from "../../plan/programs";
import { readUnits, serviceSteps, stoppedUnits, timerText } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Probe, type Step } from "../../plan/types";
import { TOKENS_DIRECTORY, WEBROOT } from "./acme";
import { CERTBOT_TIMER, obtainSteps } from "./certbot";
import { certificatesChecks } from "./checks";
import { type CertificatesSettings, PROVIDED_DIRECTORY, type SiteCertificate, TLS_DIRECTORY } from "./settings";

const PROGRAM = "certificates";
const CONFIG = "/etc/phiward/certificates.json";
const UNITS = "/etc/systemd/system";
const SERVICE = "phiward-certificates.service";
const TIMER = "phiward-certificates.timer";
const METRICS = `${METRICS_DIRECTORY}/phiward-certificates.prom` as const;

export function certificatesPlan(settings: CertificatesSettings): ConcernPlan {
  const units = [textFile(`${UNITS}/${SERVICE}`, SERVICE_TEXT), textFile(`${UNITS}/${TIMER}`, TIMER_TEXT)];
  const { sites, acme } = settings;
  const hasAcme = acme !== undefined;
  const brought: readonly PlanFile[] = [
    ...settings.chains.map(({ path, text }) => textFile(path, text, "0600")),
    ...settings.secrets.map(
      ({ path, ...secret }): PlanFile => ({ path, owner: "root:root", mode: "0600", content: { kind: "secret", ...secret } }),
    ),
  ];
  return {
    ...EMPTY_PLAN,
    packages: ["openssl", "python3", ...(hasAcme ? ["certbot", "ca-certificates"] : [])],
    directories: [
      // Keys of former sites stay until the web server no longer reads them: its plan removes them.
      { path: TLS_DIRECTORY, owner: "root:root", mode: "0700" },
      { path: METRICS_DIRECTORY, owner: "root:root", mode: "0755" },
      ...(hasAcme ? acmeDirectories(sites) : []),
      ...([PROVIDED_DIRECTORY, TOKENS_DIRECTORY] as const)
        .filter((path) => brought.some((file) => file.path.startsWith(`${path}/`)))
        .map(closed),
    ],
    files: [textFile(CONFIG, configText(settings)), ...brought, ...units],
    steps: [
      readUnits(units, "read-certificate-units"),
      ...(hasAcme ? [CERTBOT_TIMER.step] : []),
      // By the service, so that what systemd says of its last run is true of the last try.
      make("make-certificates", { argv: programCommand(PROGRAM, "check"), expect: { kind: "exit", code: 0 } }, hasAcme),
      make("retry-certificates", LAST_RUN_SUCCEEDED, hasAcme),
      ...(hasAcme ? obtainSteps() : []),
      ...serviceSteps(TIMER),
    ],
    checks: [
      ...certificatesChecks(settings, (...words) => programCommand(PROGRAM, ...words), { service: SERVICE, timer: TIMER }),
      ...(hasAcme ? [CERTBOT_TIMER.check] : []),
    ],
  };
}

function closed(path: AbsolutePath): PlanDirectory {
  return { path, owner: "root:root", mode: "0700", exclusive: { noun: "secrets", keep: [], discard: true } };
}

function acmeDirectories(sites: readonly SiteCertificate[]): readonly PlanDirectory[] {
  const keep = sites.flatMap(({ site, authority }) => (authority === undefined ? [] : [`${site}.pem`]));
  return [
    { path: ACME_DIRECTORY, owner: "root:root", mode: "0700" },
    // What was issued for a site that is gone, or has another kind of certificate now; the account stays.
    { path: `${ACME_DIRECTORY}/certificates`, owner: "root:root", mode: "0700", exclusive: { noun: "certificates", keep, discard: true } },
    { path: WEBROOT, owner: "root:root", mode: "0755" },
  ];
}

function configText({ sites, acme }: CertificatesSettings): string {
  return `${JSON.stringify({ directory: TLS_DIRECTORY, server: "nginx.service", metrics: METRICS, sites, acme }, null, 2)}\n`;
}

const LAST_RUN_SUCCEEDED: Probe = {
  argv: ["systemctl", "show", SERVICE, "--property=Result", "--value"],
  expect: { kind: "equals", text: "success" },
};

// What an authority refuses fails no deploy: a check reports it, and an alert.
function make(id: string, unless: Probe, mayFail: boolean): Step {
  const program = mayFail ? "-systemctl" : "systemctl";
  return { id, argv: [program, "start", SERVICE], phase: "after", when: { kind: "state", unless }, undo: { kind: "again" } };
}

// It writes keys, has nginx judge them, which opens its sockets and its process file to do so, and asks systemd for the reload; what goes
// wrong is in its log. What it orders at an authority is kept, and shown by nginx.
const SERVICE_TEXT = `[Unit]
Description=Renew the certificates that are due
OnFailure=phiward-alert@%n.service
# Whoever asks again and again is an operator at work.
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${programCommand(PROGRAM, "renew").join(" ")}
${CONFINEMENT}
ReadWritePaths=${TLS_DIRECTORY} -${ACME_DIRECTORY} -${WEBROOT} /run -/var/lib/nginx -${LOG_DIRECTORY} -${METRICS_DIRECTORY}
# Of certbot's package: what is there would change what certbot does.
InaccessiblePaths=-/etc/letsencrypt
ProtectHome=yes
CapabilityBoundingSet=CAP_CHOWN CAP_NET_BIND_SERVICE
`;

const TIMER_TEXT = timerText(
  "Renew the certificates that are due, every day",
  CERTIFICATES_DUE.calendar,
  `RandomizedDelaySec=${CERTIFICATES_DUE.delaySeconds}`,
  "Persistent=true",
);

/** Takes the certificates down: a site that is gone leaves no key behind. Accounts stay: an authority counts how many one makes. */
export const CERTIFICATES_REMOVAL: ConcernPlan = {
  ...stoppedUnits([TIMER], "CRT-01"),
  absent: [{ noun: "metrics", glob: METRICS }],
  directories: [
    ...([TLS_DIRECTORY, `${ACME_DIRECTORY}/certificates`] as const).map(
      (path): PlanDirectory => ({ path, owner: "root:root", mode: "0700", exclusive: { noun: "certificates", keep: [], discard: true } }),
    ),
  ],
};
