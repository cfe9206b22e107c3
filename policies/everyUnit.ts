/** Whether every host has every unit that it must have: what is not there is judged by no other rule. */
import type { HostRule, HostUnits } from "./engine/rule";

const unit = (name: string): string => `phiward:host:${name}`;
const DATABASES = "phiward:docker:Databases";
const SERVICES = "phiward:docker:Services";

/** What no host is without. */
export const CORE_UNITS: readonly string[] = ["Baseline", "Fail2ban", "People", "Ssh", "Ufw", "Verify"].map(unit);

/** What a host that has one thing must have besides. */
interface Relation {
  readonly because: string;
  readonly when: (host: HostUnits) => boolean;
  readonly demanded: readonly string[];
}

/** Relations of the units that not every host has. */
export const RELATIONS: readonly Relation[] = [
  {
    because: "it has containers",
    when: (host) => [DATABASES, SERVICES].some((type) => host.of(type).length > 0),
    demanded: [DATABASES, unit("Docker"), unit("Retire"), unit("Secrets")],
  },
  { because: "it has databases", when: (host) => has(host, DATABASES, "containers"), demanded: [unit("Accounts")] },
  { because: "it has volumes", when: (host) => has(host, DATABASES, "volumes"), demanded: [unit("Backup")] },
  { because: "it has sites", when: (host) => host.of(unit("Nginx")).length > 0, demanded: [unit("Certificates")] },
  { because: "it has backups", when: (host) => host.of(unit("Backup")).length > 0, demanded: [unit("Secrets")] },
  { because: "it is a droplet", when: (host) => host.of("phiward:digitalocean:Droplet").length > 0, demanded: [unit("HostKey")] },
];

/** What is not there is judged by nobody. */
export const hostsHaveEveryUnit: HostRule = {
  id: "hosts-have-every-unit",
  description: "Every host has each of the units that the other rules judge.",
  severity: "critical",
  enforcementLevel: "mandatory",
  control: "NET-02",
  citations: [
    { framework: "HIPAA", reference: "164.312(a)(1)" },
    { framework: "GDPR", reference: "32(1)(b)" },
  ],
  remedy: "declare the missing component for the host",
  withoutHosts: { at: "stack", found: "no host with a unit that could be judged", allowed: "at least one host" },
  judge(host, report) {
    const lacks = (type: string): boolean => host.of(type).length === 0;
    for (const type of CORE_UNITS.filter(lacks)) report({ at: "units", found: `no ${type}`, allowed: "one of each kind" });
    const demanded = RELATIONS.filter(({ when }) => when(host)).flatMap((relation) =>
      relation.demanded.map((type) => ({ ...relation, type })),
    );
    for (const type of [...new Set(demanded.map((relation) => relation.type))].filter(lacks)) {
      const reasons = demanded.filter((relation) => relation.type === type).map(({ because }) => because);
      report({ at: "units", found: `no ${type}`, allowed: `one, since ${reasons.join(" and ")}` });
    }
  },
};

function has(host: HostUnits, type: string, list: string): boolean {
  return host.of(type).some((args) => (args.at(list).items() ?? []).map((member) => member.at("name").text()).length > 0);
}
