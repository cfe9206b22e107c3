import { HTTP_PORTS } from "../../config/names";
import { isActive, isEnabled } from "../../plan/systemd";
import type { Check, Expectation } from "../../plan/types";
import { certificatePath } from "../certificates/settings";
import { SANDBOX } from "./hardening";
import { securityHeaders } from "./headers";
import type { NginxSettings, NginxSite } from "./settings";
import { GROUPS, OLDEST_GROUPS, TLS_DIRECTIVES } from "./tls";

const TRANSMISSION = ["164.312(e)(1)", "164.312(e)(2)(ii)", "GDPR 32(1)(a)"];
const HERE = "127.0.0.1";

/** What the running web server must answer, and what its effective settings must say. */
export function nginxChecks(state: NginxSettings): readonly Check[] {
  return [...service(), ...listening(), ...directives(), ...logs(), ...state.sites.flatMap((site) => [...tls(site), ...answers(site)])];
}

function service(): readonly Check[] {
  const ask = { control: "TLS-16", cites: ["164.308(a)(7)(i)", "GDPR 32(1)(b)"] };
  return [
    isActive("nginx.service", { ...ask, id: "nginx-active" }),
    isEnabled("nginx.service", { ...ask, id: "nginx-starts-at-boot" }),
    {
      ...ask,
      id: "nginx-sandboxed",
      control: "TLS-19",
      argv: ["systemctl", "show", "nginx.service", ...SANDBOX.map(({ name }) => `--property=${name}`)],
      expect: { kind: "set", lines: SANDBOX.map(({ name, value }) => `${name}=${value}`) },
    },
  ];
}

function listening(): readonly Check[] {
  const sockets = ["ss", "--no-header", "--listening", "--tcp", "--numeric", "--processes"];
  const ports = Object.values(HTTP_PORTS);
  return [
    ...ports.flatMap((port) =>
      ["0\\.0\\.0\\.0", "\\[::\\]"].map(
        (address, index): Check => ({
          id: `nginx-listens-${String(port)}-ipv${index === 0 ? "4" : "6"}`,
          control: "TLS-16",
          cites: ["164.312(e)(1)"],
          argv: sockets,
          expect: { kind: "matches", pattern: `\\s${address}:${String(port)}\\s.*"nginx"` },
        }),
      ),
    ),
    {
      id: "nginx-listens-nowhere-else",
      control: "TLS-16",
      cites: ["164.312(a)(1)"],
      argv: sockets,
      expect: { kind: "lacks", pattern: `^\\S+\\s+\\S+\\s+\\S+\\s+\\S+:(?!(?:${ports.join("|")})\\s)\\d+\\s.*"nginx"` },
    },
  ];
}

// Of the whole configuration as nginx reads it.
function effective(id: string, control: string, cites: readonly string[], expect: Expectation): Check {
  return { id, control, cites, argv: ["/usr/sbin/nginx", "-T", "-q"], expect };
}

function directives(): readonly Check[] {
  const escaped = (text: string): string => text.replaceAll(/[.$|()]/g, "\\$&");
  const groups = [...GROUPS.map(({ names }) => names), OLDEST_GROUPS].map((names) => names.join(":"));
  const once = ([name, value]: readonly [string, string]): readonly Check[] => {
    const id = `nginx-${name.replaceAll("_", "-")}`;
    return [
      effective(id, "TLS-01", TRANSMISSION, { kind: "matches", pattern: `^\\s*${name} ${escaped(value)};` }),
      effective(`${id}-nowhere-else`, "TLS-01", TRANSMISSION, { kind: "lacks", pattern: `^\\s*${name} (?!${escaped(value)};)` }),
    ];
  };
  return [
    ...TLS_DIRECTIVES.flatMap(once),
    effective("nginx-groups", "TLS-03", TRANSMISSION, { kind: "matches", pattern: `^\\s*ssl_ecdh_curve (?:${groups.join("|")});` }),
    // A name of TLS 1.3 in it keeps nginx from starting, and older ones are for versions that are off (control TLS-02).
    effective("nginx-no-older-ciphers", "TLS-02", TRANSMISSION, { kind: "lacks", pattern: "^\\s*ssl_(ciphers|dhparam)\\b" }),
    effective("nginx-names-no-version", "TLS-12", ["164.312(a)(1)"], { kind: "lacks", pattern: "^\\s*server_tokens (?!off;)" }),
    effective("nginx-passes-to-loopback-alone", "TLS-21", ["164.312(a)(1)"], {
      kind: "lacks",
      pattern: "^\\s*server\\s+(?!\\{|127\\.0\\.0\\.1:\\d+;)",
    }),
  ];
}

