/**
 * What a pack for these providers and hosts could ask for, row by row, and what becomes of each: the rules that ask for it, or the
 * reason why nothing is asked for before a deploy.
 */

/** A row: a candidate's name, and what becomes of it. */
export type Candidate =
  | { readonly name: string; readonly rules: readonly [string, ...string[]] }
  /** As a sentence. */
  | { readonly name: string; readonly reason: string };

function by(name: string, ...rules: readonly [string, ...string[]]): Candidate {
  return { name, rules };
}

function not(name: string, reason: string): Candidate {
  return { name, reason };
}

const ACCESS: readonly Candidate[] = [
  by("droplet-missing-ssh-keys", "droplet-has-ssh-key"),
  by("droplet-disable-web-console-agent", "droplet-access-only-by-ssh"),
  by("droplet-missing-vpc", "droplet-access-only-by-ssh", "droplet-pool-private"),
  by("firewall-disallow-public-admin-port", "admin-ports-not-public", "no-public-database-port", "cloud-firewall-ssh-from-known-networks"),
  by("firewall-disallow-all-ports", "cloud-firewall-ports-named"),
  by("firewall-disallow-open-egress", "cloud-firewall-egress-named"),
  by("droplet-missing-cloud-firewall", "droplet-behind-cloud-firewall"),
  by("ufw-configure-default-deny-incoming", "ufw-default-deny-incoming"),
  by("ufw-configure-default-deny-routed", "ufw-default-deny-routed"),
  by("ufw-disallow-public-admin-port", "admin-ports-not-public", "no-public-database-port"),
  by("ufw-missing-ssh-rate-limit", "ufw-rules-as-declared"),
  by("ufw-missing-ssh-rule", "ufw-rules-as-declared", "cloud-firewall-equals-ufw"),
  by("ufw-enable-logging", "ufw-rules-as-declared"),
  by("ufw-configure-docker-user-chain", "ufw-containers-apart"),
  by("network-configure-firewall-parity", "cloud-firewall-equals-ufw", "public-ports-answered"),
  by("container-disallow-public-bind", "container-ports-on-loopback"),
  by("container-disallow-publish-all", "container-ports-on-loopback"),
  by("container-disallow-privileged", "container-not-privileged"),
  by("container-disallow-docker-socket", "container-no-host-mounts"),
  by("container-disallow-host-namespace", "container-namespaces-private"),
  by("container-enforce-drop-all-caps", "container-not-privileged"),
  by("container-enforce-no-new-privileges", "container-not-privileged"),
  by("container-disallow-root-user", "container-not-root", "container-user-in-own-range"),
  by("container-enforce-read-only-rootfs", "container-root-read-only"),
  by("container-disallow-sensitive-mount", "container-no-host-mounts"),
  by("network-enforce-internal-data-tier", "database-networks-internal", "resources-as-declared"),
  by("container-disallow-tier-mixing", "container-networks-bridged", "resources-as-declared"),
  by("docker-provider-disallow-plain-tcp", "docker-engine-host-key-pinned"),
  by("docker-provider-disallow-host-key-skip", "docker-engine-host-key-pinned"),
  by("database-missing-firewall", "database-cluster-behind-firewall"),
  by("database-firewall-disallow-any", "database-firewall-not-open"),
  by("database-missing-private-network", "database-in-private-network"),
  by("bucket-disallow-public-acl", "bucket-private"),
  by("bucket-policy-disallow-anonymous", "bucket-policy-no-anonymous"),
  by("spaces-key-disallow-full-access", "spaces-key-limited"),
  by("bucket-cors-disallow-wildcard", "cors-origins-named"),
];

const IDENTITY: readonly Candidate[] = [
  by("ssh-disallow-root-login", "ssh-no-root-login"),
  by("ssh-disallow-password-auth", "ssh-no-passwords"),
  by("ssh-enforce-unique-user-keys", "people-unique-keys"),
  by("ssh-key-configure-strong-algorithm", "ssh-keys-strong"),
  by("command-disallow-root-user", "commands-run-agent-only", "connection-host-key-pinned"),
  by("ssh-configure-strong-crypto", "ssh-settings-known"),
  not(
    "ssh-enable-mfa",
    "A second factor is proposed and not in force; keys on a token, of the types sk-, are accepted, and whether a key asks for its owner no configuration shows.",
  ),
  by("database-missing-app-user", "database-has-own-user"),
];

const EMERGENCY: readonly Candidate[] = [
  by("access-missing-break-glass", "sudo-as-declared", "ssh-settings-known", "rendered-as-declared"),
  by("stateful-enforce-protect", "stateful-resources-protected"),
];

