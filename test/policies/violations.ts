/** What each rule must refuse: a good stack with one value spoilt. */
import { textOf, type UnitName } from "./fixtures";

/** One spoilt value. */
export interface Violation {
  readonly rule: string;
  /** What is wrong, for the test's name. */
  readonly what: string;
  readonly unit: UnitName;
  readonly path: string;
  /** From the good value to the bad one; `undefined` takes it away. */
  readonly spoil: (good: unknown) => unknown;
  /** What the message must say of it. */
  readonly says: string;
}

const DROP_IN = textOf("ssh", "/etc/ssh/sshd_config.d/00-phiward.conf");
const SSHD_CONFIG = textOf("ssh", "/etc/ssh/sshd_config");
const UFW_DEFAULTS = textOf("ufw", "/etc/default/ufw");
const UFW_CONF = textOf("ufw", "/etc/ufw/ufw.conf");
const USER_RULES = textOf("ufw", "/etc/ufw/user.rules");
const USER6_RULES = textOf("ufw", "/etc/ufw/user6.rules");
const AFTER_RULES = textOf("ufw", "/etc/ufw/after.rules");
const AFTER6_RULES = textOf("ufw", "/etc/ufw/after6.rules");
const JAILS = textOf("fail2ban", "/etc/fail2ban/jail.d/phiward.local");
const ANNA = textOf("people", "/etc/ssh/authorized_keys.d/anna");
const BEN = textOf("people", "/etc/ssh/authorized_keys.d/ben");
const DEPLOY = textOf("people", "/etc/ssh/authorized_keys.d/deploy");

const OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0000000000000000000000000000000000000000";

const becomes = (value: unknown) => (): unknown => value;
const replaced =
  (from: string, to: string) =>
  (good: unknown): string => {
    const text = String(good);
    if (!text.includes(from)) throw new Error(`nothing to spoil: ${from}`);
    return text.replaceAll(from, to);
  };
const added =
  (line: string) =>
  (good: unknown): string =>
    `${String(good)}${line}\n`;
// The drop-in is shown as JSON, where the end of a line is a backslash and an n.
const inDropIn = (from: string, to: string) => replaced(`${from}\\n`, to === "" ? "" : JSON.stringify(`${to}\n`).slice(1, -1));
const onlyInOldest =
  (from: string, to: string) =>
  (good: unknown): string => {
    const text = String(good);
    const start = text.indexOf('"otherwise"');
    return text.slice(0, start) + text.slice(start).replace(from, to);
  };
// The last rule of the input chain's own, so that a new one comes after it.
const rule = (line: string) => replaced("### END RULES ###", `${line}\n### END RULES ###`);
const withoutFile =
  (path: string) =>
  (good: unknown): unknown =>
    Array.isArray(good) ? good.filter((file: { path?: unknown }) => file.path !== path) : good;

