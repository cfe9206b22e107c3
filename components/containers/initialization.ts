/** Init steps of services: what must succeed before a new version gets requests. They are the last thing before services' containers. */
import { type PlanFile, textFile } from "../plan/files";
import { programCommand } from "../plan/programs";
import type { Check, Probe, Step } from "../plan/types";
import type { InitializeSettings, NamedContainer, ServicesSettings } from "./services/containerSettings";
import { oneOffRequest } from "./services/oneOff";

const SETTINGS = "/etc/phiward/initialize.json";
/** Label of a container that an init step runs in. */
export const INITIALIZE_LABEL = "phiward.initialize";

/** A container that waits for its init step. */
export type InitializedContainer = NamedContainer & { readonly initialize: InitializeSettings };

/** The containers that wait for an init step. */
export function initializedContainers({ services }: Pick<ServicesSettings, "services">): readonly InitializedContainer[] {
  return services.filter((container): container is InitializedContainer => container.initialize !== undefined);
}

/** The settings of the host's program; none where no service has an init step. */
export function initializeFiles(containers: readonly InitializedContainer[]): readonly PlanFile[] {
  if (containers.length === 0) return [];
  const entries = containers.map((container) => [container.service, initialization(container)] as const);
  return [textFile(SETTINGS, `${JSON.stringify(Object.fromEntries(entries), undefined, 1)}\n`, "0600")];
}

function initialization(container: InitializedContainer): object {
  const { called, definition, initialize, updateOrder } = container;
  return {
    called,
    definition,
    request: oneOffRequest(container, initialize.command, INITIALIZE_LABEL),
    seconds: initialize.timeoutSeconds,
    backup: initialize.backup,
    stopFirst: updateOrder === "stop-first",
  };
}

/** Runs those that are due, but of services that are replaced stop-first: theirs come when the former container is stopped. */
export function initializeSteps(containers: readonly InitializedContainer[]): readonly Step[] {
  const due = containers.filter(({ updateOrder }) => updateOrder === "start-first");
  return due.length === 0
    ? []
    : [
        {
          id: "initialize-services",
          argv: programCommand("initialize", "run"),
          phase: "after",
          when: { kind: "state", unless: INITIALIZED },
          undo: { kind: "run", commands: [programCommand("initialize", "clean-up")] },
          tells: true,
        },
      ];
}

/** Asks whether each declared version was initialized. */
export function initializeChecks(containers: readonly InitializedContainer[]): readonly Check[] {
  return containers.length === 0 ? [] : [{ id: "services-initialized", control: "CTR-18", ...INITIALIZED }];
}

const INITIALIZED: Probe = { argv: programCommand("initialize", "done"), expect: { kind: "exit", code: 0 } };
