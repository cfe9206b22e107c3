import type { ControlId } from "../../compliance/controls";
import { HTTP_PORTS } from "../../config/names";
import { anyOf, literal } from "../../plan/patterns";
import { NGINX_STATUS_PORT } from "../../plan/places";
import { isActive, isEnabled } from "../../plan/systemd";
import type { Check, Expectation } from "../../plan/types";
import { certificatePath } from "../certificates/settings";
import { cacheChecks } from "./caching";
import { clientChecks, proxyChecks } from "./clientChecks";
import { policyPattern, takesNonces } from "./contentPolicy";
import { cookiePattern } from "./cookies";
import { SANDBOX } from "./hardening";
import { securityHeaders } from "./headers";
import { listenerChecks } from "./listenerChecks";
import { passwordChecks } from "./passwordChecks";
import { passwordFileChecks } from "./passwordPlan";
import type { NginxSettings, NginxSite } from "./settings";
import { HEADER_BUFFERS } from "./siteText";
import { GROUPS, OLDER_CIPHERS, OLDER_VERSIONS, OLDEST_GROUPS, TLS_DIRECTIVES, type TlsDirective } from "./tls";
import { socketChecks } from "./webSocket";

const HERE = "127.0.0.1";
const POLICY = "Content-Security-Policy";

export function nginxChecks(settings: NginxSettings): readonly Check[] {
  const { sites, listeners = [] } = settings;
  const older = listeners.some(({ minimumTls }) => minimumTls !== "TLSv1.3");
  return [
    ...SERVICE,
    ...listeningChecks([...Object.values(HTTP_PORTS), ...listeners.map(({ port }) => port)], settings.measured !== undefined),
    ...TLS_DIRECTIVES.flatMap((directive) => directiveChecks(directive, older)),
    GROUP,
    noOlderCiphers(older),
    ...SETTINGS,
    ...LOGS,
    effective("nginx-cookie-flags", "TLS-17", { kind: "lacks", pattern: cookiePattern(sites) }),
    ...sites.flatMap((site) => [
      ...tlsChecks(site),
      ...answerChecks(site),
      ...socketChecks(site),
      ...cacheChecks(site),
      ...clientChecks(site),
      ...passwordChecks(site),
    ]),
    ...passwordFileChecks(settings.userFiles),
    ...listenerChecks(listeners),
    ...proxyChecks(settings),
  ];
}

const SERVICE: readonly Check[] = [
  isActive("nginx.service", { id: "nginx-active", control: "MON-04" }),
  isEnabled("nginx.service", { id: "nginx-starts-at-boot", control: "MON-04" }),
  {
    id: "nginx-sandboxed",
    control: "KRN-23",
    argv: ["systemctl", "show", "nginx.service", ...SANDBOX.map((line) => `--property=${line.split("=")[0] ?? ""}`)],
    expect: { kind: "set", lines: SANDBOX },
  },
];

function listeningChecks(ports: readonly number[], isMeasured: boolean): readonly Check[] {
  const sockets = (id: string, expect: Expectation): Check => ({
    id,
    control: "NET-06",
    argv: ["ss", "--no-header", "--listening", "--tcp", "--numeric", "--processes"],
    expect,
  });
  const listens = (port: number, family: "ipv4" | "ipv6", address: string): Check =>
    sockets(`nginx-listens-${port}-${family}`, { kind: "matches", pattern: `\\s${literal(`${address}:${port}`)}\\s.*"nginx"` });
  const status = isMeasured ? `(?!127\\.0\\.0\\.1:${NGINX_STATUS_PORT}\\s)` : "";
  return [
    ...ports.flatMap((port) => [listens(port, "ipv4", "0.0.0.0"), listens(port, "ipv6", "[::]")]),
    sockets("nginx-listens-nowhere-else", {
      kind: "lacks",
      pattern: `^\\S+\\s+\\S+\\s+\\S+\\s+${status}\\S+:(?!(?:${ports.join("|")})\\s)\\d+\\s.*"nginx"`,
    }),
  ];
}

// Of the whole configuration as nginx reads it.
function effective(id: string, control: ControlId, expect: Expectation): Check {
  return { id, control, argv: ["/usr/sbin/nginx", "-T", "-q"], expect };
}

// Set once, and set otherwise nowhere, but for listeners that declare an older version: their own checks ask them which they speak.
function directiveChecks({ name, value, control }: TlsDirective, older: boolean): readonly Check[] {
  const allowed = older && name === "ssl_protocols" ? anyOf([value, OLDER_VERSIONS]) : literal(value);
  const id = `nginx-${name.replaceAll("_", "-")}`;
  return [
    effective(id, control, { kind: "matches", pattern: `^\\s*${name} ${literal(value)};` }),
    effective(`${id}-nowhere-else`, control, { kind: "lacks", pattern: `^\\s*${name} (?!${allowed};)` }),
  ];
}

