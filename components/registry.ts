/** The one list of concerns, in the order in which a host gets them: the program, the gate, the rules and the documents derive from it. */
import { backup } from "./backup/backup/concern";
import { collector } from "./backup/collector/concern";
import { duties } from "./backup/duties/concern";
import { journal } from "./backup/journal/concern";
import { phi } from "./backup/phi/concern";
import { records } from "./backup/records/concern";
import { retention } from "./backup/retention/concern";
import { sealing } from "./backup/sealing/concern";
import { sessions } from "./backup/sessions/concern";
import { vault } from "./backup/vault/concern";
import { volume } from "./cloud/volume/concern";
import { hostDuties } from "./config/duties";
import type { Sections } from "./config/readSections";
import type { HostConfig, StackConfig } from "./config/schema";
import { accounts } from "./containers/accounts/concern";
import { docker } from "./containers/daemon/concern";
import { jobs } from "./containers/jobs/concern";
import { type ContainersModel, type StackModel, stackModel, watchedModel } from "./containers/model";
import { retire } from "./containers/retire/concern";
import { secrets } from "./containers/secrets/concern";
import { type ContainerResources, databaseResources, serviceResources } from "./containers/services/dockerArguments";
import { integrity } from "./detection/integrity/concern";
import { scans } from "./detection/scans/concern";
import { certificates } from "./edge/certificates/concern";
import { nginx } from "./edge/nginx/concern";
import { detectors } from "./monitoring/detectors/concern";
import { metrics } from "./monitoring/metrics/concern";
import { monitor } from "./monitoring/monitor/concern";
import type { Concern, Requirement } from "./plan/concern";
import { type HostPlan, hostPlan } from "./plan/hostPlan";
import { startedUnits, withoutUnits } from "./plan/systemd";
import type { Probe } from "./plan/types";
import { audit } from "./system/audit/concern";
import { baseline } from "./system/baseline/concern";
import { containment } from "./system/containment/concern";
import { fail2ban } from "./system/fail2ban/concern";
import { people } from "./system/people/concern";
import { ssh } from "./system/ssh/concern";
import { storage } from "./system/storage/concern";
import { ufw } from "./system/ufw/concern";

/** Containers and what belongs to them: resources of Docker's own, between the concerns that they need and that need them. */
export interface ContainerGroup {
  readonly kind: "containers";
  readonly name: string;
  readonly type: string;
  readonly resources: (containers: ContainersModel) => ContainerResources;
  readonly requires: readonly Requirement[];
}

const DATABASES: ContainerGroup = {
  kind: "containers",
  name: "databases",
  type: "phiward:docker:Databases",
  resources: databaseResources,
  requires: [
    { because: "it has containers", concerns: ["docker", "secrets", "retire"] },
    { because: "it has databases", ifAny: "containers", concerns: ["accounts"] },
    { because: "it has volumes", ifAny: "volumes", concerns: ["backup"] },
  ],
};

const SERVICES: ContainerGroup = {
  kind: "containers",
  name: "services",
  type: "phiward:docker:Services",
  resources: serviceResources,
  requires: [
    { because: "it has containers", concerns: ["docker", "secrets", "retire", "databases"] },
    { because: "it has services", ifAny: "containers", concerns: ["jobs"] },
  ],
};

/** Everything a host can have, first to last. To add a concern, add its line where it belongs. */
export const SEQUENCE: readonly (Concern<StackModel> | ContainerGroup)[] = [
  baseline,
  people,
  storage,
  ssh,
  ufw,
  fail2ban,
  containment,
  audit,
  volume,
  duties,
  vault,
  records,
  monitor,
  collector,
  detectors,
  docker,
  secrets,
  DATABASES,
  accounts,
  phi,
  SERVICES,
  certificates,
  nginx,
  retention,
  backup,
  journal,
  sealing,
  sessions,
  metrics,
  jobs,
  retire,
  scans,
  integrity,
];

/** The concerns among them, first to last. */
export const CONCERNS: readonly Concern<StackModel>[] = SEQUENCE.filter((entry) => entry.kind === "concern");

/** A concern on a host, with its plan. */
export interface PlannedConcern {
  readonly kind: "concern";
  readonly name: string;
  /** Type token of its component. */
  readonly type: string;
  readonly afterVaults: boolean;
  readonly settings: object;
  readonly plan: HostPlan;
  /** The sections of the configuration that it follows from. */
  readonly sections: Sections;
}

