import type { Finding, Rule } from "../engine/rule";
import { demandClosed, type KnownLine } from "../readers/closedLines";
import { filesWhere } from "../readers/files";
import { isWorld } from "../readers/network";
import type { Value } from "../readers/value";

const SSH = 22;

// What the families call the same things.
const FAMILIES = [
  { suffix: "", chain: "ufw", length: "32", metadata: "169.254.169.254/32", isOurs: (from: string) => !from.includes(":"), icmp: "icmp" },
  { suffix: "6", chain: "ufw6", length: "64", metadata: "fd00:ec2::254/128", isOurs: (from: string) => from.includes(":"), icmp: "icmp6" },
] as const;
type Family = (typeof FAMILIES)[number];

const DEFAULTS: readonly KnownLine[] = [
  "IPV6=yes",
  'DEFAULT_INPUT_POLICY="DROP"',
  'DEFAULT_OUTPUT_POLICY="{ACCEPT|DROP|REJECT}"',
  'DEFAULT_FORWARD_POLICY="DROP"',
  'DEFAULT_APPLICATION_POLICY="SKIP"',
  "MANAGE_BUILTINS=no",
  "IPT_SYSCTL=",
  'IPT_MODULES=""',
];

/** An opening that the settings declare. */
interface Opening {
  readonly action: string;
  readonly protocol: string;
  readonly port: number;
  readonly from: string | undefined;
}

/**
 * A firewall is read line by line: one more, in any table or chain, may let through what the others refuse. So its files hold what the
 * declared openings come to, word by word and in order, and no scripts.
 */
