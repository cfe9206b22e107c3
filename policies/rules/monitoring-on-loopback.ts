import { MONITORING_PORTS } from "../../components/plan/places";
import type { Rule } from "../engine/rule";
import { demandUnit, exactly, type UnitDemand } from "../readers/systemd";

const is = (key: string, allowed: string): UnitDemand => exactly("Service", key, allowed);

const SERVICES = [
  { unit: "prometheus", port: MONITORING_PORTS.prometheus, needs: [] },
  { unit: "prometheus-alertmanager", port: MONITORING_PORTS.alertmanager, needs: ["--cluster.listen-address="] },
  { unit: "prometheus-pushgateway", port: MONITORING_PORTS.pushgateway, needs: [] },
] as const;

// By these whoever reaches the port changes settings, deletes metrics or ends the program.
const OPENS =
  /--(web\.enable-(admin-api|lifecycle|remote-write-receiver)|web\.listen-address=(?!127\.0\.0\.1:)|cluster\.listen-address=\S)/;

const CONFINED: readonly UnitDemand[] = [
  is("DynamicUser", "yes"),
  // A port that accounts without it cannot have.
  is("CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"),
  is("ProtectSystem", "strict"),
  ...["NoNewPrivileges", "PrivateDevices", "PrivateTmp", "ProtectHome"].map((key) => is(key, "yes")),
  is("SocketBindDeny", "any"),
  // Without it Debian's own arguments would be read as well.
  is("EnvironmentFile", ""),
];

// What reads other hosts' words has nothing that those could make use of.
const READS: readonly UnitDemand[] = [
  ...CONFINED.filter(({ key }) => key !== "CapabilityBoundingSet" && key !== "EnvironmentFile"),
  is("CapabilityBoundingSet", ""),
  is("IPAddressDeny", "any"),
  is("IPAddressAllow", "127.0.0.1"),
];

/** Metrics name hosts, programs and what is wrong with them; who reaches Alertmanager silences alerts. */
export const monitoringOnLoopback: Rule = {
  id: "monitoring-on-loopback",
  description: "The vault's monitoring answers the vault alone, and its programs have no rights of root.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["MON-08"],
  remedy: "let the concern monitor write the settings of its units",
  appliesTo: ["phiward:host:Monitor"],
  judge(unit, report) {
    for (const { unit: service, port, needs } of SERVICES) {
      const flags = [`--web.listen-address=127.0.0.1:${String(port)}`, ...needs];
      const started: UnitDemand = {
        section: "Service",
        key: "ExecStart",
        // The first, which is empty, takes the package's away.
        holds: (value) => value === "" || (flags.every((flag) => value.split(" ").includes(flag)) && !OPENS.test(value)),
        allowed: `the program with ${flags.join(" and ")}, and no interface of administrators`,
      };
      const bound = is("SocketBindAllow", `tcp:${String(port)}`);
      demandUnit(unit, `${service}.service.d/phiward.conf`, [...CONFINED, bound, started], report);
    }
    demandUnit(unit, "phiward-status-page.service", READS, report);
  },
};
