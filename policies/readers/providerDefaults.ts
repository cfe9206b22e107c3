/**
 * What the providers' Check fills in where a program says nothing, so that a resource is judged alike before it, as under mocks, and
 * after it, as in the engine. Recorded from the answers of the providers' own Check to the least arguments of each type.
 */

/** The defaults of one provider's types. */
export interface ProviderDefaults {
  /** The version of the provider that they were recorded from. */
  readonly version: string;
  /** By type token: what an argument is that is left out. */
  readonly types: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The types whose `name`, left out, is the resource's with a few characters behind it. */
  readonly named: readonly string[];
}

const DOCKER: ProviderDefaults = {
  version: "5.2.0",
  types: {
    "docker:index/container:Container": {
      containerReadRefreshTimeoutMilliseconds: 15_000,
      mustRun: true,
      networkMode: "bridge",
      removeVolumes: true,
      restart: "no",
      start: true,
      waitTimeout: 60,
    },
    "docker:index/network:Network": { ipamDriver: "default" },
    "docker:index/plugin:Plugin": { enabled: true },
    "docker:index/buildxBuilder:BuildxBuilder": { driver: "docker-container" },
  },
  named: [
    "docker:index/buildxBuilder:BuildxBuilder",
    "docker:index/container:Container",
    "docker:index/network:Network",
    "docker:index/plugin:Plugin",
    "docker:index/secret:Secret",
    "docker:index/service:Service",
    "docker:index/serviceConfig:ServiceConfig",
    "docker:index/volume:Volume",
  ],
};

/** Those of each provider, by the first part of its types' tokens. */
export const PROVIDER_DEFAULTS: Readonly<Record<string, ProviderDefaults>> = { docker: DOCKER };

/** A resource's arguments as they are after Check; they are what they were where the engine has filled them in already. */
export function asChecked(type: string, name: string, args: unknown): unknown {
  const defaults = PROVIDER_DEFAULTS[type.split(":")[0] ?? ""];
  if (defaults === undefined || typeof args !== "object" || args === null || Array.isArray(args)) return args;
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined && value !== null));
  return { ...(defaults.named.includes(type) ? { name } : {}), ...defaults.types[type], ...given };
}
