import type { Rule } from "../engine/rule";
import { type ClosedFile, demandClosed } from "../readers/closedLines";
import { filesWhere } from "../readers/files";

// Listed here again, and not read from the plan: what is weakened there is refused here.
const KEY_EXCHANGES = [
  "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com",
  "sntrup761x25519-sha512@openssh.com",
  "curve25519-sha256,curve25519-sha256@libssh.org",
];
const SIGNATURES = "ssh-ed25519,sk-ssh-ed25519@openssh.com,rsa-sha2-512,rsa-sha2-256";

const FILES: readonly ClosedFile[] = [
  { path: "/etc/default/ssh", lines: ["SSHD_OPTS="] },
  { path: "/etc/ssh/sshd_config", lines: ["Include /etc/ssh/sshd_config.d/*.conf", "Subsystem sftp internal-sftp"], inOrder: true },
  {
    path: "/etc/ssh/sshd_config.d/00-phiward.conf",
    lines: [
      "Port 22",
      "PermitRootLogin no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitEmptyPasswords no",
      "PubkeyAuthentication yes",
      "AuthenticationMethods publickey",
      "AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u",
      "AuthorizedKeysCommand none",
      "AuthorizedKeysCommandUser nobody",
      "AuthorizedPrincipalsFile none",
      "TrustedUserCAKeys none",
      "AllowGroups phiward-ssh",
      "DenyUsers breakglass",
      "HostbasedAuthentication no",
      "IgnoreRhosts yes",
      "GSSAPIAuthentication no",
      "PermitUserEnvironment no",
      "SetEnv TMOUT={60..900}",
      "PermitUserRC no",
      "StrictModes yes",
      "UsePAM yes",
      "DisableForwarding yes",
      "X11Forwarding no",
      "AllowTcpForwarding no",
      "AllowAgentForwarding no",
      "AllowStreamLocalForwarding no",
      "PermitTunnel no",
      "GatewayPorts no",
      "ClientAliveInterval {30..450}",
      "ClientAliveCountMax {1..2}",
      "MaxAuthTries {3..6}",
      "MaxSessions 10",
      "MaxStartups 100:30:200",
      "PerSourceMaxStartups 30",
      "PerSourceNetBlockSize 32:64",
      "PerSourcePenalties crash:90s authfail:5s noauth:5s grace-exceeded:10s",
      "LoginGraceTime {10..60}",
      "PerSourcePenaltyExemptList {networks}",
      "LogLevel VERBOSE",
      "Banner /etc/issue.net",
      "DebianBanner no",
      "PrintMotd no",
      "TCPKeepAlive no",
      "UseDNS no",
      "Compression no",
      "HostKey /etc/ssh/ssh_host_ed25519_key",
      `HostKeyAlgorithms ${SIGNATURES}`,
      `PubkeyAcceptedAlgorithms ${SIGNATURES},sk-ecdsa-sha2-nistp256@openssh.com,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521`,
      "RequiredRSASize 3072",
      `KexAlgorithms {${KEY_EXCHANGES.join("|")}}`,
      "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr",
      "MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com",
    ],
  },
];

/** sshd has a hundred settings, and most of them can open it: so each that is not known is refused, whatever it says. */
export const sshSettingsKnown: Rule = {
  id: "ssh-settings-known",
  description: "The SSH server has the settings that the rule lists, each within its bounds, and no other.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-01", "SSH-05", "SSH-08", "SSH-09", "SSH-12", "SSH-13", "SSH-16", "SSH-17"],
  remedy: "let the concern ssh write the server's files; what may be chosen is under ssh in the stack's configuration",
  appliesTo: ["phiward:host:Ssh"],
  judge(unit, report) {
    const networks = unit.at("settings").at("penaltyExempt").texts();
    if (networks !== undefined) demandClosed(unit, FILES, { networks: networks.join(",") }, report);
    const known = FILES.map(({ path }) => path);
    for (const { path, at } of filesWhere(unit, (found) => /^\/etc\/(default\/ssh|ssh\/|systemd\/system\/ssh)/.test(found)).files)
      if (!known.includes(path)) report({ at, found: "another file of the SSH server", allowed: known.join(", ") });
  },
};
