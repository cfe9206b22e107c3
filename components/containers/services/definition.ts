/** Names and ports that follow from what a container is: pure, so that every reader of the configuration finds the same. */
import { createHash } from "node:crypto";
import type { ContainerState, PlacedContainer } from "./container";
import { containerArguments } from "./containers";

const FIRST_PORT = 20_000;
// Below the range that the kernel takes outgoing ports from (32768 and up).
const PORTS = 10_000;

/** Gives each container its name and port: a changed one is another container beside the old one. */
export function placed(containers: readonly ContainerState[]): readonly PlacedContainer[] {
  const taken = new Set<number>();
  return containers.map((container) => {
    const nameless = JSON.stringify([containerArguments({ ...container, name: "", publishedPort: null, definition: "" }), container]);
    const publishedPort = container.port === null ? null : freePort(sha256(nameless), taken);
    const definition = sha256(`${nameless} ${String(publishedPort)}`);
    const name = container.kind === "container" ? `${container.service}-${definition.slice(0, 8)}` : container.service;
    return { ...container, name, publishedPort, definition };
  });
}

function freePort(hash: string, taken: Set<number>): number {
  let offset = Number.parseInt(hash.slice(0, 8), 16) % PORTS;
  while (taken.has(FIRST_PORT + offset)) offset = (offset + 1) % PORTS;
  taken.add(FIRST_PORT + offset);
  return FIRST_PORT + offset;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
