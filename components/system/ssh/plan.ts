import { type AbsentFiles, type PlanDirectory, type PlanFile, textFile, versionedFile } from "../../plan/files";
import { KEYS_DIRECTORY } from "../../plan/places";
import { readUnits, serviceSteps } from "../../plan/systemd";
import { ANY, type ConcernPlan, EMPTY_PLAN, type Step } from "../../plan/types";
import { LOCKED_FILES } from "../people/settings";
import { CIPHERS, HOST_KEY_ALGORITHMS, KEY_EXCHANGES, MACS, OLDEST_KEY_EXCHANGES, USER_KEY_ALGORITHMS } from "./algorithms";
import { sshChecks } from "./checks";
import { NO_LOCAL_SOCKET, PLAIN_DAEMON, type SshSettings } from "./settings";

/** Sorted before every other drop-in, cloud-init's 50 among them: sshd keeps the first value of a keyword. */
export const DROP_IN = "/etc/ssh/sshd_config.d/00-phiward.conf";

export function sshPlan(settings: SshSettings): ConcernPlan {
  const configuration = [
    textFile("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nSubsystem sftp internal-sftp\n", "0600"),
    dropInFile(settings),
  ];
  return {
    ...EMPTY_PLAN,
    packages: ["openssh-server"],
    directories: [DROP_INS, GENERATORS],
    // Options of the command line win over every file.
    files: [textFile("/etc/default/ssh", "SSHD_OPTS=\n"), ...configuration, NO_LOCAL_SOCKETS],
    absent: ABSENT,
    validators: [{ id: "sshd", argv: ["/usr/sbin/sshd", "-t"], files: [...configuration, DROP_INS] }],
    steps: STEPS,
    checks: sshChecks(settings),
  };
}

const DROP_INS: PlanDirectory = {
  path: "/etc/ssh/sshd_config.d",
  owner: "root:root",
  mode: "0755",
  exclusive: { noun: "SSH server settings", keep: [LOCKED_FILES.ssh] },
};

const ABSENT: readonly AbsentFiles[] = [
  { noun: "SSH service settings", glob: "/etc/systemd/system/ssh.service.d/*" },
  { noun: "SSH service settings", glob: "/etc/systemd/system/ssh.service" },
];

const GENERATORS: PlanDirectory = { path: "/etc/systemd/system-generators", owner: "root:root", mode: "0755" };
// An empty file in the place of systemd-ssh-generator(8), which has SSH listen on a socket of the file system and on virtual sockets.
const NO_LOCAL_SOCKETS = textFile(`${GENERATORS.path}/systemd-ssh-generator`, "");

const STEPS: readonly Step[] = [
  {
    id: "stop-local-ssh-sockets",
    // systemd's own pattern: no shell reads it.
    argv: ["systemctl", "stop", "sshd-*.socket"],
    phase: "after",
    when: { kind: "state", unless: NO_LOCAL_SOCKET },
    undo: { kind: "none" },
  },
  readUnits([ANY], "read-ssh-service"),
  {
    id: "reload-ssh",
    argv: ["systemctl", "reload", "ssh.service"],
    phase: "after",
    when: { kind: "change", on: [ANY] },
    undo: { kind: "again" },
  },
  ...serviceSteps("ssh.service"),
  {
    // Connections stay; the one that runs this among them.
    id: "restart-ssh",
    argv: ["systemctl", "restart", "ssh.service"],
    phase: "after",
    when: { kind: "state", unless: PLAIN_DAEMON },
    undo: { kind: "again" },
  },
];

/**
 * Connections that have not logged in yet. The limit of all is far above that of one source, so that one source, this host itself among
 * them, leaves room for administrators; a deploy opens some two dozen at once. A penalty is of the same length whether the name was
 * known (`authfail`) or not (`noauth`): who tries would tell names by it.
 */
export const STARTUPS = {
  MaxStartups: "100:30:200",
  PerSourceMaxStartups: 30,
  PerSourceNetBlockSize: "32:64",
  PerSourcePenalties: "crash:90s authfail:5s noauth:5s grace-exceeded:10s",
} as const;

function dropInFile(settings: SshSettings): PlanFile {
  return versionedFile(
    DROP_IN,
    {
      argv: ["ssh", "-V"],
      pattern: "OpenSSH_(\\d+)\\.(\\d+)",
      cases: KEY_EXCHANGES.map(({ atLeast, names }) => ({ atLeast, text: dropIn(settings, names) })),
      otherwise: dropIn(settings, OLDEST_KEY_EXCHANGES),
    },
    "0600",
  );
}

function dropIn(settings: SshSettings, keyExchanges: readonly string[]): string {
  const rows: readonly (readonly [string, string | number])[] = [
    ["Port", settings.port],
    ["PermitRootLogin", settings.permitRootLogin],
    ["PasswordAuthentication", settings.passwordAuthentication],
    ["KbdInteractiveAuthentication", settings.kbdInteractiveAuthentication],
    ["PermitEmptyPasswords", "no"],
    ["PubkeyAuthentication", "yes"],
    ["AuthenticationMethods", settings.authenticationMethods],
    ["AuthorizedKeysFile", `${KEYS_DIRECTORY}/%u`],
    ["AuthorizedKeysCommand", "none"],
    // Without a user the server complains of the line above at every login.
    ["AuthorizedKeysCommandUser", "nobody"],
    ["AuthorizedPrincipalsFile", "none"],
    ["TrustedUserCAKeys", "none"],
    ["AllowGroups", settings.allowGroups.join(" ")],
    ["DenyUsers", settings.denyUsers.join(" ")],
    ["HostbasedAuthentication", "no"],
    ["IgnoreRhosts", "yes"],
    ["GSSAPIAuthentication", "no"],
    ["PermitUserEnvironment", "no"],
    // For shells that read no profile: one that a command started, or that runs in another.
    ["SetEnv", `TMOUT=${settings.shellIdleSeconds}`],
    ["PermitUserRC", "no"],
    ["StrictModes", "yes"],
    ["UsePAM", "yes"],
    ["DisableForwarding", settings.disableForwarding],
    ["X11Forwarding", "no"],
    ["AllowTcpForwarding", "no"],
    ["AllowAgentForwarding", "no"],
    ["AllowStreamLocalForwarding", "no"],
    ["PermitTunnel", "no"],
    ["GatewayPorts", "no"],
    ["ClientAliveInterval", settings.clientAliveInterval],
    ["ClientAliveCountMax", settings.clientAliveCountMax],
    ["MaxAuthTries", settings.maxAuthTries],
    ["MaxSessions", 10],
    ...Object.entries(STARTUPS),
    ["LoginGraceTime", settings.loginGraceTime],
    ["PerSourcePenaltyExemptList", settings.penaltyExempt.join(",")],
    ["LogLevel", "VERBOSE"],
    ["Banner", "/etc/issue.net"],
    ["DebianBanner", "no"],
    ["PrintMotd", "no"],
    ["TCPKeepAlive", "no"],
    ["UseDNS", "no"],
    ["Compression", "no"],
    ["HostKey", "/etc/ssh/ssh_host_ed25519_key"],
    ["HostKeyAlgorithms", HOST_KEY_ALGORITHMS.join(",")],
    ["PubkeyAcceptedAlgorithms", USER_KEY_ALGORITHMS.join(",")],
    ["RequiredRSASize", 3072],
    ["KexAlgorithms", keyExchanges.join(",")],
    ["Ciphers", CIPHERS.join(",")],
    ["MACs", MACS.join(",")],
  ];
  return rows.map(([keyword, value]) => `${keyword} ${value}\n`).join("");
}
