/** A container's arguments as the body that the Docker Engine's own API takes, for whoever has no provider at hand. */
import type { ContainerArguments } from "./dockerArguments";

const MEGABYTE = 1024 * 1024;

/**
 * For a container that ends, as part of its HostConfig: what it says may hold data or a secret. So it is in a file of Docker's that goes
 * with the container, whatever the daemon does with what services print: no journal, vault or collector has it.
 */
export const OWN_LOG = { LogConfig: { Type: "local", Config: { "max-file": "2", "max-size": "10m" } } } as const;

/** The body of POST /containers/create (API 1.44 and later), which takes programs as lists where docker(1) would want a shell. */
export function createRequest(container: ContainerArguments, log: typeof OWN_LOG | Readonly<Record<string, never>> = {}): object {
  const { healthcheck, memory, memorySwap, stopSignal, cgroupParent, cpus, ports = [] } = container;
  return {
    Image: container.image,
    User: container.user,
    ...(container.entrypoints === undefined ? {} : { Entrypoint: container.entrypoints }),
    ...(container.command === undefined ? {} : { Cmd: container.command }),
    Env: container.envs,
    Labels: Object.fromEntries(container.labels.map(({ label, value }) => [label, value])),
    Healthcheck: {
      Test: healthcheck.tests,
      Interval: nanoseconds(healthcheck.interval),
      Timeout: nanoseconds(healthcheck.timeout),
      Retries: healthcheck.retries,
      StartPeriod: nanoseconds(healthcheck.startPeriod),
      StartInterval: nanoseconds(healthcheck.startInterval),
    },
    ...(stopSignal === undefined ? {} : { StopSignal: stopSignal }),
    StopTimeout: container.stopTimeout,
    ExposedPorts: Object.fromEntries(ports.map(({ internal, protocol }) => [`${String(internal)}/${protocol}`, {}])),
    HostConfig: {
      ReadonlyRootfs: container.readOnly,
      CapDrop: container.capabilities.drops,
      SecurityOpt: container.securityOpts,
      Mounts: container.mounts.map(({ type, source, target, readOnly, volumeOptions }) => ({
        Type: type,
        Source: source,
        Target: target,
        ReadOnly: readOnly,
        ...(volumeOptions === undefined ? {} : { VolumeOptions: { NoCopy: volumeOptions.noCopy } }),
      })),
      Tmpfs: container.tmpfs,
      ShmSize: container.shmSize * MEGABYTE,
      ...(memory === undefined ? {} : { Memory: memory * MEGABYTE }),
      ...(memorySwap === undefined ? {} : { MemorySwap: memorySwap * MEGABYTE }),
      ...(cgroupParent === undefined ? {} : { CgroupParent: cgroupParent }),
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(Number(cpus) * 1e9) }),
      NetworkMode: container.networkMode,
      Dns: container.dns,
      PortBindings: Object.fromEntries(
        ports.map(({ internal, external, ip, protocol }) => [
          `${String(internal)}/${protocol}`,
          [{ HostIp: ip, HostPort: String(external) }],
        ]),
      ),
      Init: container.init,
      RestartPolicy: { Name: container.restart },
      ...log,
    },
    NetworkingConfig: { EndpointsConfig: Object.fromEntries(container.networksAdvanced.map(({ name }) => [name, {}])) },
  };
}

function nanoseconds(duration: string): number {
  const [, minutes = "0", seconds = "0"] = /^(?:(\d+)m)?(\d+)s$/.exec(duration) ?? [];
  return (Number(minutes) * 60 + Number(seconds)) * 1e9;
}