/** All of them, each with the rule that must refuse it. */
export const VIOLATIONS: readonly Violation[] = [
  ...(["ssh-no-passwords", "ssh-no-root-login"] as const).flatMap((id): readonly Violation[] => {
    const keyword = id === "ssh-no-passwords" ? "PasswordAuthentication" : "PermitRootLogin";
    const state = id === "ssh-no-passwords" ? "state.passwordAuthentication" : "state.permitRootLogin";
    return [
      { rule: id, what: "the state says yes", unit: "ssh", path: state, spoil: becomes("yes"), says: "found yes, allowed: no" },
      {
        rule: id,
        what: "the drop-in says yes",
        unit: "ssh",
        path: DROP_IN,
        spoil: inDropIn(`${keyword} no`, `${keyword} yes`),
        says: `found ${keyword} yes`,
      },
      {
        rule: id,
        what: "only the text for the oldest hosts says yes",
        unit: "ssh",
        path: DROP_IN,
        spoil: onlyInOldest(`${keyword} no`, `${keyword} yes`),
        says: `found ${keyword} yes`,
      },
      {
        rule: id,
        what: "the drop-in says nothing",
        unit: "ssh",
        path: DROP_IN,
        spoil: inDropIn(`${keyword} no`, ""),
        says: `sets ${keyword} in each of its versions`,
      },
      {
        rule: id,
        what: "only the text for the oldest hosts says nothing",
        unit: "ssh",
        path: DROP_IN,
        spoil: onlyInOldest(`${keyword} no\\n`, ""),
        says: `sets ${keyword} in each of its versions`,
      },
      {
        rule: id,
        what: "the setting is commented out",
        unit: "ssh",
        path: DROP_IN,
        spoil: inDropIn(`${keyword} no`, `#${keyword} no`),
        says: `sets ${keyword} in each of its versions`,
      },
      {
        rule: id,
        what: "the keyword is in small letters",
        unit: "ssh",
        path: DROP_IN,
        spoil: inDropIn(`${keyword} no`, `${keyword} no\n${keyword.toLowerCase()} yes`),
        says: `found ${keyword} yes`,
      },
      {
        rule: id,
        what: "the value follows an equals sign, in quotes",
        unit: "ssh",
        path: DROP_IN,
        spoil: inDropIn(`${keyword} no`, `${keyword} no\n  ${keyword}="yes"`),
        says: `found ${keyword} yes`,
      },
      {
        rule: id,
        what: "a Match block excepts somebody",
        unit: "ssh",
        path: DROP_IN,
        spoil: inDropIn("PrintMotd no", `PrintMotd no\nMatch User anna\n${keyword} yes`),
        says: "found a Match block",
      },
      {
        rule: id,
        what: "another file is included",
        unit: "ssh",
        path: DROP_IN,
        spoil: inDropIn("PrintMotd no", "PrintMotd no\nInclude /tmp/sshd"),
        says: "found an Include",
      },
      {
        rule: id,
        what: "the main file says yes before it reads the drop-ins",
        unit: "ssh",
        path: SSHD_CONFIG,
        spoil: (good) => `${keyword} yes\n${String(good)}`,
        says: "found another beginning",
      },
      {
        rule: id,
        what: "the main file does not read the drop-ins",
        unit: "ssh",
        path: SSHD_CONFIG,
        spoil: becomes("Subsystem sftp internal-sftp\n"),
        says: "found another beginning",
      },
      {
        rule: id,
        what: "the main file is left as it is",
        unit: "ssh",
        path: "files",
        spoil: withoutFile("/etc/ssh/sshd_config"),
        says: "found no /etc/ssh/sshd_config",
      },
      {
        rule: id,
        what: "there is no drop-in",
        unit: "ssh",
        path: "files",
        spoil: withoutFile("/etc/ssh/sshd_config.d/00-phiward.conf"),
        says: "sorts before",
      },
      {
        rule: id,
        what: "the drop-in sorts behind cloud-init's",
        unit: "ssh",
        path: DROP_IN.replace("text", "path"),
        spoil: becomes("/etc/ssh/sshd_config.d/99-phiward.conf"),
        says: "sorts before",
      },
      {
        rule: id,
        what: "the drop-in is a secret that nobody can judge",
        unit: "ssh",
        path: DROP_IN,
        spoil: becomes(undefined),
        says: "found nothing, allowed: text",
      },
    ];
  }),
  {
    rule: "ssh-no-passwords",
    what: "questions and answers are on in the state",
    unit: "ssh",
    path: "state.kbdInteractiveAuthentication",
    spoil: becomes("yes"),
    says: "found yes, allowed: no",
  },
  {
    rule: "ssh-no-passwords",
    what: "questions and answers are on by their old name",
    unit: "ssh",
    path: DROP_IN,
    spoil: inDropIn("PrintMotd no", "PrintMotd no\nChallengeResponseAuthentication yes"),
    says: "found KbdInteractiveAuthentication yes",
  },
  {
    rule: "ssh-no-passwords",
    what: "any method will do",
    unit: "ssh",
    path: DROP_IN,
    spoil: inDropIn("AuthenticationMethods publickey", "AuthenticationMethods any"),
    says: "found AuthenticationMethods any",
  },
  {
    rule: "ssh-no-root-login",
    what: "root may use a key",
    unit: "ssh",
    path: "state.permitRootLogin",
    spoil: becomes("prohibit-password"),
    says: "found prohibit-password, allowed: no",
  },

  {
    rule: "ufw-default-deny-incoming",
    what: "the state allows",
    unit: "ufw",
    path: "state.defaults.incoming",
    spoil: becomes("allow"),
    says: "found allow, allowed: deny or reject",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "the rendered default accepts",
    unit: "ufw",
    path: UFW_DEFAULTS,
    spoil: replaced('DEFAULT_INPUT_POLICY="DROP"', 'DEFAULT_INPUT_POLICY="ACCEPT"'),
    says: "found DEFAULT_INPUT_POLICY=ACCEPT",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "a later line accepts",
    unit: "ufw",
    path: UFW_DEFAULTS,
    spoil: added("DEFAULT_INPUT_POLICY=ACCEPT"),
    says: "found DEFAULT_INPUT_POLICY=ACCEPT",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "no default is rendered",
    unit: "ufw",
    path: UFW_DEFAULTS,
    spoil: replaced("DEFAULT_INPUT_POLICY", "OTHER"),
    says: "found no DEFAULT_INPUT_POLICY",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "IPv6 is left out",
    unit: "ufw",
    path: UFW_DEFAULTS,
    spoil: replaced("IPV6=yes", "IPV6=no"),
    says: "found IPV6=no",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "the firewall is off",
    unit: "ufw",
    path: UFW_CONF,
    spoil: replaced("ENABLED=yes", "ENABLED=no"),
    says: "found ENABLED=no",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "the file that turns it on is missing",
    unit: "ufw",
    path: "files",
    spoil: withoutFile("/etc/ufw/ufw.conf"),
    says: "found no /etc/ufw/ufw.conf",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "a rule accepts everything",
    unit: "ufw",
    path: USER_RULES,
    spoil: rule("-A ufw-user-input -j ACCEPT"),
    says: "on every port",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "a rule accepts one protocol whole",
    unit: "ufw",
    path: USER6_RULES,
    spoil: rule("-A ufw6-user-input -p tcp -j ACCEPT"),
    says: "on every port",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "a rule accepts all ports but one",
    unit: "ufw",
    path: USER_RULES,
    spoil: rule("-A ufw-user-input -p tcp ! --dport 25 -j ACCEPT"),
    says: "on every port",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "a chain of its own accepts",
    unit: "ufw",
    path: USER_RULES,
    spoil: rule("-A mine -j ACCEPT"),
    says: "on every port",
  },
  {
    rule: "ufw-default-deny-incoming",
    what: "the built-in chain accepts what is left",
    unit: "ufw",
    path: AFTER_RULES,
    spoil: replaced(":DOCKER-USER", ":INPUT ACCEPT [0:0]\n:DOCKER-USER"),
    says: "the chain INPUT with the policy ACCEPT",
  },

  {
    rule: "ufw-default-deny-routed",
    what: "the state allows",
    unit: "ufw",
    path: "state.defaults.routed",
    spoil: becomes("allow"),
    says: "found allow, allowed: deny or reject",
  },
  {
    rule: "ufw-default-deny-routed",
    what: "the state lets containers be reached",
    unit: "ufw",
    path: "state.dockerUser",
    spoil: becomes("return"),
    says: "found return, allowed: drop",
  },
  {
    rule: "ufw-default-deny-routed",
    what: "the rendered default accepts",
    unit: "ufw",
    path: UFW_DEFAULTS,
    spoil: replaced('DEFAULT_FORWARD_POLICY="DROP"', 'DEFAULT_FORWARD_POLICY="ACCEPT"'),
    says: "found DEFAULT_FORWARD_POLICY=ACCEPT",
  },
  {
    rule: "ufw-default-deny-routed",
    what: "a rule lets routed traffic through",
    unit: "ufw",
    path: USER_RULES,
    spoil: rule("-A ufw-user-forward -p tcp --dport 443 -j ACCEPT"),
    says: "lets routed traffic through",
  },
  {
    rule: "ufw-default-deny-routed",
    what: "the built-in chain accepts what is left",
    unit: "ufw",
    path: AFTER6_RULES,
    spoil: replaced(":DOCKER-USER", ":FORWARD ACCEPT [0:0]\n:DOCKER-USER"),
    says: "the chain FORWARD with the policy ACCEPT",
  },
  {
    rule: "ufw-default-deny-routed",
    what: "DOCKER-USER drops nothing in IPv6",
    unit: "ufw",
    path: AFTER6_RULES,
    spoil: replaced("-A DOCKER-USER -j DROP\n", ""),
    says: "does not drop what is left",
  },
  {
    rule: "ufw-default-deny-routed",
    what: "DOCKER-USER returns before it drops",
    unit: "ufw",
    path: AFTER_RULES,
    spoil: replaced("-A DOCKER-USER -j DROP", "-A DOCKER-USER -j RETURN\n-A DOCKER-USER -j DROP"),
    says: "does not drop what is left",
  },
  {
    rule: "ufw-default-deny-routed",
    what: "IPv6 has no DOCKER-USER",
    unit: "ufw",
    path: "files",
    spoil: withoutFile("/etc/ufw/after6.rules"),
    says: "found no /etc/ufw/after6.rules",
  },

  {
    rule: "no-public-database-port",
    what: "PostgreSQL is a public port",
    unit: "ufw",
    path: "state.rules.3.port",
    spoil: becomes(5432),
    says: "found port 5432 (PostgreSQL) open to the world",
  },
  {
    rule: "no-public-database-port",
    what: "Redis is open to a network that is the whole Internet",
    unit: "ufw",
    path: "state.rules.0",
    spoil: becomes({ action: "allow", protocol: "tcp", port: 6379, from: "0.0.0.0/0" }),
    says: "found port 6379 (Redis) open to the world",
  },
  {
    rule: "no-public-database-port",
    what: "MySQL is open to half of the Internet",
    unit: "ufw",
    path: "state.rules.0",
    spoil: becomes({ action: "limit", protocol: "tcp", port: 3306, from: "2000::/3" }),
    says: "found port 3306 (MySQL) open to the world",
  },
  {
    rule: "no-public-database-port",
    what: "MongoDB is open to what is no network",
    unit: "ufw",
    path: "state.rules.0",
    spoil: becomes({ action: "allow", protocol: "tcp", port: 27017, from: "any" }),
    says: "found port 27017 (MongoDB) open to the world",
  },
  {
    rule: "no-public-database-port",
    what: "a rendered rule opens it",
    unit: "ufw",
    path: USER_RULES,
    spoil: rule("-A ufw-user-input -p tcp --dport 5432 -j ACCEPT"),
    says: "opens port 5432 (PostgreSQL) to the world",
  },
  {
    rule: "no-public-database-port",
    what: "a rendered limit opens it",
    unit: "ufw",
    path: USER6_RULES,
    spoil: rule("-A ufw6-user-input -p tcp --dport=5432 -j ufw6-user-limit-accept"),
    says: "opens port 5432 (PostgreSQL) to the world",
  },
  {
    rule: "no-public-database-port",
    what: "a rendered range has it inside",
    unit: "ufw",
    path: USER_RULES,
    spoil: rule("-A ufw-user-input -p tcp -m multiport --dports 80,5000:5432 -s 0.0.0.0/0 -j ACCEPT"),
    says: "opens port 5432 (PostgreSQL) to the world",
  },
  {
    rule: "no-public-database-port",
    what: "the rendered rules are missing",
    unit: "ufw",
    path: "files",
    spoil: withoutFile("/etc/ufw/user.rules"),
    says: "found no /etc/ufw/user.rules",
  },

  {
    rule: "fail2ban-guards-sshd",
    what: "no jail watches SSH",
    unit: "fail2ban",
    path: "state.jails.0.name",
    spoil: becomes("web"),
    says: "found no jail sshd",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "the filter matches nothing that OpenSSH 10 logs",
    unit: "fail2ban",
    path: "state.jails.0.filter",
    spoil: becomes("sshd"),
    says: "found sshd, allowed: sshd[mode=aggressive]",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "too many tries are free",
    unit: "fail2ban",
    path: "state.maxRetry",
    spoil: becomes(6),
    says: "found maxretry 6, allowed: 1 to 5 failures",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "failures are soon forgotten",
    unit: "fail2ban",
    path: "state.findTimeSeconds",
    spoil: becomes(599),
    says: "found findtime 599, allowed: at least 600 seconds",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "a ban is soon over",
    unit: "fail2ban",
    path: "state.banTimeSeconds",
    spoil: becomes(3599),
    says: "found bantime 3599, allowed: at least 3600 seconds",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "everybody is exempt",
    unit: "fail2ban",
    path: "state.ignore.2",
    spoil: becomes("0.0.0.0/0"),
    says: "found an exemption of a whole /0",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "a provider's customers are exempt",
    unit: "fail2ban",
    path: "state.ignore.3",
    spoil: becomes("2001:db8::/31"),
    says: "found an exemption of a whole /31",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "a name is exempt, which an attacker may own",
    unit: "fail2ban",
    path: "state.ignore.2",
    spoil: becomes("office.example"),
    says: "found an exemption that is no network",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "the rendered jail is off",
    unit: "fail2ban",
    path: JAILS,
    spoil: replaced("enabled = true", "enabled = false"),
    says: "found a jail sshd that is not enabled",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "the rendered filter is another",
    unit: "fail2ban",
    path: JAILS,
    spoil: replaced("sshd[mode=aggressive]", "sshd"),
    says: "found another filter for sshd",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "the rendered jail overrides a limit",
    unit: "fail2ban",
    path: JAILS,
    spoil: added("maxretry = 100"),
    says: "found maxretry 100",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "a rendered limit is no number",
    unit: "fail2ban",
    path: JAILS,
    spoil: replaced("bantime = 3600", "bantime = 1s"),
    says: "found bantime with text of 2 characters",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "the rendered exemptions go on on the next line",
    unit: "fail2ban",
    path: JAILS,
    spoil: replaced("ignoreself", "   10.0.0.0/8\nignoreself"),
    says: "found an exemption of a whole /8",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "a program decides who is exempt",
    unit: "fail2ban",
    path: JAILS,
    spoil: added("ignorecommand = /bin/true"),
    says: "found an ignorecommand",
  },
  {
    rule: "fail2ban-guards-sshd",
    what: "nothing is rendered",
    unit: "fail2ban",
    path: "files",
    spoil: becomes([]),
    says: "found no enabled for sshd",
  },

  {
    rule: "connection-host-key-pinned",
    what: "no host key is given",
    unit: "ssh",
    path: "connection.hostKey",
    spoil: becomes(undefined),
    says: "connection.hostKey: found nothing",
  },
  {
    rule: "connection-host-key-pinned",
    what: "the host key is empty",
    unit: "verify",
    path: "connection.hostKey",
    spoil: becomes(""),
    says: "not a whole Ed25519 key",
  },
  {
    rule: "connection-host-key-pinned",
    what: "the host key is of another kind",
    unit: "baseline",
    path: "connection.hostKey",
    spoil: becomes("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7"),
    says: "found ssh-rsa, not a whole Ed25519 key",
  },
  {
    rule: "connection-host-key-pinned",
    what: "the host key is cut short",
    unit: "baseline",
    path: "connection.hostKey",
    spoil: (good) => String(good).slice(0, -4),
    says: "not a whole Ed25519 key",
  },
  {
    rule: "connection-host-key-pinned",
    what: "the deploy logs in as root",
    unit: "people",
    path: "connection.user",
    spoil: becomes("root"),
    says: "connection.user: found root",
  },
  {
    rule: "connection-host-key-pinned",
    what: "there is no connection",
    unit: "verify",
    path: "connection",
    spoil: becomes(undefined),
    says: "connection: found nothing",
  },

  {
    rule: "people-unique-keys",
    what: "somebody has no key",
    unit: "people",
    path: "state.people.0.keys",
    spoil: becomes([]),
    says: "state.people.0.keys: found an empty list",
  },
  {
    rule: "people-unique-keys",
    what: "two people share a key under two comments",
    unit: "people",
    path: "state.people.1.keys.0",
    spoil: becomes("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBJ42g/QPi2adaNSAge38FmSdGZJLfq4z849dSDqgd4 ben"),
    says: "found the key of state.people.0.keys.0",
  },
  {
    rule: "people-unique-keys",
    what: "a private key was pasted",
    unit: "people",
    path: "state.people.0.keys.0",
    spoil: becomes("-----BEGIN OPENSSH PRIVATE KEY-----"),
    says: "state.people.0.keys.0: found no public key",
  },
  {
    rule: "people-unique-keys",
    what: "nobody has sudo",
    unit: "people",
    path: "state.people.0.sudo",
    spoil: becomes(false),
    says: "found nobody with sudo and without an expiry",
  },
  {
    rule: "people-unique-keys",
    what: "the only administrator's access ends",
    unit: "people",
    path: "state.people.0.expires",
    spoil: becomes("2030-01-01"),
    says: "found nobody with sudo and without an expiry",
  },
  {
    rule: "people-unique-keys",
    what: "there are no people",
    unit: "people",
    path: "state.people",
    spoil: becomes([]),
    says: "found nobody with sudo and without an expiry",
  },
  {
    rule: "people-unique-keys",
    what: "an undeclared key is rendered",
    unit: "people",
    path: ANNA,
    spoil: added(OTHER_KEY),
    says: "found 1 of 2 lines with a key of somebody else",
  },
  {
    rule: "people-unique-keys",
    what: "a colleague's key is rendered",
    unit: "people",
    path: BEN,
    spoil: added("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBJ42g/QPi2adaNSAge38FmSdGZJLfq4z849dSDqgd4"),
    says: "allowed: keys of state.people.1",
  },
  {
    rule: "people-unique-keys",
    what: "somebody without sudo may deploy",
    unit: "people",
    path: DEPLOY,
    spoil: added("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ben"),
    says: "allowed: keys of people with sudo",
  },
  {
    rule: "people-unique-keys",
    what: "a rendered key comes with options",
    unit: "people",
    path: ANNA,
    spoil: (good) => `cert-authority ${String(good)}`,
    says: "or with options",
  },

  ...(["baseline", "people", "ssh", "ufw", "fail2ban"] as const).map(
    (unit): Violation => ({
      rule: "guarded-units-have-dead-man",
      what: `the switch of ${unit} is not set`,
      unit,
      path: "deadManSeconds",
      spoil: becomes(null),
      says: "deadManSeconds: found nothing",
    }),
  ),
  {
    rule: "guarded-units-have-dead-man",
    what: "the switch acts after more than an hour",
    unit: "ssh",
    path: "deadManSeconds",
    spoil: becomes(3601),
    says: "found 3601 seconds",
  },
  {
    rule: "guarded-units-have-dead-man",
    what: "the switch acts before anybody can confirm",
    unit: "ufw",
    path: "deadManSeconds",
    spoil: becomes(19),
    says: "found 19 seconds",
  },
];
