import type { Finding, Rule } from "../engine/rule";
import { databaseOn } from "../readers/databases";
import { filesAt } from "../readers/files";

const FAMILIES = [
  { path: "/etc/ufw/after.rules", prefix: "ufw" },
  { path: "/etc/ufw/after6.rules", prefix: "ufw6" },
] as const;

// Listed here again, and not read from the firewall's plan: what is weakened there is refused here.
const INPUT_DROPS = ["docker0", "br-+"].map((bridge) => `-i ${bridge} -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP`);
const ANSWERS = "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN";
const OUTPUT_PASSES = [ANSWERS, "-m owner --uid-owner 0 -j RETURN", "-m owner --uid-owner 33 -j RETURN"];
const OUTPUT_REFUSALS = [
  { match: "-m conntrack --ctstate DNAT", reached: "containers" },
  { match: "-o lo -p tcp -m tcp --dport 20000:29999", reached: "containers" },
  { match: "-o docker0", reached: "containers" },
  { match: "-o br-+", reached: "containers" },
  { match: "-o lo -p tcp -m multiport --dports 9090,9091,9093,9100,9113 -m owner ! --uid-owner 61184-65519", reached: "the monitoring" },
];
const ROUTED_PASSES = [ANSWERS, "-i docker0 ! -o br-+ -j RETURN", "-i br-inet-+ ! -o br-+ -j RETURN"];
const WITHIN_NETWORK = /^-i br-\+ -o br-\+ -p tcp -m multiport --dports ([\d,]+) -j RETURN$/;

/** The walls inside a host: a service's port is reached by root and the web server, and a container reaches nothing of its host. */
export const ufwContainersApart: Rule = {
  id: "ufw-containers-apart",
  description:
    "Containers reach nothing of their host, of each other the databases, and other machines where declared; only root and the web server reach them, and root and units the monitoring.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-08", "NET-19", "NET-21"],
  remedy: "let the firewall's plan write the chains phiward-input, phiward-output and DOCKER-USER",
  appliesTo: ["phiward:host:Ufw"],
  judge(unit, report) {
    const settings = unit.at("settings");
    const proxies = settings.has("proxies") ? settings.at("proxies").texts() : [];
    if (proxies === undefined) return;
    const paths = FAMILIES.map(({ path }) => path);
    for (const { path, at, texts } of filesAt(unit, paths, report))
      for (const text of texts) {
        const prefix = FAMILIES.find((family) => family.path === path)?.prefix ?? "";
        judgeFile(
          at,
          prefix,
          text.split("\n").map((line) => line.trim().replaceAll(/\s+/g, " ")),
          proxies,
          report,
        );
      }
  },
};

function judgeFile(
  at: string,
  prefix: string,
  lines: readonly string[],
  proxies: readonly string[],
  report: (finding: Finding) => void,
): void {
  const rulesOf = (chain: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`-A ${chain} `)).map((line) => line.slice(`-A ${chain} `.length));
  for (const direction of ["input", "output"]) {
    const first = `-I ${prefix}-before-${direction} -j phiward-${direction}`;
    if (!lines.includes(first)) report({ at, found: `no way to the chain phiward-${direction}`, allowed: first });
  }
  const input = rulesOf("phiward-input");
  for (const drop of INPUT_DROPS)
    if (!input.includes(drop)) report({ at, found: "a chain phiward-input that lets containers reach the host", allowed: drop });
  const output = rulesOf("phiward-output");
  for (const { match, reached } of OUTPUT_REFUSALS)
    if (!output.some((rule) => rule.startsWith(`${match} -j `) && isRefusal(rule)))
      report({ at, found: `a chain phiward-output that lets everyone reach ${reached}`, allowed: `${match} -j REJECT` });
  const passing = [
    ...input.map((rule, index) => ({
      rule,
      declared: isForProxies(rule, proxies) && INPUT_DROPS.every((drop) => input.indexOf(drop) < index),
    })),
    ...output.map((rule) => ({ rule, declared: OUTPUT_PASSES.includes(rule) })),
    ...rulesOf("DOCKER-USER").map((rule) => ({ rule, declared: ROUTED_PASSES.includes(rule) || isForDatabases(rule) })),
  ];
  const inserted = lines.some((line) => /^(?:-I|--insert) (?:phiward-|DOCKER-USER)/.test(line));
  if (inserted || passing.some(({ rule, declared }) => !declared && !isRefusal(rule)))
    report({ at, found: "a rule that lets more pass between host, containers and network", allowed: "those of the firewall's plan" });
}

function isRefusal(rule: string): boolean {
  return / -j (?:DROP|REJECT(?: --reject-with [a-z0-9-]+)?)$/.test(` ${rule}`);
}

// Declared proxies come to the sites past the limit of connections; by then containers are dropped.
function isForProxies(rule: string, proxies: readonly string[]): boolean {
  return proxies.some((network) => rule === `-s ${network} -p tcp -m multiport --dports 80,443 -j RETURN`);
}

function isForDatabases(rule: string): boolean {
  const ports = WITHIN_NETWORK.exec(rule)?.[1]?.split(",");
  return ports?.every((port) => databaseOn(Number(port)) !== undefined) ?? false;
}