export const ufwRulesAsDeclared: Rule = {
  id: "ufw-rules-as-declared",
  description: "The firewall's files hold the declared openings, the walls between containers and host, and no other rule or script.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-06", "NET-11", "NET-14", "NET-15"],
  remedy: "declare openings under publicPorts and adminNetworks in the stack's configuration",
  appliesTo: ["phiward:host:Ufw"],
  judge(unit, report) {
    const settings = unit.at("settings");
    demandClosed(
      unit,
      [
        { path: "/etc/default/ufw", lines: DEFAULTS },
        { path: "/etc/ufw/ufw.conf", lines: ["ENABLED=yes", "LOGLEVEL={low|medium|high|full}"] },
        ...["before.init", "after.init"].map((name) => ({ path: `/etc/ufw/${name}`, lines: [], comment: /^#(?!!)/ })),
      ],
      {},
      report,
    );
    const openings = openingsOf(settings, report);
    const connections = settings.has("mostConnections") ? settings.at("mostConnections").number() : null;
    const advertisements = settings.at("routerAdvertisements").text();
    const ports = settings
      .at("databasePorts")
      .items()
      ?.map((port) => port.number());
    if (openings === undefined || connections === undefined || advertisements === undefined || ports?.includes(undefined) !== false) return;
    const proxies = settings.has("proxies") ? settings.at("proxies").texts() : [];
    if (proxies === undefined) return;
    const words = { connections: String(connections), databases: ports.join(",") };
    for (const family of FAMILIES) {
      const own = openings.filter(({ from }) => from === undefined || family.isOurs(from));
      const named = own.flatMap(({ port, protocol, from }, index): [string, string][] => [
        [`port ${String(index)}`, String(port)],
        [`protocol ${String(index)}`, protocol],
        [`network ${String(index)}`, from ?? ""],
      ]);
      const through = connections === null ? [] : proxies.filter(family.isOurs);
      const after = afterLines(family, connections !== null, advertisements === "refused", through.length);
      demandClosed(
        unit,
        [
          { path: `/etc/ufw/user${family.suffix}.rules`, lines: userLines(family, own), inOrder: true },
          { path: `/etc/ufw/after${family.suffix}.rules`, lines: after, inOrder: true },
        ],
        {
          ...words,
          ...Object.fromEntries(named),
          ...Object.fromEntries(through.map((network, index) => [`proxy ${String(index)}`, network])),
        },
        report,
      );
    }
    for (const { at, path } of filesWhere(unit, (found) => /^\/etc\/ufw\//.test(found)).files)
      if (!/^\/etc\/ufw\/((user|after|before)6?\.rules|ufw\.conf|(before|after)\.init)$/.test(path))
        report({ at, found: "another file of the firewall", allowed: "user.rules, after.rules, those of IPv6, and UFW's own" });
  },
};

function openingsOf(settings: Value, report: (finding: Finding) => void): readonly Opening[] | undefined {
  const openings = settings
    .at("rules")
    .items()
    ?.map((rule) => {
      const from = rule.has("from") ? rule.at("from").text() : null;
      const opening = { action: rule.at("action").text(), protocol: rule.at("protocol").text(), port: rule.at("port").number() };
      if (
        opening.action !== undefined &&
        opening.action !== "limit" &&
        opening.port === SSH &&
        (from === null || (from !== undefined && isWorld(from)))
      )
        report({ at: rule.path, found: "SSH that is open to the world without a limit", allowed: "limit, or allow from single networks" });
      return { ...opening, from };
    });
  const known = openings?.flatMap(({ action, protocol, port, from }): Opening[] =>
    action === undefined || protocol === undefined || port === undefined || from === undefined
      ? []
      : [{ action, protocol, port, from: from ?? undefined }],
  );
  return known?.length === openings?.length ? known : undefined;
}

function userLines({ chain }: Family, openings: readonly Opening[]): readonly KnownLine[] {
  const slow = "-m limit --limit 3/min --limit-burst 10";
  const chains = ["user", "before-logging", "user-logging", "after-logging"].flatMap((name) =>
    ["input", "output", "forward"].map((direction) => `${name}-${direction}`),
  );
  return [
    "*filter",
    ...[...chains, "logging-deny", "logging-allow", "user-limit", "user-limit-accept"].map((name) => `:${chain}-${name} - [0:0]`),
    ...openings.flatMap(({ action, from }, index) => {
      const source = from === undefined ? "" : ` -s {network ${String(index)}}`;
      const match = `-A ${chain}-user-input -p {protocol ${String(index)}} --dport {port ${String(index)}}${source}`;
      const fresh = `${match} -m conntrack --ctstate NEW -m recent`;
      return action === "limit"
        ? [`${fresh} --set`, `${fresh} --update --seconds 30 --hitcount 6 -j ${chain}-user-limit`, `${match} -j ${chain}-user-limit-accept`]
        : [`${match} -j ACCEPT`];
    }),
    ...["input", "forward"].map((name) => `-A ${chain}-after-logging-${name} -j LOG --log-prefix "[UFW BLOCK] " ${slow}`),
    `-I ${chain}-logging-deny -m conntrack --ctstate INVALID -j RETURN ${slow}`,
    `-A ${chain}-logging-deny -j LOG --log-prefix "[UFW BLOCK] " ${slow}`,
    `-A ${chain}-logging-allow -j LOG --log-prefix "[UFW ALLOW] " ${slow}`,
    `-A ${chain}-user-limit -m limit --limit 3/minute -j LOG --log-prefix "[UFW LIMIT BLOCK] "`,
    `-A ${chain}-user-limit -j REJECT`,
    `-A ${chain}-user-limit-accept -j ACCEPT`,
    "COMMIT",
  ];
}

function afterLines({ chain, length, metadata, icmp }: Family, sites: boolean, refused: boolean, proxies: number): readonly KnownLine[] {
  const unreachable = `-j REJECT --reject-with ${icmp}-port-unreachable`;
  const redirects = { icmp: ["-p icmp -m icmp --icmp-type 5"], icmp6: ["-p ipv6-icmp -m icmp6 --icmpv6-type 137"] }[icmp];
  const routers = icmp === "icmp6" && refused ? ["-p ipv6-icmp -m icmp6 --icmpv6-type 134"] : [];
  const answers = "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN";
  const routed = [
    `-d ${metadata} -j DROP`,
    answers,
    "-i docker0 ! -o br-+ -j RETURN",
    "-i br-inet-+ ! -o br-+ -j RETURN",
    "-i br-+ -o br-+ -p tcp -m multiport --dports {databases} -j RETURN",
    "-j DROP",
  ];
  const most = `--connlimit-above {connections} --connlimit-mask ${length} --connlimit-saddr -j REJECT --reject-with tcp-reset`;
  return [
    "*filter",
    ...["input", "output", "forward"].map((name) => `:${chain}-after-${name} - [0:0]`),
    ...["phiward-input", "phiward-output", "DOCKER-USER"].map((name) => `:${name} - [0:0]`),
    `-I ${chain}-before-input -j phiward-input`,
    ...["docker0", "br-+"].map((bridge) => `-A phiward-input -i ${bridge} -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP`),
    ...[...redirects, ...routers].map((match) => `-A phiward-input ${match} -j DROP`),
    ...Array.from(
      { length: proxies },
      (_, index) => `-A phiward-input -s {proxy ${String(index)}} -p tcp -m multiport --dports 80,443 -j RETURN`,
    ),
    ...(sites ? [`-A phiward-input -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW -m connlimit ${most}`] : []),
    `-I ${chain}-before-output -j phiward-output`,
    `-A phiward-output ${answers}`,
    "-A phiward-output -m owner --uid-owner 0 -j RETURN",
    `-A phiward-output -o lo -p tcp -m multiport --dports 9090,9091,9093,9100,9113 -m owner ! --uid-owner 61184-65519 ${unreachable}`,
    "-A phiward-output -m owner --uid-owner 33 -j RETURN",
    ...[
      "-m conntrack --ctstate DNAT",
      "-o lo -p tcp -m tcp --dport 20000:29999",
      "-o lo -p tcp -m tcp --dport 22",
      "-o docker0",
      "-o br-+",
    ].map((match) => `-A phiward-output ${match} ${unreachable}`),
    ...routed.map((rule) => `-A DOCKER-USER ${rule}`),
    "COMMIT",
    "*mangle",
    ":phiward-forward - [0:0]",
    "-F FORWARD",
    "-A FORWARD -j phiward-forward",
    ...routed.map((rule) => `-A phiward-forward ${rule}`),
    "COMMIT",
  ];
}
