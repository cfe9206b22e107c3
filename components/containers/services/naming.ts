/** Names and ports that follow from what a container is: pure, so that every reader of the configuration finds the same. */
import { createHash } from "node:crypto";
import { SERVICE_PORTS } from "../../config/names";
import type { ContainerSettings, NamedContainer, PublishedPort } from "./containerSettings";
import { containerArguments } from "./dockerArguments";

const FIRST_PORT = SERVICE_PORTS.first;
const PORTS = SERVICE_PORTS.last - SERVICE_PORTS.first + 1;

/**
 * Gives each container its name and port: a changed one is another container beside the old one. One that is replaced stop-first has
 * its port to itself whatever it is changed to, so that the web server need not be told.
 */
export function named(containers: readonly ContainerSettings[]): readonly NamedContainer[] {
  const taken = new Set<number>();
  const kept = new Map(
    containers
      .filter(({ port, updateOrder }) => port !== null && updateOrder === "stop-first")
      .map(({ service }) => [service, freePort(sha256(`port of ${service}`), taken)]),
  );
  const first = containers.map((container) => {
    const nameless = definitionText(container);
    const publishedPort = container.port === null ? null : (kept.get(container.service) ?? freePort(sha256(nameless), taken));
    return { container, nameless, publishedPort };
  });
  // Once all have their first port: nobody's port, and so nobody's name, depends on what others have besides.
  return first.map(({ container, nameless, publishedPort }) => {
    const publishedPorts = furtherPorts(container, nameless, taken);
    const definition = sha256([nameless, publishedPort, ...publishedPorts.map(({ published }) => published)].map(String).join(" "));
    const name = container.kind === "container" ? `${container.service}-${definition.slice(0, 8)}` : container.service;
    return { ...container, name, publishedPort, ...(publishedPorts.length === 0 ? {} : { publishedPorts }), definition };
  });
}

function furtherPorts(container: ContainerSettings, nameless: string, taken: Set<number>): readonly PublishedPort[] {
  const { service, updateOrder, ports = [] } = container;
  return ports.map(({ name, port }) => {
    const of = updateOrder === "stop-first" ? `port ${name} of ${service}` : `${nameless} ${name}`;
    return { name, port, published: freePort(sha256(of), taken) };
  });
}

/**
 * What a container is, as the text that is hashed. Names on running hosts are made of it, and a database whose definition
 * changes is replaced: the keys below, and their order, are therefore those that the first deploys had, whatever the fields
 * are called since.
 */
function definitionText(container: ContainerSettings): string {
  const first = {
    service: container.service,
    kind: container.kind,
    image: container.image,
    user: container.user,
    // Under another name it is another container beside the former one, at another port.
    ...(container.kind === "container" && container.called !== container.service ? { called: container.called } : {}),
  };
  const run = { command: container.command, environment: container.environment };
  const further = container.ports === undefined ? {} : { ports: container.ports };
  const reach = { port: container.port, ...further, internet: container.internet, networks: container.networks };
  const storage = {
    volumes: container.volumes,
    bound: container.bindMounts,
    temporary: container.temporary,
    sharedMemoryMegabytes: container.sharedMemoryMegabytes,
  };
  const life = { health: container.health, stopSignal: container.stopSignal, stopSeconds: container.stopSeconds };
  const { limits, init, configuration } = container;
  // Another init step is run by the container that waits for it.
  const before = container.initialize === undefined ? {} : { initialize: container.initialize.command };
  const keys =
    container.kind === "container"
      ? { ...first, ...run, ...reach, ...storage, limits, ...life, init, configuration, ...before }
      : { ...first, ...reach, limits, init, configuration, ...run, ...storage, ...life };
  return JSON.stringify([containerArguments({ ...container, name: "", publishedPort: null, definition: "" }), keys]);
}

/** A port that is not taken, from the hash's own on and round to the first one again; takes it. */
export function freePort(hash: string, taken: Set<number>): number {
  let offset = Number.parseInt(hash.slice(0, 8), 16) % PORTS;
  while (taken.has(FIRST_PORT + offset)) offset = (offset + 1) % PORTS;
  taken.add(FIRST_PORT + offset);
  return FIRST_PORT + offset;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
