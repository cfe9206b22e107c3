import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, type Refused, refused, replaced, type Spoil, withoutFile } from "./spoil";

const UFW_DEFAULTS = textOf("ufw", "/etc/default/ufw");
const UFW_CONF = textOf("ufw", "/etc/ufw/ufw.conf");
const USER_RULES = textOf("ufw", "/etc/ufw/user.rules");
const USER6_RULES = textOf("ufw", "/etc/ufw/user6.rules");
const AFTER_RULES = textOf("ufw", "/etc/ufw/after.rules");
const AFTER6_RULES = textOf("ufw", "/etc/ufw/after6.rules");

// After UFW's own rules of the input chain.
const rule = (line: string): Spoil => replaced("### END RULES ###", `${line}\n### END RULES ###`);

/** What the rules about the firewall must refuse. */
export const UFW_REFUSED: readonly Refused[] = [
  ...refused("ufw-default-deny-incoming", "ufw", [
    ["the settings allow", "settings.defaults.incoming", becomes("allow"), "found allow, allowed: deny or reject"],
    [
      "the rendered default accepts",
      UFW_DEFAULTS,
      replaced('DEFAULT_INPUT_POLICY="DROP"', 'DEFAULT_INPUT_POLICY="ACCEPT"'),
      "found DEFAULT_INPUT_POLICY=ACCEPT",
    ],
    ["a later line accepts", UFW_DEFAULTS, added("DEFAULT_INPUT_POLICY=ACCEPT"), "found DEFAULT_INPUT_POLICY=ACCEPT"],
    ["no default is rendered", UFW_DEFAULTS, replaced("DEFAULT_INPUT_POLICY", "OTHER"), "found no DEFAULT_INPUT_POLICY"],
    ["IPv6 is left out", UFW_DEFAULTS, replaced("IPV6=yes", "IPV6=no"), "found IPV6=no"],
    ["the firewall is off", UFW_CONF, replaced("ENABLED=yes", "ENABLED=no"), "found ENABLED=no"],
    ["the file that turns it on is missing", "files", withoutFile("/etc/ufw/ufw.conf"), "found no /etc/ufw/ufw.conf"],
    ["a rule accepts everything", USER_RULES, rule("-A ufw-user-input -j ACCEPT"), "on every port"],
    ["a rule accepts one protocol whole", USER6_RULES, rule("-A ufw6-user-input -p tcp -j ACCEPT"), "on every port"],
    ["a rule accepts all ports but one", USER_RULES, rule("-A ufw-user-input -p tcp ! --dport 25 -j ACCEPT"), "on every port"],
    ["a chain of its own accepts", USER_RULES, rule("-A mine -j ACCEPT"), "on every port"],
    [
      "a rule names a service in place of a port",
      USER_RULES,
      rule("-A ufw-user-input -p tcp --dport postgresql -j ACCEPT"),
      "on every port",
    ],
    ["a rule is written without spaces", USER_RULES, rule("-Aufw-user-input -jACCEPT"), "on every port"],
    ["a line sets a policy by command", USER_RULES, rule("-P INPUT ACCEPT"), "found an unrecognised line"],
    ["a line empties a chain of the filter", USER_RULES, rule("-F FORWARD"), "found an unrecognised line"],
    [
      "the built-in chain accepts what is left",
      AFTER_RULES,
      replaced(":DOCKER-USER", ":INPUT ACCEPT [0:0]\n:DOCKER-USER"),
      "the chain INPUT with the policy ACCEPT",
    ],
  ]),
  ...refused("ufw-default-deny-routed", "ufw", [
    ["the settings allow", "settings.defaults.routed", becomes("allow"), "found allow, allowed: deny or reject"],
    ["the settings let containers be reached", "settings.dockerUser", becomes("return"), "found return, allowed: drop"],
    [
      "the rendered default accepts",
      UFW_DEFAULTS,
      replaced('DEFAULT_FORWARD_POLICY="DROP"', 'DEFAULT_FORWARD_POLICY="ACCEPT"'),
      "found DEFAULT_FORWARD_POLICY=ACCEPT",
    ],
    ["a rule allows routed traffic", USER_RULES, rule("-A ufw-user-forward -p tcp --dport 443 -j ACCEPT"), "allows routed traffic"],
    [
      "the built-in chain accepts what is left",
      AFTER6_RULES,
      replaced(":DOCKER-USER", ":FORWARD ACCEPT [0:0]\n:DOCKER-USER"),
      "the chain FORWARD with the policy ACCEPT",
    ],
    ["DOCKER-USER drops nothing in IPv6", AFTER6_RULES, replaced("-A DOCKER-USER -j DROP\n", ""), "does not end with a drop"],
    [
      "DOCKER-USER returns before it drops",
      AFTER_RULES,
      replaced("-A DOCKER-USER -j DROP", "-A DOCKER-USER -j RETURN\n-A DOCKER-USER -j DROP"),
      "does not end with a drop",
    ],
    ["IPv6 has no DOCKER-USER", "files", withoutFile("/etc/ufw/after6.rules"), "found no /etc/ufw/after6.rules"],
  ]),
  ...refused("ufw-containers-apart", "ufw", [
    [
      "others pass as proxies do",
      AFTER_RULES,
      replaced("-s 192.0.2.128/29 -p tcp", "-s 192.0.2.0/24 -p tcp"),
      "a rule that lets more pass",
    ],
    [
      "proxies pass before containers are dropped",
      AFTER_RULES,
      replaced(
        "-A phiward-input -i docker0",
        "-A phiward-input -s 192.0.2.128/29 -p tcp -m multiport --dports 80,443 -j RETURN\n-A phiward-input -i docker0",
      ),
      "a rule that lets more pass",
    ],
    [
      "nothing leads to the chain",
      AFTER_RULES,
      replaced("-I ufw-before-output -j phiward-output\n", ""),
      "no way to the chain phiward-output",
    ],
    [
      "nothing leads there in IPv6",
      AFTER6_RULES,
      replaced("-I ufw6-before-input -j phiward-input\n", ""),
      "no way to the chain phiward-input",
    ],
    [
      "containers reach the host",
      AFTER_RULES,
      replaced("-A phiward-input -i br-+ -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP\n", ""),
      "lets containers reach the host",
    ],
    [
      "containers reach a port of the host",
      AFTER_RULES,
      replaced("-A phiward-input -i docker0", "-A phiward-input -i br-+ -p tcp --dport 22 -j RETURN\n-A phiward-input -i docker0"),
      "lets more pass",
    ],
    [
      "everyone reaches what is published",
      AFTER_RULES,
      replaced("-m conntrack --ctstate DNAT -j REJECT", "-p udp -j REJECT"),
      "everyone reach",
    ],
    [
      "a person reaches the monitoring",
      AFTER_RULES,
      replaced("! --uid-owner 61184-65519", "! --uid-owner 1000-65519"),
      "reach the monitoring",
    ],
    ["a person reaches containers", AFTER_RULES, replaced("--uid-owner 33", "--uid-owner 1001"), "lets more pass"],
    ["a group reaches containers", AFTER6_RULES, added("-I phiward-output -m owner --gid-owner 100 -j ACCEPT"), "lets more pass"],
    ["every network reaches the Internet", AFTER_RULES, replaced("-i br-inet-+ ! -o br-+", "-i br-+ ! -o br-+"), "lets more pass"],
    ["containers reach each other at any port", AFTER_RULES, replaced("--dports 5432,6379", "--dports 5432,8080"), "lets more pass"],
    ["the file is missing", "files", withoutFile("/etc/ufw/after.rules"), "found no /etc/ufw/after.rules"],
  ]),
  ...refused("no-public-database-port", "ufw", [
    ["PostgreSQL is a public port", "settings.rules.3.port", becomes(5432), "found port 5432 (PostgreSQL) open to the world"],
    ["Docker is a public port", "settings.rules.3.port", becomes(2375), "found port 2375 (Docker) open to the world"],
    ["SMB is a public port", "settings.rules.3.port", becomes(445), "found port 445 (SMB) open to the world"],
    ["Remote Desktop is a public port", "settings.rules.3.port", becomes(3389), "found port 3389 (Remote Desktop) open to the world"],
    ["NFS is a public port", "settings.rules.3.port", becomes(2049), "found port 2049 (NFS) open to the world"],
    ["LDAP is a public port", "settings.rules.3.port", becomes(389), "found port 389 (LDAP) open to the world"],
    ["Telnet is a public port", "settings.rules.3.port", becomes(23), "found port 23 (Telnet) open to the world"],
    ["FTP is a public port", "settings.rules.3.port", becomes(21), "found port 21 (FTP) open to the world"],
    [
      "Redis is open to a network that is the whole Internet",
      "settings.rules.0",
      becomes({ action: "allow", protocol: "tcp", port: 6379, from: "0.0.0.0/0" }),
      "found port 6379 (Redis) open to the world",
    ],
    [
      "MySQL is open to half of the Internet",
      "settings.rules.0",
      becomes({ action: "limit", protocol: "tcp", port: 3306, from: "2000::/3" }),
      "found port 3306 (MySQL) open to the world",
    ],
    [
      "MongoDB is open to what is no network",
      "settings.rules.0",
      becomes({ action: "allow", protocol: "tcp", port: 27017, from: "any" }),
      "found port 27017 (MongoDB) open to the world",
    ],
    [
      "a rendered rule opens it",
      USER_RULES,
      rule("-A ufw-user-input -p tcp --dport 5432 -j ACCEPT"),
      "opens port 5432 (PostgreSQL) to the world",
    ],
    [
      "a rendered limit opens it",
      USER6_RULES,
      rule("-A ufw6-user-input -p tcp --dport=5432 -j ufw6-user-limit-accept"),
      "opens port 5432 (PostgreSQL) to the world",
    ],
    [
      "a rendered range has it inside",
      USER_RULES,
      rule("-A ufw-user-input -p tcp -m multiport --dports 80,5000:5432 -s 0.0.0.0/0 -j ACCEPT"),
      "opens port 5432 (PostgreSQL) to the world",
    ],
    [
      "a rendered rule opens it to all but one network",
      USER_RULES,
      rule("-A ufw-user-input -p tcp --dport 5432 ! -s 198.51.100.0/24 -j ACCEPT"),
      "opens port 5432 (PostgreSQL) to the world",
    ],
    ["a rendered rule opens every port", USER_RULES, rule("-A ufw-user-input -p tcp -j ACCEPT"), "3306 (MySQL), 5432 (PostgreSQL)"],
    ["the rendered rules are missing", "files", withoutFile("/etc/ufw/user.rules"), "found no /etc/ufw/user.rules"],
  ]),
];

