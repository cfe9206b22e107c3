/** Services whose names were changed: what a host has of them goes by the first name, and no other service of that name may have been there. */
import { lastingName, namesOf } from "../../components/config/names";
import type { StackConfig } from "../../components/config/schema";
import type { DockerObject } from "./containers";
import { OperatorError } from "./errors";

/**
 * Throws OperatorError where a host has containers, networks or volumes of a service that was deployed under a name which another one
 * is now said to have or to have had, but for the first: what it has there would be left, and it would get what is another's.
 */
export function requireOneService(config: Pick<StackConfig, "services">, host: string, objects: readonly DockerObject[]): void {
  const deployed = new Set(objects.flatMap(({ service }) => service ?? []));
  const faults = config.services.flatMap((service) => {
    const lasting = lastingName(service);
    return namesOf(service)
      .filter((name) => name !== lasting && deployed.has(name))
      .map(
        (name) =>
          `${host}: services: found ${service.name} with \`formerly: [${service.formerly.join(", ")}]\`, allowed: names of one service, its first one first; ${name} was deployed there as a service of its own, whose data ${lasting} would take the place of`,
      );
  });
  if (faults.length > 0)
    throw new OperatorError(
      [
        ...faults,
        "Nothing was changed. Take another name for the service that is renamed, or leave `formerly` out where it was not renamed",
      ].join("\n"),
      2,
    );
}
