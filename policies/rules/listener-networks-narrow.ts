import type { Finding, Rule } from "../engine/rule";
import { NEVER_PUBLIC } from "../readers/databases";
import { LENGTH_THRESHOLDS, type Narrowest, narrowest, prefixOf } from "../readers/network";
import { NGINX, nginx, type Placed } from "../readers/nginx";
import { streamServers } from "../readers/nginxStream";
import { ADMIN_PORTS } from "../readers/openings";
import type { Value } from "../readers/value";

const HERE = "127.0.0.1";

/** Protocols of devices know no login: who can connect can read and write. */
export const listenerNetworksNarrow: Rule = {
  id: "listener-networks-narrow",
  description: "A listener is open to narrow networks only, and to no port of a database or of administration.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["TLS-24", "NET-06", "NET-09"],
  remedy: "name the networks that the devices are in, as small as you can; reach databases and administration through an SSH session",
  notWaivable: "whoever connects to a protocol of devices reads and writes patients' data without a login",
  appliesTo: [NGINX],
  thresholds: LENGTH_THRESHOLDS,
  judge(unit, report, { configured }) {
    const lengths = narrowest(configured);
    const settings = unit.at("settings");
    for (const listener of settings.has("listeners") ? (settings.at("listeners").items() ?? []) : [])
      judgeListener(listener, lengths, report);
    const { versions, complete } = nginx(unit);
    for (const top of versions) for (const { server } of streamServers(top)) judgeServer(server, complete, lengths, report);
  },
};

function judgeListener(listener: Value, lengths: Narrowest, report: (finding: Finding) => void): void {
  const port = listener.at("port");
  const number = port.number();
  const name = number === undefined ? undefined : (NEVER_PUBLIC.get(number) ?? ADMIN_PORTS.get(number));
  if (name !== undefined) report({ at: port.path, found: `port ${String(number)} (${name})`, allowed: "a port of another protocol" });
  const networks = listener.at("networks");
  if (networks.items()?.length === 0) report({ at: networks.path, found: "no network", allowed: lengths.allowed });
  for (const network of networks.items() ?? []) {
    const text = network.text();
    if (text !== undefined && !isNarrow(text, lengths))
      report({ at: network.path, found: "a wide network, or none", allowed: lengths.allowed });
  }
}

// nginx takes the first line that applies.
function judgeServer(server: Placed, complete: boolean, lengths: Narrowest, report: (finding: Finding) => void): void {
  const rules = server.inside.filter(({ name }) => name === "allow" || name === "deny");
  for (const { at, name, args } of rules)
    if (name === "allow" && args[0] !== HERE && !isNarrow(args[0] ?? "", lengths))
      report({ at, found: "a listener that allows a wide network", allowed: lengths.allowed });
  const last = rules.at(-1);
  if (complete && (last?.name !== "deny" || last.args[0] !== "all"))
    report({ at: server.at, found: "a listener that does not deny all others", allowed: "deny all, behind what it allows" });
}

function isNarrow(network: string, { of }: Narrowest): boolean {
  const prefix = prefixOf(network);
  if (prefix === undefined || !network.includes("/")) return false;
  return prefix.length >= of[prefix.of];
}
