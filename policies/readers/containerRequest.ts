/** The body by which the engine's API makes a container, as a rule says it again from the container's settings. */
import { each, whole } from "./expectedJson";
import type { Value } from "./value";

/** Bytes. */
export const MEBIBYTE = 1024 * 1024;
const SECOND = 1e9;

/** Where what a container says goes that ends: to a file that goes with it. Said here again, so that nothing else passes. */
export const OWN_LOG = { LogConfig: { Type: "local", Config: { "max-file": "2", "max-size": "10m" } } };

/**
 * The request of a container that runs `command` to its end beside the service's own: as confined as that, with its mounts and networks,
 * at no port, and without a label by which it would be taken for one of the service's containers. Undefined where anything is not known.
 */
export function oneOffRequest(container: Value, command: readonly string[] | undefined, label: string): object | undefined {
  const [service, user, image, envs] = [...["service", "user", "image"].map((key) => container.at(key).text()), envsOf(container)];
  const stop = whole({ StopTimeout: container.at("stopSeconds").number(), ...signalOf(container) });
  const networks = container.at("networks").texts();
  const hostConfig = networks === undefined ? undefined : hostConfigOf(container, networks);
  const entry = entryOf(container);
  if ([service, user, image, envs, stop, command, hostConfig, networks, entry].includes(undefined)) return undefined;
  return {
    Image: image,
    User: user,
    ...entry,
    Cmd: command,
    Env: envs,
    Labels: { [label]: service },
    Healthcheck: { Test: ["NONE"] },
    ...stop,
    ExposedPorts: {},
    HostConfig: hostConfig,
    NetworkingConfig: { EndpointsConfig: Object.fromEntries((networks ?? []).map((network) => [network, {}])) },
  };
}

function hostConfigOf(container: Value, networks: readonly string[]): object | undefined {
  const [binds, volumes] = [each(container.at("bindMounts"), mountOf), each(container.at("volumes"), volumeOf)];
  const temporary = container.at("temporary").plain();
  const [shared, init, internet] = [
    container.at("sharedMemoryMegabytes").number(),
    container.at("init").flag(),
    container.at("internet").flag(),
  ];
  const limits = container.has("limits") ? limitsOf(container.at("limits")) : {};
  if ([binds, volumes, temporary, shared, init, internet, limits].includes(undefined)) return undefined;
  return {
    ReadonlyRootfs: true,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges:true"],
    Mounts: [
      ...(binds ?? []).map(({ source, target }) => ({ Type: "bind", Source: source, Target: target, ReadOnly: true })),
      ...(volumes ?? []),
    ],
    Tmpfs: temporary,
    ShmSize: Number(shared) * MEBIBYTE,
    ...limits,
    NetworkMode: networks[0] ?? "none",
    Dns: internet === true ? [] : ["127.0.0.1"],
    PortBindings: {},
    Init: init,
    RestartPolicy: { Name: "no" },
    ...OWN_LOG,
  };
}

function volumeOf(mount: Value): object | undefined {
  const [volume, path] = [mount.at("volume").text(), mount.at("path").text()];
  if (volume === undefined || path === undefined) return undefined;
  return { Type: "volume", Source: volume, Target: path, ReadOnly: false, VolumeOptions: { NoCopy: true } };
}

/** Limits as the engine takes them; undefined where one is not known. */
export function limitsOf(limits: Value): object | undefined {
  const [memory, slice] = [limits.at("memoryMegabytes").number(), limits.at("slice").text()];
  const processors = limits.has("cpus") ? limits.at("cpus").number() : null;
  if (memory === undefined || slice === undefined || processors === undefined) return undefined;
  const ofProcessors = processors === null ? {} : { NanoCpus: Math.round(processors * 1e9) };
  return { Memory: memory * MEBIBYTE, MemorySwap: memory * MEBIBYTE, CgroupParent: slice, ...ofProcessors };
}

/** The environment, sorted. */
export function envsOf(container: Value): readonly string[] | undefined {
  const environment = container.at("environment");
  const names = environment.keys();
  const envs = names?.map((name) => environment.at(name).text());
  return envs?.every((value) => value !== undefined) === true
    ? names?.map((name, index) => `${name}=${String(envs[index])}`).sort()
    : undefined;
}

// What takes the place of the image's entry point; nothing where that one stays.
function entryOf(container: Value): object | undefined {
  if (!container.has("entryPoint")) return {};
  const words = container.at("entryPoint").texts();
  return words === undefined ? undefined : { Entrypoint: words };
}

/** The command; nothing where the image decides. */
export function commandOf(container: Value): object | undefined {
  const command = container.at("command").texts();
  return command === undefined ? undefined : command.length === 0 ? {} : { Cmd: command };
}

/** The health check. */
export function healthOf(container: Value): object | undefined {
  const health = container.at("health");
  const seconds = (key: string): number => (health.at(key).number() ?? Number.NaN) * SECOND;
  const [command, retries] = [health.at("command").texts(), health.at("retries").number()];
  const times = { Interval: seconds("everySeconds"), Timeout: seconds("timeoutSeconds"), StartPeriod: seconds("startSeconds") };
  if (command === undefined || retries === undefined || Object.values(times).includes(Number.NaN)) return undefined;
  return { Test: ["CMD", ...command], Retries: retries, ...times, StartInterval: SECOND };
}

/** The signal that stops it, where it is another than the image says. */
export function signalOf(container: Value): Readonly<Record<string, unknown>> {
  return container.has("stopSignal") ? { StopSignal: container.at("stopSignal").text() } : {};
}

/** A file or directory of the host in a container. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

/** A bind mount of the settings. */
export function mountOf(mount: Value): Mount | undefined {
  const [source, target] = [mount.at("source").text(), mount.at("target").text()];
  return source === undefined || target === undefined ? undefined : { source, target };
}
