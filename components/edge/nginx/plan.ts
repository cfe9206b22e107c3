import { type AbsentFiles, type AbsolutePath, type PlanDirectory, type PlanFile, textFile, versionedFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { readUnits, serviceSteps, stoppedUnits } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN, type Step } from "../../plan/types";
import { obtainSteps } from "../certificates/certbot";
import { TLS_DIRECTORY } from "../certificates/settings";
import { nginxChecks } from "./checks";
import { errorsText } from "./errors";
import { DROP_IN_TEXT } from "./hardening";
import { headersText } from "./headers";
import { listenerFiles, STREAM, STREAM_TLS_DIRECTIVES } from "./listenerText";
import { mainText } from "./mainText";
import { passwordDirectories, passwordFiles, passwordSteps, userPaths } from "./passwordPlan";
import type { NginxSettings } from "./settings";
import { defaultServerText, NGINX_DIRECTORY, siteText, statusText } from "./siteText";
import { GROUPS, OLDEST_GROUPS, TLS_DIRECTIVES, type TlsDirective } from "./tls";

const SERVICE = "nginx.service";
const DROP_INS = `/etc/systemd/system/${SERVICE}.d` as const;
const DROP_IN = `${DROP_INS}/phiward.conf` as const;

/** Applied after the certificates, without which nginx does not start. */
export function nginxPlan(settings: NginxSettings): ConcernPlan {
  const files = renderedFiles(settings);
  const dropIn = textFile(DROP_IN, DROP_IN_TEXT);
  return {
    ...EMPTY_PLAN,
    packages: ["nginx", ...(settings.listeners === undefined ? [] : [STREAM.package]), "openssl", "curl"],
    directories: [
      exclusive(NGINX_DIRECTORY, "web server settings"),
      exclusive(DROP_INS, "web server settings"),
      ...passwordDirectories(settings.userFiles),
      {
        path: TLS_DIRECTORY,
        owner: "root:root",
        mode: "0700",
        // A site that is gone leaves no key behind; in one transaction with the settings that read it, whatever cuts it off.
        exclusive: { noun: "certificates", keep: settings.sites.flatMap(({ name }) => [name, `.${name}.[0-9]*`]), discard: true },
      },
      // Nothing reads these any more; what is left there would only mislead.
      ...["sites-enabled", "conf.d", "modules-enabled"].map((name) => exclusive(`/etc/nginx/${name}`, "sites")),
    ],
    files: [...files, ...passwordFiles(settings.userFiles), dropIn],
    writes: userPaths(settings.userFiles),
    absent: [OTHER_SERVICE],
    validators: [{ id: "nginx", argv: ["/usr/sbin/nginx", "-t", "-q"], files }],
    steps: [
      // Before nginx asks for them.
      ...passwordSteps(settings.userFiles),
      ...steps(files, dropIn),
      ...serviceSteps(SERVICE),
      ...(settings.sites.some(({ challenges }) => challenges) ? obtainSteps() : []),
    ],
    checks: nginxChecks(settings),
  };
}

// A file of this name would be read in place of the package's.
const OTHER_SERVICE: AbsentFiles = { noun: "web server settings", glob: `/etc/systemd/system/${SERVICE}` };

function steps(files: readonly PlanFile[], dropIn: PlanFile): readonly Step[] {
  const read = readUnits([dropIn, OTHER_SERVICE], "read-nginx-service");
  const restart: Step = {
    id: "restart-nginx",
    argv: ["systemctl", "restart", SERVICE],
    phase: "after",
    when: { kind: "change", on: [read] },
    undo: { kind: "again" },
  };
  const reload: Step = {
    // The old workers end the requests that they have; the new ones take the next.
    id: "reload-nginx",
    argv: ["systemctl", "reload-or-restart", SERVICE],
    phase: "after",
    when: { kind: "change", on: files },
    undo: { kind: "again" },
  };
  const drain: Step = {
    // What a service was before may go after this unit: whoever asked it gets an answer first.
    id: "requests-ended",
    argv: programCommand("nginx", "drain"),
    phase: "after",
    when: { kind: "change", on: [reload] },
    undo: { kind: "none" },
  };
  return [read, restart, reload, drain];
}

function exclusive(path: AbsolutePath, noun: string): PlanDirectory {
  return { path, owner: "root:root", mode: "0755", exclusive: { noun, keep: [] } };
}

function renderedFiles(settings: NginxSettings): readonly PlanFile[] {
  return [
    textFile("/etc/nginx/nginx.conf", mainText(settings)),
    tlsFile(`${NGINX_DIRECTORY}/tls.conf`, TLS_DIRECTIVES),
    ...(settings.listeners === undefined ? [] : [tlsFile(STREAM.tls, STREAM_TLS_DIRECTIVES)]),
    ...listenerFiles(settings.listeners),
    textFile(`${NGINX_DIRECTORY}/errors.conf`, errorsText()),
    textFile(`${NGINX_DIRECTORY}/default-server.conf`, defaultServerText()),
    ...(settings.measured === undefined ? [] : [textFile(`${NGINX_DIRECTORY}/status.conf`, statusText())]),
    ...settings.sites.flatMap((site) => [
      textFile(`${NGINX_DIRECTORY}/headers-${site.name}.conf`, headersText(site)),
      textFile(`${NGINX_DIRECTORY}/site-${site.name}.conf`, siteText(site, settings)),
    ]),
  ];
}

function tlsFile(path: AbsolutePath, declared: readonly TlsDirective[]): PlanFile {
  const text = (groups: readonly string[]): string =>
    [...declared, { name: "ssl_ecdh_curve", value: groups.join(":") }].map(({ name, value }) => `${name} ${value};\n`).join("");
  return versionedFile(path, {
    // The library that is linked at run time: nginx is built against it, and Debian keeps the two together.
    argv: ["openssl", "version"],
    pattern: "Library: OpenSSL (\\d+)\\.(\\d+)",
    cases: GROUPS.map(({ atLeast, names }) => ({ atLeast, text: text(names) })),
    otherwise: text(OLDEST_GROUPS),
  });
}

/** Takes the web server down: no site is left, and nobody is to listen on the ports of the sites. */
export const NGINX_REMOVAL: ConcernPlan = {
  ...stoppedUnits([SERVICE], "NET-06"),
  // Of passwords no copy is left, nor of their hashes.
  directories: passwordDirectories(),
};
