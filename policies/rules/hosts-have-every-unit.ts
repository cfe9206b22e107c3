/** Whether every host has every unit that it must have: what is not there is judged by no other rule. */
import type { AtLeastOne } from "../../components/compliance/control";
import type { ControlId } from "../../components/compliance/controls";
import type { Requirement } from "../../components/plan/concern";
import { CONCERNS, SEQUENCE } from "../../components/registry";
import type { Finding, HostRule, HostUnits } from "../engine/rule";

/** What no host is without. */
export const CORE_UNITS: readonly string[] = [
  ...CONCERNS.filter(({ everyHost }) => everyHost).map(({ type }) => type),
  "phiward:host:Removal",
  "phiward:host:Verify",
];

/** What a host that has one thing must have besides. */
interface Relation {
  readonly because: string;
  readonly when: (host: HostUnits) => boolean;
  readonly demanded: readonly string[];
}

/** Relations of the units that not every host has, as the registry declares them. */
export const RELATIONS: readonly Relation[] = [
  ...SEQUENCE.flatMap(({ type, requires = [] }) => requires.map((requirement) => relationOf(type, requirement))),
  { because: "it is a droplet", when: (host) => host.of("phiward:digitalocean:Droplet").length > 0, demanded: ["phiward:host:HostKey"] },
  {
    // A vault begins with it after the records, and a host after its vault: neither needs the other first.
    because: "it has a vault, or is one",
    when: (host) => ["phiward:host:Journal", "phiward:host:Records"].some((type) => host.of(type).length > 0),
    demanded: ["phiward:host:Metrics"],
  },
];

/** What each unit is for, by its type: a missing backup is a fault of the backups, and not of the firewall. */
export const UNIT_CONTROLS: Readonly<Record<string, AtLeastOne<ControlId>>> = {
  "phiward:host:Baseline": ["PKG-01", "KRN-01", "LOG-01", "TIM-02"],
  "phiward:host:People": ["SSH-22", "SSH-27", "SSH-25"],
  "phiward:host:Storage": ["FS-13"],
  "phiward:host:Ssh": ["SSH-01", "SSH-03"],
  "phiward:host:Ufw": ["NET-02", "NET-03"],
  "phiward:host:Fail2ban": ["IDS-01"],
  "phiward:host:Containment": ["IR-01", "IR-02"],
  "phiward:host:Audit": ["IDS-04", "IDS-13"],
  "phiward:host:Volume": ["FS-05"],
  "phiward:host:Vault": ["BKP-04"],
  "phiward:host:Duties": ["GOV-08"],
  "phiward:host:Docker": ["DKD-02", "DKD-12"],
  "phiward:host:Secrets": ["SEC-09"],
  "phiward:host:Accounts": ["PG-06", "RDS-01"],
  "phiward:host:Phi": ["PG-10"],
  "phiward:host:Certificates": ["CRT-01"],
  "phiward:host:Jobs": ["BKP-10", "CTR-11"],
  "phiward:host:Nginx": ["TLS-01"],
  "phiward:host:Backup": ["BKP-01"],
  "phiward:host:Integrity": ["MON-06"],
  "phiward:host:Collector": ["LOG-12"],
  "phiward:host:Detectors": ["MON-03"],
  "phiward:host:Monitor": ["MON-02", "MON-03", "MON-07"],
  "phiward:host:Journal": ["LOG-02"],
  "phiward:host:Metrics": ["MON-02", "MON-08"],
  "phiward:host:Records": ["LOG-02", "LOG-04", "LOG-09"],
  "phiward:host:Scans": ["PKG-10", "PKG-11"],
  "phiward:host:Sealing": ["LOG-08"],
  "phiward:host:Sessions": ["SSH-27", "LOG-02"],
  "phiward:host:Retention": ["LOG-05"],
  "phiward:host:Retire": ["SEC-06"],
  "phiward:docker:Databases": ["CTR-18"],
  "phiward:docker:Services": ["CTR-18"],
  "phiward:host:HostKey": ["SSH-14"],
  "phiward:host:Removal": ["MON-06"],
  "phiward:host:Verify": ["MON-06"],
};

const OTHER_CONTROLS = [...new Set(Object.values(UNIT_CONTROLS).flat())].filter((control) => control !== "NET-02");

function about(type: string): Pick<Finding, "controls" | "remedy"> {
  const controls = UNIT_CONTROLS[type];
  return {
    ...(controls === undefined ? {} : { controls }),
    ...(type === "phiward:host:Backup" ? { remedy: "declare `backup` in the stack's configuration" } : {}),
  };
}

/** What is not there is judged by nobody. */
export const hostsHaveEveryUnit: HostRule = {
  id: "hosts-have-every-unit",
  description: "Every host has each of the components that the other rules evaluate.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-02", ...OTHER_CONTROLS],
  remedy: "declare the missing component for the host",
  notWaivable: "what is left out is judged by no rule",
  withoutHosts: { at: "stack", found: "no host with a component that could be evaluated", allowed: "at least one host" },
  judge(host, report) {
    const lacks = (type: string): boolean => host.of(type).length === 0;
    for (const { type, name } of CONCERNS)
      for (const args of host.of(type)) {
        const unit = args.at("rendered").at("unit");
        const found = unit.text();
        if (found !== undefined && found !== name)
          report({ at: unit.path, found: "another unit's plan", allowed: `${name}'s`, ...about(type) });
      }
    for (const type of CORE_UNITS.filter(lacks)) report({ at: "units", found: `no ${type}`, allowed: "one of each kind", ...about(type) });
    const demanded = RELATIONS.filter(({ when }) => when(host)).flatMap((relation) =>
      relation.demanded.map((type) => ({ ...relation, type })),
    );
    for (const type of [...new Set(demanded.map((relation) => relation.type))].filter(lacks)) {
      const reasons = [...new Set(demanded.filter((relation) => relation.type === type).map(({ because }) => because))];
      report({ at: "units", found: `no ${type}`, allowed: `one, since ${reasons.join(" and ")}`, ...about(type) });
    }
  },
};

function relationOf(type: string, { because, ifAny, concerns }: Requirement): Relation {
  return {
    because,
    when: (host) => (ifAny === undefined ? host.of(type).length > 0 : hasAny(host, type, ifAny)),
    demanded: SEQUENCE.filter(({ name }) => concerns.includes(name)).map((entry) => entry.type),
  };
}

function hasAny(host: HostUnits, type: string, list: string): boolean {
  return host.of(type).some((args) => (args.at(list).items() ?? []).map((member) => member.at("name").text()).length > 0);
}
