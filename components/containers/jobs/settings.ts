import { jobCalendar } from "../../config/calendar";
import type { JobConfig } from "../../config/schema";
import type { StackModel } from "../model";
import type { NamedContainer } from "../services/containerSettings";

/** A scheduled job, with the container that it runs as. */
export interface JobSettings {
  readonly name: string;
  /** When it starts, as systemd.time(7) says it. */
  readonly calendar: string;
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
  readonly container: NamedContainer;
}

/** What of a host's services runs by the clock. */
export interface JobsSettings {
  readonly jobs: readonly JobSettings[];
  /** All services by their present names, and the containers that are declared for them. */
  readonly watched: readonly { readonly called: string; readonly container: string }[];
}

export function jobsSettings({ config, containers }: StackModel): JobsSettings {
  const all = [...containers.databases, ...containers.services];
  return {
    jobs: config.jobs.map((job) => jobSettings(job, containers.services)),
    watched: all.map(({ called, name }) => ({ called, container: name })),
  };
}

function jobSettings(job: JobConfig, services: readonly NamedContainer[]): JobSettings {
  const { name, command, timeoutSeconds, service } = job;
  const container = services.find(({ called }) => called === service);
  if (container === undefined) throw new Error(`services: found no service for the job ${name}`);
  return { name, calendar: jobCalendar(job), command, timeoutSeconds, container };
}
