/** The directives that nginx may have for its listeners; known lines are those of closedLines.ts, without quotes. */
import type { Words } from "./closedLines";
import type { Placed } from "./nginx";
import type { Statements } from "./nginxStatements";
import type { Value } from "./value";

/** The one module that is loaded, and only where there are listeners. */
export const STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

const SERVER: Statements = {
  lines: [
    "listen {listener ports} ssl",
    "listen [::]:{listener ports} ssl",
    "set $listener {listeners}",
    "ssl_certificate /etc/phiward/tls/{sites}/certificate.pem",
    "ssl_certificate_key /etc/phiward/tls/{sites}/key.pem",
    "allow {listener networks}",
    "allow 127.0.0.1",
    "deny all",
    "limit_conn listeners.{listeners} {1..1000}",
    "proxy_timeout {10..86400}s",
    "proxy_pass 127.0.0.1:{listener upstreams}",
  ],
  more: [
    "ssl_protocols TLSv1.2 TLSv1.3",
    "ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
    "ssl_verify_client on",
    "ssl_client_certificate /etc/nginx/phiward/authorities-{listeners}.pem",
    "ssl_verify_depth {1..5}",
    "ssl_crl /etc/nginx/phiward/revocations-{listeners}.pem",
  ],
};

/** The block of the listeners. */
export const STREAM: Statements = {
  lines: [
    "error_log stderr emerg",
    "log_format phiward client=$remote_addr listener=$listener status=$status received=$bytes_received sent=$bytes_sent seconds=$session_time limited=$limit_conn_status tls=$ssl_protocol group=$ssl_curve verified=$ssl_client_verify certificate=$ssl_client_fingerprint",
    "access_log syslog:server=unix:/dev/log,tag=nginx,nohostname phiward",
    "ssl_protocols TLSv1.3",
    "ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
    "ssl_prefer_server_ciphers off",
    "ssl_session_tickets off",
    "ssl_ecdh_curve {X25519MLKEM768:X25519:secp384r1:prime256v1|X25519:secp384r1:prime256v1}",
    "ssl_handshake_timeout {1..60}s",
    "proxy_connect_timeout {1..60}s",
    "limit_conn_zone $binary_remote_addr zone=listeners.{listeners}:1m",
  ],
  blocks: [{ name: "a server of a listener", head: "server", inside: SERVER }],
};

/** Names, ports and networks of the declared listeners, as words of known lines; undefined if one of them is not known. */
export function listenerWords(settings: Value): Words | undefined {
  const listeners = settings.has("listeners") ? settings.at("listeners").items() : [];
  const words = listeners?.map((listener) => ({
    name: listener.at("name").text(),
    port: listener.at("port").number(),
    upstream: listener.at("upstream").number(),
    networks: listener.at("networks").texts(),
  }));
  const known = words?.flatMap(({ name, port, upstream, networks }) =>
    name === undefined || port === undefined || upstream === undefined || networks === undefined
      ? []
      : [{ name, port, upstream, networks }],
  );
  if (known === undefined || known.length !== words?.length) return undefined;
  return {
    listeners: known.map(({ name }) => name),
    "listener ports": known.map(({ port }) => String(port)),
    "listener upstreams": known.map(({ upstream }) => String(upstream)),
    "listener networks": known.flatMap(({ networks }) => networks),
    "stream module": known.length === 0 ? [] : [STREAM_MODULE],
    "stream block": known.length === 0 ? [] : ["stream"],
  };
}

/** What configures HTTP and nginx itself, without the listeners. */
export function withoutStream(top: readonly Placed[]): readonly Placed[] {
  return top.filter(({ name }) => name !== "stream");
}

/** The servers of the listeners, each with the block around it. */
export function streamServers(top: readonly Placed[]): readonly { readonly stream: Placed; readonly server: Placed }[] {
  return top
    .filter(({ name }) => name === "stream")
    .flatMap((stream) => stream.inside.filter(({ name }) => name === "server").map((server) => ({ stream, server })));
}
