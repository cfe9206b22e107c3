/** The files of the listeners (ngx_stream_core_module). */
import { type PlanFile, textFile } from "../../plan/files";
import { certificatePath, keyPath } from "../certificates/settings";
import type { NginxListener } from "./listenerSettings";
import { NGINX_DIRECTORY } from "./siteText";
import { OLDER_CIPHERS, OLDER_VERSIONS, TLS_DIRECTIVES } from "./tls";

/** The module, of the package of that name; what runs without it is HTTP alone. */
export const STREAM = {
  package: "libnginx-mod-stream",
  module: "/usr/lib/nginx/modules/ngx_stream_module.so",
  tls: `${NGINX_DIRECTORY}/stream-tls.conf`,
  file: `${NGINX_DIRECTORY}/listeners.conf`,
} as const;

// Who connected, for how long and by which certificate. Nothing of what was sent is in any variable of this module.
const LOG_FORMAT = [
  "client=$remote_addr",
  "listener=$listener",
  "status=$status",
  "received=$bytes_received",
  "sent=$bytes_sent",
  "seconds=$session_time",
  "limited=$limit_conn_status",
  "tls=$ssl_protocol",
  "group=$ssl_curve",
  "verified=$ssl_client_verify",
  "certificate=$ssl_client_fingerprint",
].join(" ");

/** Directives of TLS that both modules have; sessions are not resumed here, so that a revoked certificate ends with its connection. */
export const STREAM_TLS_DIRECTIVES = TLS_DIRECTIVES.filter(({ name }) =>
  ["ssl_protocols", "ssl_conf_command", "ssl_prefer_server_ciphers", "ssl_session_tickets"].includes(name),
);

/** The block of the main file, and what it needs before all else; nothing where there are no listeners. */
export function streamLines(listeners: readonly NginxListener[] | undefined): {
  readonly load: readonly string[];
  readonly block: readonly string[];
} {
  if (listeners === undefined) return { load: [], block: [] };
  const lines = [
    // Whatever a client does, the access log has it.
    "error_log stderr emerg;",
    `log_format phiward '${LOG_FORMAT}';`,
    "access_log syslog:server=unix:/dev/log,tag=nginx,nohostname phiward;",
    `include ${STREAM.tls};`,
    "ssl_handshake_timeout 10s;",
    "proxy_connect_timeout 5s;",
    `include ${STREAM.file};`,
  ];
  return { load: [`load_module ${STREAM.module};`], block: ["stream {", ...lines.map((line) => `    ${line}`), "}"] };
}

/** The files of the listeners, but for that of TLS. */
export function listenerFiles(listeners: readonly NginxListener[] = []): readonly PlanFile[] {
  if (listeners.length === 0) return [];
  return [
    textFile(STREAM.file, streamText(listeners)),
    ...listeners.flatMap(({ name, clientCertificates: clients }) =>
      clients === undefined
        ? []
        : [
            textFile(authoritiesPath(name), clients.authorities.join("")),
            // Each by itself as well, for the check of its days.
            ...clients.authorities.map((authority, index) => textFile(authorityPath(name, index), authority)),
            ...(clients.revocations.length === 0 ? [] : [textFile(revocationsPath(name), clients.revocations.join(""))]),
          ],
    ),
  ];
}

/** Path of the file with all authorities of a listener. */
export function authoritiesPath(listener: string): `/${string}` {
  return `${NGINX_DIRECTORY}/authorities-${listener}.pem`;
}

/** Path of the file with one authority of a listener. */
export function authorityPath(listener: string, index: number): `/${string}` {
  return `${NGINX_DIRECTORY}/authority-${listener}.${String(index + 1)}.pem`;
}

/** Path of a listener's lists of revoked certificates. */
export function revocationsPath(listener: string): `/${string}` {
  return `${NGINX_DIRECTORY}/revocations-${listener}.pem`;
}

/** Who may connect, on one line: a check of the running host finds it as a whole. This machine is for checks. */
export function networksLine(listener: string, networks: readonly string[]): string {
  return `set $listener ${listener}; ${[...networks, "127.0.0.1"].map((network) => `allow ${network}; `).join("")}deny all;`;
}

/** That clients must show a certificate, and whose, on one line as well. */
export function verificationLine(listener: string, depth: number): string {
  return `ssl_verify_client on; ssl_client_certificate ${authoritiesPath(listener)}; ssl_verify_depth ${depth};`;
}

function streamText(listeners: readonly NginxListener[]): string {
  return [
    ...listeners.map(({ name }) => `limit_conn_zone $binary_remote_addr zone=listeners.${name}:1m;`),
    ...listeners.flatMap(server),
    "",
  ].join("\n");
}

function server(listener: NginxListener): readonly string[] {
  const { name, port, networks, site, upstream, minimumTls, connections, idleSeconds, clientCertificates: clients } = listener;
  const lines = [
    `listen ${port} ssl;`,
    `listen [::]:${port} ssl;`,
    `ssl_certificate ${certificatePath(site)};`,
    `ssl_certificate_key ${keyPath(site)};`,
    ...(minimumTls === "TLSv1.3" ? [] : [`ssl_protocols ${OLDER_VERSIONS};`, `ssl_ciphers ${OLDER_CIPHERS};`]),
    ...(clients === undefined
      ? []
      : [verificationLine(name, clients.depth), ...(clients.revocations.length === 0 ? [] : [`ssl_crl ${revocationsPath(name)};`])]),
    networksLine(name, networks),
    `limit_conn listeners.${name} ${connections};`,
    `proxy_timeout ${idleSeconds}s;`,
    `proxy_pass 127.0.0.1:${upstream};`,
  ];
  return ["server {", ...lines.map((line) => `    ${line}`), "}"];
}
