/** What containers have mounted of the host and what is there now: a container keeps a file that was replaced until it starts again. */
import { programCommand } from "../plan/programs";
import type { Check, Probe, Step } from "../plan/types";
import type { ServicesSettings } from "./services/containerSettings";
import { containerArguments } from "./services/dockerArguments";

/** A container, and how long it may take to be healthy once it was started. */
export interface StartedContainer {
  readonly name: string;
  readonly definition: string;
  readonly seconds: number;
}

/** All containers, databases first. */
export function startedContainers({ databases, services }: ServicesSettings): readonly StartedContainer[] {
  return [...databases, ...services].map((container) => ({
    name: container.name,
    definition: container.definition,
    seconds: containerArguments(container).waitTimeout,
  }));
}

/** Starts containers again that have an outdated mount, once everything that they read is in place; none where there are none. */
export function mountsSteps(containers: readonly StartedContainer[]): readonly Step[] {
  return containers.length === 0
    ? []
    : [
        {
          id: "restart-outdated-containers",
          argv: mountsCommand("restart", containers),
          phase: "after",
          when: { kind: "state", unless: mountsCurrent(containers) },
          undo: { kind: "none" },
          tells: true,
        },
      ];
}

/** Asks whether what running containers have mounted is what is there. */
export function mountsChecks(containers: readonly StartedContainer[]): readonly Check[] {
  return containers.length === 0 ? [] : [{ id: "containers-mounts-current", control: "CTR-18", ...mountsCurrent(containers) }];
}

function mountsCurrent(containers: readonly StartedContainer[]): Probe {
  return { argv: mountsCommand("outdated", containers), expect: { kind: "equals", text: "" } };
}

function mountsCommand(action: "outdated" | "restart", containers: readonly StartedContainer[]): readonly string[] {
  return programCommand("container-mounts", action, JSON.stringify(containers));
}
