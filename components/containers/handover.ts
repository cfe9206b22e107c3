/** Services of which one container runs at a time: the one that runs is stopped before the next is made, and is started again where that fails. */
import { programCommand } from "../plan/programs";
import type { Check, Probe, Step } from "../plan/types";
import type { ServicesSettings } from "./services/containerSettings";
import { containerArguments } from "./services/dockerArguments";

/** A service whose containers are replaced stop-first. */
export interface Handover {
  readonly service: string;
  /** Its declared container. */
  readonly name: string;
  /** How long that may take to become healthy. */
  readonly seconds: number;
  /** How long its init step may take. */
  readonly initializing?: number;
}

/** The services that are replaced stop-first. */
export function handovers({ services }: Pick<ServicesSettings, "services">): readonly Handover[] {
  return services
    .filter(({ updateOrder }) => updateOrder === "stop-first")
    .map((container) => ({
      service: container.service,
      name: container.name,
      seconds: containerArguments(container).waitTimeout,
      ...(container.initialize === undefined ? {} : { initializing: container.initialize.timeoutSeconds }),
    }));
}

/** The last step before services' containers are made; none where no service is replaced stop-first. */
export function handoverSteps(services: readonly Handover[]): readonly Step[] {
  return services.length === 0
    ? []
    : [
        {
          id: "stop-former-containers",
          argv: handoverCommand("begin", services),
          phase: "after",
          when: { kind: "state", unless: handedOver(services) },
          // The host's own unit starts them again where the next one does not become healthy.
          undo: { kind: "none" },
          tells: true,
        },
      ];
}

/** Asks whether a service that may run once runs twice, or by a former container. */
export function handoverChecks(services: readonly Handover[]): readonly Check[] {
  return services.length === 0 ? [] : [{ id: "services-handed-over", control: "CTR-18", ...handedOver(services), outOfReach: true }];
}

function handedOver(services: readonly Handover[]): Probe {
  return { argv: handoverCommand("settled", services), expect: { kind: "exit", code: 0 } };
}

function handoverCommand(action: "settled" | "begin", services: readonly Handover[]): readonly string[] {
  return programCommand("handover", action, JSON.stringify(services));
}
