/** TLS as versioned data: the Mozilla modern profile, guideline 6.0 (ssl-config.mozilla.org). An unknown OpenSSL gets the oldest safe set. */
import type { ControlId } from "../../compliance/controls";

/** Groups of the key exchange by the oldest OpenSSL that has them, newest first. nginx does not start with a group that its OpenSSL lacks. */
export const GROUPS: readonly { readonly atLeast: readonly number[]; readonly names: readonly string[] }[] = [
  { atLeast: [3, 5], names: ["X25519MLKEM768", "X25519", "secp384r1", "prime256v1"] },
];

/** For an OpenSSL whose version is not known: in every release that has TLS 1.3. */
export const OLDEST_GROUPS = ["X25519", "secp384r1", "prime256v1"];

/**
 * Suites of TLS 1.3 (control TLS-02). They are set by `ssl_conf_command`: with one of these names in `ssl_ciphers`, which is for
 * older versions, nginx does not start.
 */
export const CIPHER_SUITES = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/** Versions and suites of a listener whose clients know no TLS 1.3: forward secrecy and authenticated ciphers (RFC 9325 section 4.2). */
export const OLDER_VERSIONS = "TLSv1.2 TLSv1.3";
export const OLDER_CIPHERS = ["AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-GCM-SHA256"]
  .flatMap((cipher) => [`ECDHE-ECDSA-${cipher}`, `ECDHE-RSA-${cipher}`])
  .join(":");

/** A directive of TLS that does not depend on the version. */
export interface TlsDirective {
  readonly name: string;
  readonly value: string;
  readonly control: ControlId;
}

/** Directives of TLS that do not depend on the version. */
export const TLS_DIRECTIVES: readonly TlsDirective[] = [
  { name: "ssl_protocols", value: "TLSv1.3", control: "TLS-01" },
  { name: "ssl_conf_command", value: `Ciphersuites ${CIPHER_SUITES.join(":")}`, control: "TLS-02" },
  // Any of the suites will do, and the client knows best which of them its processor is quick at.
  { name: "ssl_prefer_server_ciphers", value: "off", control: "TLS-04" },
  // A ticket's key would open recorded connections; what was sent early could be replayed by someone else (RFC 8446 section 8).
  { name: "ssl_session_tickets", value: "off", control: "TLS-05" },
  { name: "ssl_early_data", value: "off", control: "TLS-05" },
  { name: "ssl_session_cache", value: "shared:tls:10m", control: "TLS-05" },
  { name: "ssl_session_timeout", value: "1h", control: "TLS-05" },
  // No authority that we take certificates from answers OCSP any more.
  { name: "ssl_stapling", value: "off", control: "TLS-20" },
];
