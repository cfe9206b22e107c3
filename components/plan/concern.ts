/** What a concern declares of itself, once: the program, the gate, the rules, the documents and the tests all derive from it. */
import type { HostConfig, StackConfig } from "../config/schema";
import type { ConcernPlan, Probe } from "./types";

/**
 * How a concern is taken down on a host that it no longer applies to. What the concern wrote is removed by the agent, which has a
 * record of it; `plan` holds what must happen besides, such as a service that is stopped, and the checks that show it.
 */
export type Removal =
  | {
      readonly kind: "plan";
      readonly plan: ConcernPlan;
      /** Must hold before anything is taken down, e.g. that no container is left; until then the concern stays as it is. */
      readonly onceTrue?: Probe;
    }
  /** Nothing is taken down, because removing it would lose data, or because the cloud's own resource goes with it. */
  | { readonly kind: "none"; readonly because: string };

/** What the simplest concerns are computed from. */
export interface ConfigModel {
  readonly config: StackConfig;
}

/** What else a host needs that has this concern, by name, and why, as a clause that begins with "it has". */
export interface Requirement {
  readonly because: string;
  /** List among the component's arguments that must have an entry for it to hold; without it, it holds wherever the component is. */
  readonly ifAny?: string;
  readonly concerns: readonly string[];
}

interface Declaration {
  /** Name of the concern and of its resource, unique on a host, e.g. `fail2ban`. */
  readonly name: string;
  /** What it declares, in a line of the README's table. */
  readonly summary: string;
  /** Whether a mistake could lock operators out: then a change is rolled back unless it is confirmed over a new connection. */
  readonly guarded: boolean;
  /** Whether its first run needs the vaults, which hosts with other roles do not wait for otherwise. */
  readonly afterVaults?: true;
  readonly requires?: readonly Requirement[];
}

/** The declaration of a concern that every host has. */
export interface EveryHost<Model, Settings extends object> extends Declaration {
  readonly on: "every host";
  readonly settings: (model: Model, host: HostConfig) => Settings;
  readonly plan: (settings: Settings) => ConcernPlan;
}

/** The declaration of a concern that some hosts have: it says as well how it is taken down. */
export interface WhereDeclared<Model, Settings extends object> extends Declaration {
  readonly on: "where declared";
  /** Its settings on a host; undefined where it does not apply. */
  readonly settings: (model: Model, host: HostConfig) => Settings | undefined;
  readonly plan: (settings: Settings) => ConcernPlan;
  readonly removal: Removal;
}

/** A concern as the registry holds it: settings and plan are of one type, which nobody else needs to know. */
export interface Concern<Model> extends Declaration {
  readonly kind: "concern";
  /** Type token of its component. */
  readonly type: string;
  readonly everyHost: boolean;
  /** Settings and plan on a host; undefined where the concern does not apply. */
  readonly planned: (model: Model, host: HostConfig) => { readonly settings: object; readonly plan: ConcernPlan } | undefined;
  /** The plan that follows from settings as a component shows them; it may throw where they are not this concern's. */
  readonly rendered: (settings: object) => ConcernPlan;
  readonly removal: Removal;
}

/** Declares a concern. */
export function defineConcern<Model, Settings extends object>(
  declared: EveryHost<Model, Settings> | WhereDeclared<Model, Settings>,
): Concern<Model> {
  const { name, summary, guarded, afterVaults, requires } = declared;
  return {
    kind: "concern",
    name,
    summary,
    guarded,
    ...(afterVaults === undefined ? {} : { afterVaults }),
    ...(requires === undefined ? {} : { requires }),
    type: typeToken(name),
    everyHost: declared.on === "every host",
    planned: (model, host) => {
      const settings = declared.settings(model, host);
      return settings === undefined ? undefined : { settings, plan: declared.plan(settings) };
    },
    // What is not of this type comes to another plan or to none: whoever asks compares the plan, and takes an error for a difference.
    rendered: (settings) => declared.plan(settings as Settings),
    removal: declared.on === "every host" ? { kind: "none", because: "every host has it" } : declared.removal,
  };
}

/** Type token of the component of the concern `name`, e.g. `phiward:host:Fail2ban`. */
export function typeToken(name: string): string {
  return `phiward:host:${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}