const LOGOFF: readonly Candidate[] = [
  by("ssh-configure-idle-timeout", "ssh-settings-known"),
  by("host-configure-shell-timeout", "system-settings-known"),
  not("service-configure-session-timeout", "Sessions are the application's own, of which the configuration knows nothing."),
];

const LOGINS: readonly Candidate[] = [
  by("fail2ban-missing-sshd-jail", "fail2ban-guards-sshd"),
  by("fail2ban-configure-thresholds", "fail2ban-guards-sshd", "bans-as-declared"),
  by("fail2ban-missing-web-jail", "fail2ban-guards-logins"),
  by("fail2ban-disallow-broad-ignore", "fail2ban-guards-sshd"),
  by("host-missing-fail2ban", "hosts-have-every-unit"),
];

const ENCRYPTION: readonly Candidate[] = [
  not(
    "volume-enforce-luks",
    "DigitalOcean encrypts every volume; a second layer whose key lies on the same host would guard against nobody more.",
  ),
  by("docker-volume-enforce-encrypted-mount", "volume-mounts-known", "container-no-host-mounts"),
  by("backup-enforce-encryption", "backup-encrypted"),
  by("backup-disallow-key-colocation", "backup-password-escrowed", "secrets-escrowed"),
  not("host-configure-swap", "The images of droplets have no swap, and no concern makes any; the limits of containers leave none to them."),
  by("command-disallow-inline-secret", "commands-run-agent-only"),
  by("container-disallow-plain-secret-env", "container-no-plain-secret-environment"),
  by("secret-input-enforce-secret", "outputs-no-plain-secret", "commands-run-agent-only", "app-no-plain-secret"),
  by("command-enforce-secret-outputs", "commands-log-nothing"),
  by("command-disallow-xtrace", "commands-run-agent-only"),
  by("droplet-disallow-secret-userdata", "droplet-user-data-no-secret"),
  by("file-configure-secret-mode", "secret-files-owner-only"),
  by("copy-disallow-secret-asset", "docker-types-reviewed"),
];

const NO_AUDIT =
  "Hosts have no kernel audit yet: the journal and the record of deploys are what there is, and the page of controls says so.";

const AUDIT: readonly Candidate[] = [
  not("host-missing-audit-logging", NO_AUDIT),
  by("audit-configure-retention", "system-settings-known"),
  by("audit-configure-max-retention", "system-settings-known"),
  not("audit-enforce-append-only", NO_AUDIT),
  not(
    "audit-configure-file-mode",
    "The journal's files belong to root and the group of the journal, as its package makes them; the running host is asked.",
  ),
  not(
    "audit-missing-remote-sink",
    "Records leave a host with its backups, which the vault keeps from it; a sink of their own is not there yet.",
  ),
  not("audit-configure-watch-rules", NO_AUDIT),
  by("container-configure-log-driver", "docker-daemon-hardened", "container-arguments-harmless"),
  by("container-configure-log-limits", "docker-daemon-hardened", "container-arguments-harmless"),
  by("nginx-enable-access-log", "nginx-no-phi-in-logs"),
  by("nginx-disallow-phi-in-log", "nginx-no-phi-in-logs"),
  by("bucket-missing-access-log", "bucket-access-recorded"),
  by("database-missing-log-sink", "database-logs-kept-elsewhere"),
  by("droplet-enable-monitoring", "droplet-backups-and-monitoring-on"),
  by("host-missing-alerts", "droplet-watched", "droplet-backups-and-monitoring-on"),
  by("host-enable-time-sync", "system-settings-known"),
];

const INTEGRITY: readonly Candidate[] = [
  by("image-enforce-digest", "container-image-by-digest", "app-images-by-digest"),
  not("image-disallow-unknown-registry", "A digest says what an image is, whichever registry it comes from."),
  by("image-disallow-latest", "container-image-by-digest"),
  by("bucket-enable-versioning", "bucket-keeps-versions"),
  by("bucket-disallow-force-destroy", "bucket-not-deleted-with-content"),
  not(
    "host-enable-file-integrity",
    "Each deploy and each verification compares files with the plan; a daily search of the whole system is not there yet.",
  ),
  by("command-disallow-unpinned-download", "commands-run-agent-only", "droplet-user-data-no-unverified-download"),
  by("host-enable-security-updates", "system-settings-known"),
  by("command-configure-update", "commands-run-agent-only"),
];

