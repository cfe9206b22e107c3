/** A container that runs one program to its end beside a service's own: as confined as that, with its secrets, networks and volumes. */
import type { NamedContainer } from "./containerSettings";
import { containerArguments } from "./dockerArguments";
import { createRequest, OWN_LOG } from "./engineApiRequest";

/**
 * The body of POST /containers/create for a program of the service's image. It answers at no port, has no health to be asked for and
 * is not started again. Nothing takes it for one of the service's containers: it has none of their labels, and `label` instead.
 */
export function oneOffRequest(container: NamedContainer, command: readonly string[], label: string): object {
  const own = containerArguments({ ...container, command, port: null, publishedPort: null, publishedPorts: [] });
  return {
    ...createRequest({ ...own, restart: "no", labels: [{ label, value: container.service }] }, OWN_LOG),
    Healthcheck: { Test: ["NONE"] },
  };
}
