import type { StackModel } from "../model";
import type { ServicesSettings } from "./containerSettings";

/** The containers of a host as Pulumi's components and the Docker daemon's unit take them: without secrets' names and databases' users. */
export function servicesSettings({ containers: { networks, volumes, databases, services } }: StackModel): ServicesSettings {
  return { networks, volumes, databases, services };
}