const ENDS: readonly Candidate[] = [
  by("command-missing-host-key", "commands-run-agent-only", "connection-host-key-pinned"),
  by("command-proxy-missing-host-key", "commands-run-agent-only"),
  not("command-configure-dial-retry", "How often a connection is tried guards nothing; the program sets it for hosts that are new."),
  by("domain-missing-caa", "dns-zone-has-caa", "dns-names-have-caa"),
  not("nginx-enable-admin-mtls", "Sites have no paths for administrators: these come by SSH, with keys."),
];

const TRANSMISSION: readonly Candidate[] = [
  by("nginx-enforce-tls13", "nginx-tls13-only"),
  by("nginx-disallow-weak-cipher", "nginx-tls13-only", "nginx-directives-known"),
  by("nginx-missing-hsts", "nginx-security-headers"),
  by("nginx-enforce-https-redirect", "nginx-http-only-redirects"),
  by("nginx-missing-security-headers", "nginx-security-headers"),
  by("nginx-configure-phi-cache-control", "nginx-patients-data-not-stored"),
  by("nginx-disable-session-tickets", "nginx-tls13-only"),
  by("nginx-disallow-dead-stapling", "nginx-directives-known"),
  by("nginx-disallow-plain-upstream", "nginx-upstreams-on-loopback"),
  by("nginx-enable-cert-renewal", "certificates-renewed"),
  by("nginx-disable-server-tokens", "nginx-directives-known"),
  by("lb-enforce-https", "load-balancer-https-only"),
  by("lb-configure-strong-ciphers", "load-balancer-strong-ciphers"),
  by("lb-disallow-plain-target", "load-balancer-encrypts-to-servers"),
  by("database-enforce-tls-client", "database-connections-encrypted"),
  by("backup-enforce-encrypted-transport", "program-settings-as-declared", "vault-append-only"),
  by("endpoint-missing-tls-expiry-alert", "uptime-check-watches-certificate", "uptime-check-over-https"),
];

const BACKUPS: readonly Candidate[] = [
  by("droplet-enable-backups", "droplet-backups-and-monitoring-on"),
  by("stateful-missing-backup-job", "backup-covers-all-data", "volume-has-copy"),
  by("backup-configure-frequency", "jobs-confined", "backup-restore-tested"),
  by("backup-enforce-offsite", "backup-off-site", "droplet-backup-off-site"),
  by("backup-configure-retention", "backup-restore-tested", "program-settings-as-declared"),
  by("backup-enable-restore-test", "backup-restore-tested"),
  by("backup-enable-verify", "jobs-confined"),
  by("backup-disallow-mirror-delete", "vault-append-only"),
  by("backup-enable-failure-alert", "alerts-have-recipient", "jobs-confined"),
  by("container-configure-resilience", "container-health-checked", "container-limited"),
];

const DATA: readonly Candidate[] = [
  not(
    "resource-missing-classification",
    "A tag guards nothing; hosts are tagged from `data` of the configuration, which has no other values than its schema's.",
  ),
  not("stack-missing-inventory", "The list of assets is made from the stack itself by the command, and needs no resource."),
  not("suppression-enforce-validity", "The gate itself refuses a waiver without its fields, or out of its time."),
  by("stack-disallow-foreign-region", "cloud-data-in-one-jurisdiction"),
  by("stack-disallow-unlisted-type", "cloud-types-reviewed", "docker-types-reviewed", "provider-packages-reviewed"),
  not("stack-missing-vuln-scan", "A scan is an act, which no resource of a stack stands for; its date belongs to the evidence."),
  by("stack-missing-retention-job", "bucket-former-versions-expire", "backup-restore-tested", "system-settings-known"),
  not(
    "stack-missing-subject-rights-ops",
    "Access to and erasure of a person's data are acts of the application, which knows where they are.",
  ),
  by("alert-missing-breach-channel", "alerts-have-recipient", "cloud-alerts-reach-someone"),
];

/** Every row, by its family and number. */
export const CANDIDATES: Readonly<Record<string, Candidate>> = Object.fromEntries(
  Object.entries({
    AC: ACCESS,
    ID: IDENTITY,
    EM: EMERGENCY,
    LO: LOGOFF,
    LM: LOGINS,
    EN: ENCRYPTION,
    AU: AUDIT,
    IN: INTEGRITY,
    AE: ENDS,
    TX: TRANSMISSION,
    BK: BACKUPS,
    DC: DATA,
  }).flatMap(([family, rows]) => rows.map((row, index) => [`${family}${String(index + 1).padStart(2, "0")}`, row])),
);
