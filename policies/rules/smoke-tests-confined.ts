import type { Rule } from "../engine/rule";
import { commandOf, envsOf, healthOf, limitsOf, MEBIBYTE, type Mount, mountOf, OWN_LOG, signalOf } from "../readers/containerRequest";
import { demandJson, each, whole } from "../readers/expectedJson";
import { jsonFile } from "../readers/files";
import type { Value } from "../readers/value";

const PATH = "/etc/phiward/trial.json";
const CONTROLS = /^[A-Z]{2,3}-\d\d(,[A-Z]{2,3}-\d\d)*$/;

/** A database's new image runs for the first time in its smoke test: as confined as the real one, with no network, and with temporary data. */
export const smokeTestsConfined: Rule = {
  id: "smoke-tests-confined",
  description: "The smoke test of each database runs the declared image without network, rights or data, within the declared limits.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CTR-03", "CTR-07", "CTR-14"],
  remedy: "let the concern docker write the smoke tests; image and limits are set under the service in the configuration",
  appliesTo: ["phiward:host:Docker"],
  judge(unit, report) {
    const found = jsonFile(unit, PATH, report);
    if (found === undefined) return;
    const tests = each(unit.at("settings").at("services").at("databases"), (container) => {
      const name = container.at("service").text();
      if (name === undefined) return undefined;
      // A missing one has nothing to be taken over.
      const given = found.has(name) ? found.at(name) : undefined;
      const test = expectedTest(container, name, given);
      return test === undefined ? undefined : ([name, test] as const);
    });
    demandJson(unit, PATH, tests === undefined ? undefined : Object.fromEntries(tests), report);
  },
};

function expectedTest(container: Value, name: string, given: Value | undefined): object | undefined {
  const [user, mounts] = [container.at("user").text(), each(container.at("bindMounts"), mountOf)];
  const definition = container.at("definition").text();
  const controls = given?.at("request").at("Labels").at("phiward.controls").text();
  const hostConfig = user === undefined || mounts === undefined ? undefined : expectedLimits(container, name, user, mounts);
  const [image, envs, health, command] = [container.at("image").text(), envsOf(container), healthOf(container), commandOf(container)];
  const stop = whole({ StopTimeout: container.at("stopSeconds").number(), ...signalOf(container) });
  const versions = versionsOf(container, given);
  if ([definition, hostConfig, image, envs, health, command, stop, versions, mounts, user].includes(undefined)) return undefined;
  const labels = { "phiward.definition": definition, "phiward.service": name };
  return {
    definition,
    request: {
      Image: image,
      User: user,
      ...command,
      Env: envs,
      Labels: { ...labels, "phiward.controls": CONTROLS.test(controls ?? "") ? controls : "" },
      Healthcheck: health,
      ...stop,
      ExposedPorts: {},
      HostConfig: hostConfig,
      NetworkingConfig: { EndpointsConfig: {} },
    },
    secrets: (mounts ?? []).filter(isSecret).map(({ target }) => target),
    owner: (user ?? "").split(":").map(Number),
    seconds: 120,
    ...versions,
  };
}

function isSecret({ target }: Mount): boolean {
  return target.startsWith("/run/secrets/");
}

function expectedLimits(container: Value, name: string, user: string, mounts: readonly Mount[]): object | undefined {
  const [uid, gid] = user.split(":");
  const own = `/etc/phiward/services/${name}`;
  const paths = each(container.at("volumes"), (volume) => volume.at("path").text());
  const temporary = container.at("temporary").plain();
  const shared = container.at("sharedMemoryMegabytes").number();
  const limits = container.has("limits") ? limitsOf(container.at("limits")) : {};
  const init = container.at("init").flag();
  if ([paths, temporary, shared, limits, init].includes(undefined)) return undefined;
  const scratch = (paths ?? []).map((path) => [path, `rw,nosuid,nodev,mode=0700,uid=${String(uid)},gid=${String(gid)},size=512m`]);
  return {
    ReadonlyRootfs: true,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges:true"],
    // Of what the host writes, such as the list of users, it sees what is declared.
    Mounts: mounts
      .filter((mount) => !isSecret(mount))
      .map(({ source, target }) => ({ Type: "bind", Source: source.startsWith(own) ? source : own, Target: target, ReadOnly: true })),
    Tmpfs: { ...Object(temporary), ...Object.fromEntries(scratch) } as object,
    ShmSize: Number(shared) * MEBIBYTE,
    ...limits,
    NetworkMode: "none",
    Dns: ["127.0.0.1"],
    PortBindings: {},
    Init: init,
    RestartPolicy: { Name: "no" },
    ...OWN_LOG,
  };
}

// Where one major version alone reads the data: which one is up to the release, and is not said again.
function versionsOf(container: Value, given: Value | undefined): object | undefined {
  const kind = container.at("kind").text();
  if (kind === undefined) return undefined;
  if (kind !== "postgres") return {};
  const volume = container.at("volumes").items()?.[0]?.at("volume").text();
  const major = given?.at("versions").at("major").text() ?? "";
  if (volume === undefined) return undefined;
  const asked = { command: ["postgres", "--version"], dataFile: "PG_VERSION", exampleImage: "docker.io/library/postgres" };
  return { versions: { product: "PostgreSQL", major: /^\d\d$/.test(major) ? major : "", volume, ...asked } };
}