/** What they must let pass. */
export const UFW_ALLOWED: readonly Allowed[] = [
  ...allowed("no-public-database-port", "ufw", [
    [
      "a database is open to one network",
      "settings.rules.0",
      becomes({ action: "allow", protocol: "tcp", port: 5432, from: "198.51.100.0/24" }),
    ],
    [
      "a database is open to a private network",
      "settings.rules.0",
      becomes({ action: "allow", protocol: "tcp", port: 5432, from: "10.0.0.0/8" }),
    ],
    ["a port that a database shares with many programs is open", "settings.rules.3.port", becomes(9000)],
    ["a database is closed by name", "settings.rules.0", becomes({ action: "deny", protocol: "tcp", port: 5432 })],
    ["a database is refused by name", "settings.rules.0", becomes({ action: "reject", protocol: "tcp", port: 5432 })],
    ["a rendered rule is for one network", USER_RULES, rule("-A ufw-user-input -p tcp --dport 5432 -s 198.51.100.0/24 -j ACCEPT")],
    ["a rendered rule is for what goes out", USER_RULES, rule("-A ufw-user-output -p tcp --dport 5432 -j ACCEPT")],
  ]),
  ...allowed("ufw-containers-apart", "ufw", [
    ["containers are dropped and not refused", AFTER_RULES, replaced("-j REJECT --reject-with icmp-port-unreachable", "-j DROP")],
    ["one database is reached", AFTER6_RULES, replaced("--dports 5432,6379", "--dports 5432")],
  ]),
  ...allowed("ufw-default-deny-incoming", "ufw", [
    ["what comes in is rejected", "settings.defaults.incoming", becomes("reject")],
    ["a rule is for what goes out", USER_RULES, rule("-A ufw-user-output -j ACCEPT")],
  ]),
];
