/** Containers as a rule looks at them: all of a component's, or one that a program declares beside the components. */
import type { Value } from "./value";

/** The databases of a host: their containers, and all networks and volumes. */
export const DATABASES = "phiward:docker:Databases";
/** The services of a host. */
export const SERVICES = "phiward:docker:Services";
/** A container as @pulumi/docker has it, declared by whatever program. */
export const CONTAINER = "docker:index/container:Container";

/** Types whose arguments have containers, or are those of one. */
export const WITH_CONTAINERS: readonly string[] = [DATABASES, SERVICES, CONTAINER];

/** Types whose arguments have networks, or are those of one. */
export const NETWORKED: readonly string[] = [DATABASES, "docker:index/network:Network"];

/** The networks of a component's arguments; the arguments themselves where they are those of a network. */
export function networksOf(unit: Value): readonly Value[] {
  return unit.has("networks") ? (unit.at("networks").items() ?? []) : [unit];
}

/** The containers of a component's arguments; the arguments themselves where they are those of a container. */
export function containersOf(unit: Value): readonly Value[] {
  return isComponent(unit) ? (unit.at("containers").items() ?? []) : [unit];
}

/** Whether these are the arguments of a component that has containers, and not those of a container. */
export function isComponent(unit: Value): boolean {
  return unit.has("containers");
}

/** Whether these are the arguments of the component for databases, which has the networks as well. */
export function isDatabases(unit: Value): boolean {
  return isComponent(unit) && (optionalItems(unit, "networks")?.map((network) => network.at("name").text()).length ?? 0) > 0;
}

/** Whether any limit is given to a container. */
export function hasLimits(container: Value): boolean {
  const numbers = ["memory", "memorySwap"].filter((key) => container.has(key)).map((key) => container.at(key).number());
  const texts = container.has("cgroupParent") ? [container.at("cgroupParent").text()] : [];
  return numbers.length + texts.length > 0;
}

/** Whether a container of a program is in a control group, or has a limit of its user's processes; true as well where that is not known. */
export function isLimited(container: Value, most: number): boolean {
  return optionalText(container, "cgroupParent") !== "" || limitsProcesses(container, most);
}

/** Whether a container limits how many processes its user may have, which no other container's is; true as well where that is not known. */
export function limitsProcesses(container: Value, most: number): boolean {
  const ulimits = optionalItems(container, "ulimits");
  return (
    ulimits?.some((ulimit) => {
      const [name, soft, hard] = [ulimit.at("name").text(), ulimit.at("soft").number(), ulimit.at("hard").number()];
      const isWithin = [soft, hard].every((limit) => limit === undefined || (limit > 0 && limit <= most));
      return (name === undefined || name === "nproc") && isWithin;
    }) ?? true
  );
}

/** The most processes that a container may have, of each rule that asks for a limit. */
export const PROCESS_THRESHOLDS = {
  processes: { description: "the most processes of a container", default: 65_536, minimum: 16, maximum: 65_536 },
};

/** The members of a list that may be left out; undefined if they are not known. */
export function optionalItems(holder: Value, key: string): readonly Value[] | undefined {
  return holder.has(key) ? holder.at(key).items() : [];
}

/** A text that may be left out; undefined if it is not known. */
export function optionalText(holder: Value, key: string): string | undefined {
  return holder.has(key) ? holder.at(key).text() : "";
}

/** Something that is off unless it is set; undefined if it is not known. */
export function optionalFlag(holder: Value, key: string): boolean | undefined {
  return holder.has(key) ? holder.at(key).flag() : false;
}
