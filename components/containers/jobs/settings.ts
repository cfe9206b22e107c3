import { jobCalendar } from "../../config/calendar";
import type { JobConfig } from "../../config/schema";
import type { StackModel } from "../model";
import type { NamedContainer } from "../services/containerSettings";

/** A program of a service, with the container that it runs as. */
export interface OneOffSettings {
  readonly name: string;
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
  readonly container: NamedContainer;
}

/** A scheduled job. */
export interface JobSettings extends OneOffSettings {
  /** When it starts, as systemd.time(7) says it. */
  readonly calendar: string;
}

/** What of a host's services runs by the clock. */
export interface JobsSettings {
  readonly jobs: readonly JobSettings[];
  /** What runs when a person is locked, with that one's name as its last argument; missing where nothing does. */
  readonly atLock?: readonly OneOffSettings[];
  /** All services by their present names, and the containers that are declared for them. */
  readonly watched: readonly { readonly called: string; readonly container: string }[];
}

export function jobsSettings({ config, containers }: StackModel): JobsSettings {
  const all = [...containers.databases, ...containers.services];
  const scheduled = config.jobs.filter(({ every }) => every !== "lock");
  const atLock = config.jobs.filter(({ every }) => every === "lock").map((job) => oneOffSettings(job, containers.services));
  return {
    jobs: scheduled.map((job) => ({ ...oneOffSettings(job, containers.services), calendar: jobCalendar(job) })),
    ...(atLock.length === 0 ? {} : { atLock }),
    watched: all.map(({ called, name }) => ({ called, container: name })),
  };
}

function oneOffSettings(job: JobConfig, services: readonly NamedContainer[]): OneOffSettings {
  const { name, command, timeoutSeconds, service } = job;
  const container = services.find(({ called }) => called === service);
  if (container === undefined) throw new Error(`services: found no service for the job ${name}`);
  return { name, command, timeoutSeconds, container };
}
