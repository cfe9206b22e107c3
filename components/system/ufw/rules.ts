/** UFW's rule files as UFW itself would write them, so that `ufw status` reads them; see iptables-restore(8) for the format. */
import { BRIDGES, INTERNET_BRIDGES } from "../../config/names";
import type { Family } from "../../config/network";
import { hostChains } from "./hostChains";
import type { UfwRule, UfwSettings } from "./settings";

const PREFIX = { ipv4: "ufw", ipv6: "ufw6" } as const;
const ANY = { ipv4: "0.0.0.0/0", ipv6: "::/0" } as const;
// Where clouds answer with credentials and user data; IPv6 is the address some of them use.
const METADATA = { ipv4: "169.254.169.254/32", ipv6: "fd00:ec2::254/128" } as const;

/** A rule as UFW notes it in a comment and `ufw status` reads it. */
export function tuples(rule: UfwRule, family: Family): string {
  return `${rule.action} ${rule.protocol} ${rule.port} ${ANY[family]} any ${source(rule, family)} in`;
}

/** user.rules or user6.rules: the openings, in order. */
export function userRules(rules: readonly UfwRule[], family: Family): string {
  const p = PREFIX[family];
  const chains = ["user-input", "user-output", "user-forward", "before-logging-input", "before-logging-output", "before-logging-forward"]
    .concat(["user-logging-input", "user-logging-output", "user-logging-forward", "after-logging-input", "after-logging-output"])
    .concat(["after-logging-forward", "logging-deny", "logging-allow", "user-limit", "user-limit-accept"]);
  const slow = "-m limit --limit 3/min --limit-burst 10";
  return text([
    "*filter",
    ...chains.map((chain) => `:${p}-${chain} - [0:0]`),
    "### RULES ###",
    ...rules.flatMap((rule) => ["", `### tuple ### ${tuples(rule, family)}`, ...openings(rule, family)]),
    "",
    "### END RULES ###",
    "",
    "### LOGGING ###",
    `-A ${p}-after-logging-input -j LOG --log-prefix "[UFW BLOCK] " ${slow}`,
    `-A ${p}-after-logging-forward -j LOG --log-prefix "[UFW BLOCK] " ${slow}`,
    `-I ${p}-logging-deny -m conntrack --ctstate INVALID -j RETURN ${slow}`,
    `-A ${p}-logging-deny -j LOG --log-prefix "[UFW BLOCK] " ${slow}`,
    `-A ${p}-logging-allow -j LOG --log-prefix "[UFW ALLOW] " ${slow}`,
    "### END LOGGING ###",
    "",
    "### RATE LIMITING ###",
    `-A ${p}-user-limit -m limit --limit 3/minute -j LOG --log-prefix "[UFW LIMIT BLOCK] "`,
    `-A ${p}-user-limit -j REJECT`,
    `-A ${p}-user-limit-accept -j ACCEPT`,
    "### END RATE LIMITING ###",
    "COMMIT",
  ]);
}

/**
 * after.rules or after6.rules: our own chains, which go before UFW's, and DOCKER-USER. UFW empties its chains whenever it loads
 * them, so that the way to ours is there once.
 */
export function afterRules(settings: UfwSettings, family: Family): string {
  const p = PREFIX[family];
  const chains = hostChains(settings, family);
  return text([
    "*filter",
    `:${p}-after-input - [0:0]`,
    `:${p}-after-output - [0:0]`,
    `:${p}-after-forward - [0:0]`,
    ...chains.map(({ name }) => `:${name} - [0:0]`),
    ":DOCKER-USER - [0:0]",
    ...chains.flatMap(({ name, entry, rules }) => [`-I ${p}-${entry} -j ${name}`, ...rules.map((rule) => `-A ${name} ${rule}`)]),
    ...dockerUser(settings, family).map((rule) => `-A DOCKER-USER ${rule}`),
    "COMMIT",
    "*mangle",
    `:${FORWARD_CHAIN} - [0:0]`,
    // UFW empties no chain of this table, and loads its files again and again.
    "-F FORWARD",
    `-A FORWARD -j ${FORWARD_CHAIN}`,
    ...dockerUser(settings, family).map((rule) => `-A ${FORWARD_CHAIN} ${rule}`),
    "COMMIT",
  ]);
}

/**
 * The chain that says the same as DOCKER-USER, in the table mangle, which every forwarded packet passes before the table filter: Docker
 * (26 and older) leaves DOCKER-USER out where FORWARD was emptied before its restart, and hooks the one of IPv6 to nothing.
 */
export const FORWARD_CHAIN = "phiward-forward";

/**
 * The rules of DOCKER-USER, in order, as `iptables -S` prints them. Docker sends forwarded traffic through it before its own
 * rules, which UFW's input chain never sees, and keeps a chain that is there already, so that it survives Docker's restart.
 *
 * Answers pass. Out to other machines go new connections of the networks that may reach the Internet, and of Docker's default
 * network, which no service is in. Between the containers of one network, whose packets come here since Docker filters bridges,
 * databases are reached at their ports. Everything else is dropped, whatever its protocol.
 */
export function dockerUser({ databasePorts }: UfwSettings, family: Family): readonly string[] {
  const bridges = `${BRIDGES.others}+`;
  return [
    `-d ${METADATA[family]} -j DROP`,
    "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
    ...[BRIDGES.byDefault, `${INTERNET_BRIDGES}+`].map((bridge) => `-i ${bridge} ! -o ${bridges} -j RETURN`),
    `-i ${bridges} -o ${bridges} -p tcp -m multiport --dports ${databasePorts.join(",")} -j RETURN`,
    "-j DROP",
  ];
}

function source(rule: UfwRule, family: Family): string {
  return rule.from ?? ANY[family];
}

function openings(rule: UfwRule, family: Family): readonly string[] {
  const p = PREFIX[family];
  const from = rule.from === undefined ? "" : ` -s ${rule.from}`;
  const match = `-A ${p}-user-input -p ${rule.protocol} --dport ${rule.port}${from}`;
  switch (rule.action) {
    case "allow":
      return [`${match} -j ACCEPT`];
    case "limit":
      return [
        `${match} -m conntrack --ctstate NEW -m recent --set`,
        `${match} -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 -j ${p}-user-limit`,
        `${match} -j ${p}-user-limit-accept`,
      ];
    default: {
      const never: never = rule.action;
      return never;
    }
  }
}

function text(rows: readonly string[]): string {
  return `${rows.join("\n")}\n`;
}
