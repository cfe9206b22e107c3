import { HTTP_PORTS } from "../../components/config/names";
import { SSH_PORT } from "../../components/plan/places";
import type { HostRule, HostUnits } from "../engine/rule";
import { isWorld } from "../readers/network";
import { NGINX } from "../readers/nginx";
import { shown } from "../readers/value";

/** An open port at which nobody answers waits for whatever begins to listen there. */
export const publicPortsAnswered: HostRule = {
  id: "public-ports-answered",
  description: "At each port that is open to the world a declared program answers: SSH, the web server, or one that a jail guards.",
  severity: "low",
  // What listens there may be a server of the operator's own.
  enforcementLevel: "advisory",
  controls: ["NET-06"],
  remedy:
    "take the port out of publicPorts, since containers are reached through sites alone; if a server of your own answers there, guard it by a jail in bans.jails",
  judge(host, report) {
    const answered = answeredPorts(host);
    for (const ufw of host.of("phiward:host:Ufw"))
      for (const rule of ufw.at("settings").at("rules").items() ?? []) {
        const [action, protocol, port] = [rule.at("action").text(), rule.at("protocol").text(), rule.at("port").number()];
        const from = rule.has("from") ? rule.at("from").text() : "0.0.0.0/0";
        if (action === undefined || protocol === undefined || port === undefined || from === undefined || answered === undefined) continue;
        if (action === "deny" || action === "reject" || !isWorld(from) || answered.has(`${String(port)}/${protocol}`)) continue;
        if (answered.has(String(port))) continue;
        report({
          at: rule.path,
          found: `port ${String(port)}/${shown(protocol, ["tcp", "udp"])} open to the world, at which nothing that is declared answers`,
          allowed: "ports of SSH, of sites, and of jails",
        });
      }
  },
};

/** Ports at which something answers; a jail does not say by which protocol. Undefined if not all of them are known. */
function answeredPorts(host: HostUnits): ReadonlySet<string> | undefined {
  const web = host.of(NGINX).length > 0 ? Object.values(HTTP_PORTS) : [];
  const jails: (number | undefined)[] = [];
  for (const fail2ban of host.of("phiward:host:Fail2ban")) {
    const ports = fail2ban
      .at("settings")
      .at("jails")
      .items()
      ?.map((jail) => jail.at("ports").items());
    for (const own of ports ?? [undefined]) jails.push(...(own?.map((port) => port.number()) ?? [undefined]));
  }
  if (jails.includes(undefined)) return undefined;
  // The jails of sites guard the ports of the web server, which is there or is not.
  const guarded = jails.filter((port) => port !== undefined && !Object.values<number>(HTTP_PORTS).includes(port));
  return new Set([...[SSH_PORT, ...web].map((port) => `${String(port)}/tcp`), ...guarded.map(String)]);
}