// Which of them it is depends on the version that the agent found.
const GROUP_LISTS = [...GROUPS.map(({ names }) => names), OLDEST_GROUPS].map((names) => names.join(":"));

const GROUP = effective("nginx-groups", "TLS-03", { kind: "matches", pattern: `^\\s*ssl_ecdh_curve ${anyOf(GROUP_LISTS)};` });

const SETTINGS: readonly Check[] = [
  effective("nginx-names-no-version", "TLS-12", { kind: "lacks", pattern: "^\\s*server_tokens (?!off;)" }),
  effective("nginx-header-buffers", "TLS-13", { kind: "matches", pattern: `^\\s*${literal(HEADER_BUFFERS)}$` }),
  effective("nginx-upstreams-loopback-only", "TLS-23", {
    kind: "lacks",
    pattern: "^\\s*server\\s+(?!\\{|127\\.0\\.0\\.1:\\d+;)",
  }),
];

// A name of TLS 1.3 in it keeps nginx from starting, and older ones are for versions that are off.
function noOlderCiphers(older: boolean): Check {
  const pattern = older ? `^\\s*ssl_(ciphers (?!${literal(OLDER_CIPHERS)};)|dhparam)\\b` : "^\\s*ssl_(ciphers|dhparam)\\b";
  return effective("nginx-no-older-ciphers", "TLS-02", { kind: "lacks", pattern });
}

const LOGS: readonly Check[] = [
  effective("nginx-logs-no-path-query-or-header", "TLS-18", {
    kind: "lacks",
    pattern: "^\\s*log_format .*\\$(request(?!_id|_method|_time)|uri|document_uri|args|query_string|is_args|arg_|http_|cookie_|sent_http_)",
  }),
  effective("nginx-access-log-to-the-journal", "TLS-18", {
    kind: "lacks",
    pattern: "^\\s*access_log (?!syslog:server=unix:/dev/log,tag=nginx,nohostname phiward;)",
  }),
  effective("nginx-error-log-quotes-no-request", "TLS-18", {
    kind: "lacks",
    // The first is for what befalls nginx itself, the second for all that handles requests.
    pattern: "^error_log (?!stderr warn;)|^\\s+error_log (?!stderr emerg;)",
  }),
];

function tlsChecks({ name, chained }: NginxSite): readonly Check[] {
  const handshake = (id: string, control: ControlId, server: string, version: string, expect: Expectation): Check => ({
    id: `nginx-${name}-${id}`,
    control,
    argv: [
      ...["openssl", "s_client", "-connect", `${HERE}:${HTTP_PORTS.tls}`, "-servername", server, `-${version}`],
      ...["-CAfile", certificatePath(name), "-verify_hostname", server, "-verify_return_error"],
      // What is served is what is there, whoever issued it; whether clients trust that is asked of the certificates.
      ...(chained === undefined ? [] : ["-partial_chain"]),
    ],
    expect,
  });
  return [
    handshake("tls13", "TLS-01", name, "tls1_3", { kind: "matches", pattern: "^New, TLSv1\\.3, Cipher is TLS_" }),
    handshake("post-quantum", "TLS-03", name, "tls1_3", {
      kind: "matches",
      pattern: "^Negotiated TLS1\\.3 group: X25519MLKEM768",
    }),
    handshake("no-tls12", "TLS-01", name, "tls1_2", { kind: "refused", code: 1, pattern: "alert protocol version" }),
    handshake("unknown-sni-rejected", "TLS-16", `not-${name}`, "tls1_3", { kind: "refused", code: 1, pattern: "unrecognized name" }),
  ];
}

function answerChecks(site: NginxSite): readonly Check[] {
  const ask = (scheme: "http" | "https", port: number): readonly string[] => [
    ...["curl", "--silent", "--head", "--max-time", "10", "--cacert", certificatePath(site.name)],
    ...["--connect-to", `${site.name}:${port}:${HERE}:${port}`, `${scheme}://${site.name}/`],
  ];
  const open = site.routes.some(({ path }) => path === "/");
  const fixed = securityHeaders(site).filter(([name]) => name !== POLICY || !takesNonces(site));
  const headers = [...fixed.map(([name, value]) => `${name}: ${value}`), ...(open ? [] : ["Cache-Control: no-store"])];
  return [
    ...(takesNonces(site)
      ? [
          {
            id: `nginx-${site.name}-content-policy`,
            control: "TLS-09",
            argv: ask("https", HTTP_PORTS.tls),
            expect: { kind: "matches", pattern: policyPattern(site) },
          } satisfies Check,
        ]
      : []),
    {
      id: `nginx-${site.name}-headers`,
      control: "TLS-07",
      argv: ask("https", HTTP_PORTS.tls),
      expect: { kind: "lines", lines: headers },
    },
    {
      id: `nginx-${site.name}-http-redirects`,
      control: "TLS-16",
      argv: ask("http", HTTP_PORTS.plain),
      expect: { kind: "lines", lines: [`Location: https://${site.name}/`] },
    },
  ];
}
