/** Data that services left on a host: a deploy that would leave it without a word is refused, and what is declared to be erased is. */
import { lastingName, lastingServiceName } from "../config/names";
import { programCommand } from "../plan/programs";
import type { Check, Probe, Step } from "../plan/types";
import { ENGINES } from "./databases/engines";
import type { StackModel } from "./model";

/** What of the configuration says whose data is in use, and what becomes of other data. */
export interface ServiceDataSettings {
  /** Names of all volumes in use. */
  readonly volumes: readonly string[];
  /** Database servers that keep a database for each service, and for which. */
  readonly servers: readonly { readonly container: string; readonly services: readonly string[] }[];
  readonly removed: readonly {
    readonly service: string;
    readonly volume: string | null;
    readonly database: string | null;
    readonly erase: boolean;
  }[];
}

/** Takes it from the stack. */
export function serviceDataSettings({ config, containers }: StackModel): ServiceDataSettings {
  return {
    volumes: containers.volumes.map(({ name }) => name),
    servers: containers.databaseSettings
      // Others keep the data of all their users together, as a volume of their own.
      .filter(({ kind }) => ENGINES[kind].databases(["a-service"]).length > 0)
      .map(({ container, users }) => ({ container, services: users.map(({ service }) => service) })),
    removed: config.removed.map(({ service, formerly, volume, database, data }) => ({
      service: lastingName({ name: lastingServiceName(config, service), formerly }),
      volume: volume ?? null,
      database: database === undefined ? null : lastingServiceName(config, database),
      erase: data === "erase",
    })),
  };
}

/** Whether all data on the host is in use, or declared as removed; the answer names the rest, a line each. */
export function dataDeclared(settings: ServiceDataSettings): Probe {
  return { argv: dataCommand("undeclared", settings), expect: { kind: "equals", text: "" } };
}

/** The refusal of a plan that would leave data behind: before anything of containers changes. */
export function dataDeclaredStep(settings: ServiceDataSettings): Step {
  return {
    id: "data-declared",
    argv: dataCommand("declared", settings),
    phase: "before",
    when: { kind: "state", unless: dataDeclared(settings) },
    undo: { kind: "none" },
    tells: true,
  };
}

/** Asks the running host for data that nothing declares. */
export function dataDeclaredCheck(settings: ServiceDataSettings): Check {
  return { id: "data-declared", control: "BKP-11", ...dataDeclared(settings) };
}

/** The end of what is to be erased. What a container still has waits until Pulumi has removed that, last of all. */
export function eraseSteps(settings: ServiceDataSettings): readonly Step[] {
  return settings.removed.some(({ erase }) => erase)
    ? [
        {
          id: "erase-removed-data",
          argv: dataCommand("erase", settings),
          phase: "after",
          when: { kind: "state", unless: erased(settings) },
          undo: { kind: "none" },
          tells: true,
        },
      ]
    : [];
}

/** Asks the running host whether it still has what is to be erased. */
export function erasedChecks(settings: ServiceDataSettings): readonly Check[] {
  return settings.removed.some(({ erase }) => erase) ? [{ id: "removed-data-erased", control: "LOG-05", ...erased(settings) }] : [];
}

function erased(settings: ServiceDataSettings): Probe {
  return { argv: dataCommand("erased", settings), expect: { kind: "exit", code: 0 } };
}

function dataCommand(action: "undeclared" | "declared" | "erased" | "erase", settings: ServiceDataSettings): readonly string[] {
  return programCommand("service-data", action, JSON.stringify(settings));
}
