/** Whether every host has every unit that it must have: what is not there is judged by no other rule. */
import type { Requirement } from "../../components/plan/concern";
import { CONCERNS, SEQUENCE } from "../../components/registry";
import type { HostRule, HostUnits } from "../engine/rule";

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
];

/** What is not there is judged by nobody. */
export const hostsHaveEveryUnit: HostRule = {
  id: "hosts-have-every-unit",
  description: "Every host has each of the components that the other rules evaluate.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-02", "SSH-01", "IDS-01", "BKP-01"],
  remedy: "declare the missing component for the host",
  withoutHosts: { at: "stack", found: "no host with a component that could be evaluated", allowed: "at least one host" },
  judge(host, report) {
    const lacks = (type: string): boolean => host.of(type).length === 0;
    for (const { type, name } of CONCERNS)
      for (const args of host.of(type)) {
        const unit = args.at("rendered").at("unit");
        const found = unit.text();
        if (found !== undefined && found !== name) report({ at: unit.path, found: "another unit's plan", allowed: `${name}'s` });
      }
    for (const type of CORE_UNITS.filter(lacks)) report({ at: "units", found: `no ${type}`, allowed: "one of each kind" });
    const demanded = RELATIONS.filter(({ when }) => when(host)).flatMap((relation) =>
      relation.demanded.map((type) => ({ ...relation, type })),
    );
    for (const type of [...new Set(demanded.map((relation) => relation.type))].filter(lacks)) {
      const reasons = [...new Set(demanded.filter((relation) => relation.type === type).map(({ because }) => because))];
      report({ at: "units", found: `no ${type}`, allowed: `one, since ${reasons.join(" and ")}` });
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