function logs(): readonly Check[] {
  const minimal = ["164.312(b)", "GDPR 5(1)(c)"];
  return [
    effective("nginx-logs-no-path-query-or-header", "TLS-18", minimal, {
      kind: "lacks",
      pattern:
        "^\\s*log_format .*\\$(request(?!_id|_method|_time)|uri|document_uri|args|query_string|is_args|arg_|http_|cookie_|sent_http_)",
    }),
    effective("nginx-access-log-to-the-journal", "TLS-18", minimal, {
      kind: "lacks",
      pattern: "^\\s*access_log (?!syslog:server=unix:/dev/log,tag=nginx,nohostname phiward;)",
    }),
    effective("nginx-error-log-quotes-no-request", "TLS-18", minimal, {
      kind: "lacks",
      // The first is for what befalls nginx itself, the second for all that handles requests.
      pattern: "^error_log (?!stderr warn;)|^\\s+error_log (?!stderr emerg;)",
    }),
  ];
}

function tls({ name }: NginxSite): readonly Check[] {
  const shake = (server: string, version: string): readonly string[] => [
    ...["openssl", "s_client", "-connect", `${HERE}:${String(HTTP_PORTS.tls)}`, "-servername", server, `-${version}`],
    ...["-CAfile", certificatePath(name), "-verify_hostname", server, "-verify_return_error"],
  ];
  const check = (id: string, control: string, argv: readonly string[], expect: Expectation): Check => ({
    id: `nginx-${name}-${id}`,
    control,
    cites: TRANSMISSION,
    argv,
    expect,
  });
  return [
    check("tls13", "TLS-01", shake(name, "tls1_3"), { kind: "matches", pattern: "^New, TLSv1\\.3, Cipher is TLS_" }),
    check("post-quantum", "TLS-03", shake(name, "tls1_3"), { kind: "matches", pattern: "^Negotiated TLS1\\.3 group: X25519MLKEM768" }),
    check("no-tls12", "TLS-01", shake(name, "tls1_2"), { kind: "exit", code: 1 }),
    check("strange-name-refused", "TLS-16", shake(`not-${name}`, "tls1_3"), { kind: "exit", code: 1 }),
  ];
}

function answers(site: NginxSite): readonly Check[] {
  const ask = (scheme: "http" | "https", port: number): readonly string[] => [
    ...["curl", "--silent", "--head", "--max-time", "10", "--cacert", certificatePath(site.name)],
    ...["--connect-to", `${site.name}:${String(port)}:${HERE}:${String(port)}`, `${scheme}://${site.name}/`],
  ];
  const open = site.routes.some(({ path }) => path === "/");
  const headers = [...securityHeaders(site).map(([name, value]) => `${name}: ${value}`), ...(open ? [] : ["Cache-Control: no-store"])];
  return [
    {
      id: `nginx-${site.name}-headers`,
      control: "TLS-07",
      cites: TRANSMISSION,
      argv: ask("https", HTTP_PORTS.tls),
      expect: { kind: "lines", lines: headers },
    },
    {
      id: `nginx-${site.name}-http-redirects`,
      control: "TLS-16",
      cites: TRANSMISSION,
      argv: ask("http", HTTP_PORTS.plain),
      expect: { kind: "lines", lines: [`Location: https://${site.name}/`] },
    },
  ];
}
