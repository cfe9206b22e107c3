import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, listed, type Refused, refused, replaced } from "./spoil";

const JAILS = textOf("fail2ban", "/etc/fail2ban/jail.d/phiward.local");

// Networks of /16, one after the other.
function slices(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `198.${String(index)}.0.0/16`);
}

/** What the rules about fail2ban must refuse. */
export const FAIL2BAN_REFUSED: readonly Refused[] = [
  ...refused("fail2ban-guards-sshd", "fail2ban", [
    ["no jail watches SSH", "settings.jails.0.name", becomes("web"), "found no jail sshd"],
    ["the filter matches nothing that OpenSSH 10 logs", "settings.jails.0.filter", becomes("sshd"), "found sshd, allowed: phiward-sshd"],
    ["too many tries are free", "settings.maxRetry", becomes(6), "found maxretry 6, allowed: 1 to 5 failures"],
    ["failures are soon forgotten", "settings.findTime", becomes(599), "found findtime 599, allowed: at least 600 seconds"],
    ["a ban is soon over", "settings.banTime", becomes(3599), "found bantime 3599, allowed: at least 3600 seconds"],
    ["everybody is exempt", "settings.ignore.2", becomes("0.0.0.0/0"), "found an exemption of a whole /0"],
    ["a provider's customers are exempt", "settings.ignore.3", becomes("2001:db8::/31"), "found an exemption of a whole /31"],
    [
      "a /8 is exempt in parts",
      "settings.ignore",
      listed((networks) => [...networks, ...slices(17)]),
      "found exemptions as wide together as 18 networks of /16, allowed: 16 at most",
    ],
    [
      "as much of IPv6 is exempt in parts",
      "settings.ignore",
      listed((networks) => [...networks, ...Array.from({ length: 33 }, (_, index) => `2001:${index.toString(16)}00::/33`)]),
      "found exemptions as wide together as 17 networks of /32",
    ],
    [
      "the rendered exemptions are a /8 in parts",
      JAILS,
      replaced("ignoreself", `   ${slices(17).join(" ")}\nignoreself`),
      "found exemptions as wide together as 18 networks of /16",
    ],
    [
      "a name is exempt, which an attacker may own",
      "settings.ignore.2",
      becomes("office.example"),
      "found an exemption that is not a network",
    ],
    ["the rendered jail is off", JAILS, replaced("enabled = true", "enabled = false"), "found a jail sshd that is not enabled"],
    ["the rendered filter is another", JAILS, replaced("filter = phiward-sshd", "filter = sshd"), "found another filter for sshd"],
    ["the rendered jail overrides a limit", JAILS, replaced("[sshd]\n", "[sshd]\nmaxretry = 100\n"), "found maxretry 100"],
    ["a rendered limit is no number", JAILS, replaced("bantime = 3600", "bantime = 1s"), "found bantime with text of 2 characters"],
    [
      "the rendered exemptions go on on the next line",
      JAILS,
      replaced("ignoreself", "   10.0.0.0/8\nignoreself"),
      "found an exemption of a whole /8",
    ],
    ["a program decides who is exempt", JAILS, replaced("[sshd]\n", "[sshd]\nignorecommand = /bin/true\n"), "found an ignorecommand"],
    ["nothing is rendered", "files", becomes([]), "found no enabled for sshd"],
  ]),
];

/** What they must let pass. */
export const FAIL2BAN_ALLOWED: readonly Allowed[] = [
  ...allowed("fail2ban-guards-sshd", "fail2ban", [
    ["a campus is exempt", "settings.ignore.2", becomes("10.1.0.0/16")],
    ["sixteen campuses are exempt, one of them twice", "settings.ignore", becomes([...slices(16), ...slices(1)])],
    ["a site is exempt", "settings.ignore.3", becomes("2001:db8::/32")],
    ["one try is free", "settings.maxRetry", becomes(1)],
    ["failures count for ten minutes", "settings.findTime", becomes(600)],
    ["a second jail watches something else", "settings.jails", listed((jails) => [...jails, { name: "web", filter: "web" }])],
    ["another jail is more patient", JAILS, added("[web]\nmaxretry = 100\nignorecommand = /bin/true")],
    ["a comment stands within the exemptions", JAILS, replaced("ignoreself", "   # 10.0.0.0/8\n\nignoreself")],
    ["limits stand in comments", JAILS, added("# maxretry = 100\n   # 10.0.0.0/8\n; bantime = 1\n")],
  ]),
];