/** Containers on a host, as the arguments of Docker's resources. */
export interface PlannedContainers {
  readonly kind: "containers";
  readonly name: string;
  readonly type: string;
  readonly resources: ContainerResources;
  /** The sections of the configuration that they follow from. */
  readonly sections: Sections;
}

/** One part of a host. */
export type PlannedPart = PlannedConcern | PlannedContainers;

/** The parts of a host, first to last. */
export function plannedParts(model: StackModel, host: HostConfig): readonly PlannedPart[] {
  return SEQUENCE.flatMap((entry): readonly PlannedPart[] =>
    entry.kind === "concern" ? plannedConcern(entry, model, host) : plannedContainers(entry, model, host),
  );
}

/** The plans of the host `name`, first to last. Throws Error where the configuration has no such host. */
export function hostPlans(config: StackConfig, name: string): readonly HostPlan[] {
  return plansOf(plannedParts(stackModel(config), hostOf(config, name)));
}

function hostOf(config: StackConfig, name: string): HostConfig {
  const host = config.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new Error(`hosts: found no host ${name}`);
  return host;
}

/** The plans among the parts of a host. */
export function plansOf(parts: readonly PlannedPart[]): readonly HostPlan[] {
  return parts.flatMap((part) => (part.kind === "concern" ? [part.plan] : []));
}

function plannedConcern(concern: Concern<StackModel>, model: StackModel, host: HostConfig): readonly PlannedConcern[] {
  // The host's own entry is one of them.
  const sections = new Set(["hosts"]);
  const watched = watchedModel(model, sections);
  const planned = concern.planned(watched, host);
  if (planned === undefined) return [];
  const { kind, name, type, guarded, afterVaults = false } = concern;
  const deadManSeconds = guarded ? watched.config.deadMan.seconds : null;
  return [{ kind, name, type, afterVaults, settings: planned.settings, plan: hostPlan(name, deadManSeconds, planned.plan), sections }];
}

function plannedContainers(group: ContainerGroup, model: StackModel, host: HostConfig): readonly PlannedContainers[] {
  if (!hostDuties(model.config, host.name).services) return [];
  const { kind, name, type } = group;
  return [{ kind, name, type, resources: group.resources(model.containers), sections: new Set(["hosts", ...model.containersFrom]) }];
}

/**
 * The plan of the concern `unit` that follows from its settings, as a component shows them. Throws Error where there is no such
 * concern, and may throw where the settings are not of its type.
 */
export function renderedPlan(unit: string, settings: object, deadManSeconds: number | null): HostPlan {
  const concern = CONCERNS.find(({ name }) => name === unit);
  if (concern === undefined) throw new Error(`found no concern ${unit}`);
  return hostPlan(unit, deadManSeconds, concern.rendered(settings));
}

/** A concern that does not apply to a host, and the plan that takes it down there. */
export interface PlannedRemoval {
  readonly plan: HostPlan;
  /** Must hold before; until then the concern stays as it is. */
  readonly onceTrue: Probe | null;
}

/** The checks of a host: of its concerns, and of the removal of those that do not apply and have nothing to wait for. */
export function checkedUnits(config: StackConfig, name: string): readonly Pick<HostPlan, "unit" | "checks">[] {
  const parts = plannedParts(stackModel(config), hostOf(config, name));
  const removed = plannedRemovals(parts).filter(({ onceTrue }) => onceTrue === null);
  return [...plansOf(parts), ...removed.map(({ plan }) => plan)].map(({ unit, checks }) => ({ unit, checks }));
}

/** What takes down the concerns that a host of these parts does not have, last to first: whoever uses a concern goes before it. */
export function plannedRemovals(parts: readonly PlannedPart[]): readonly PlannedRemoval[] {
  return removalsBeside(plansOf(parts));
}

/** The same for a host of the concerns that these plans are of. */
export function removalsBeside(plans: readonly HostPlan[]): readonly PlannedRemoval[] {
  const kept = plans.flatMap(startedUnits);
  const has = new Set(plans.map(({ unit }) => unit));
  return CONCERNS.toReversed().flatMap(({ name, removal }) =>
    removal.kind === "none" || has.has(name)
      ? []
      : [{ plan: hostPlan(name, null, withoutUnits(removal.plan, kept)), onceTrue: removal.onceTrue ?? null }],
  );
}
