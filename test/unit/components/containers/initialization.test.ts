import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import type { StackConfig } from "../../../../components/config/schema";
import { accountsPlan } from "../../../../components/containers/accounts/plan";
import { accountsSettings } from "../../../../components/containers/accounts/settings";
import { containersModel, stackModel } from "../../../../components/containers/model";
import { containerArguments } from "../../../../components/containers/services/dockerArguments";
import { createRequest } from "../../../../components/containers/services/engineApiRequest";
import { textsOf } from "../../../../components/plan/files";
import { hostPlans } from "../../../../components/registry";
import { initLog } from "../../../../ops/commands/logs";
import { changed, complete, faultsOf } from "../examples";

const INITIALIZE = { command: ["/app/migrate", "--all"], timeoutSeconds: 120 };
/** What it says is in files of its own, and not where the daemon's driver sends it. */
const OWN_FILES = { Type: "local", Config: { "max-file": "2", "max-size": "10m" } };
const withStep = (changes: Record<string, unknown> = {}): StackConfig =>
  parseConfig(changed(complete(), { "services.2.initialize": INITIALIZE, ...changes }));
const planOf = (config: StackConfig) => accountsPlan(accountsSettings(stackModel(config)));

/** What the host's program is told, by service. */
function told(config: StackConfig): unknown {
  const file = planOf(config).files.find(({ path }) => path === "/etc/phiward/initialize.json");
  return file === undefined ? undefined : JSON.parse(textsOf(file.content).join(""));
}

describe("an init step", () => {
  it("runs in a container that is its service's in all but command, port, health, restart and labels", () => {
    const config = withStep();
    const [service] = containersModel(config).services;
    if (service === undefined) throw new Error("no service");
    const own = createRequest(containerArguments(service));
    const host = Reflect.get(own, "HostConfig") as object;
    expect(host).not.toHaveProperty("LogConfig");
    expect(told(config)).toEqual({
      "notes-api": {
        called: "notes-api",
        definition: service.definition,
        request: {
          ...own,
          Cmd: ["/app/migrate", "--all"],
          Labels: { "phiward.initialize": "notes-api" },
          Healthcheck: { Test: ["NONE"] },
          ExposedPorts: {},
          HostConfig: { ...host, PortBindings: {}, RestartPolicy: { Name: "no" }, LogConfig: OWN_FILES },
        },
        seconds: 120,
        backup: true,
        stopFirst: false,
      },
    });
  });

  it("comes after accounts, and stop-first within the handover, whose watch waits for it", () => {
    const steps = (config: StackConfig) => planOf(config).steps.map(({ id }) => id);
    expect(steps(withStep())).toEqual(["add-accounts", "initialize-services"]);
    const stopFirst = withStep({ "services.2.updateOrder": "stop-first" });
    expect(steps(stopFirst)).toEqual(["add-accounts", "stop-former-containers"]);
    expect(planOf(stopFirst).steps.at(-1)?.argv.at(-1)).toContain('"initializing":120');
    for (const config of [withStep(), stopFirst]) expect(planOf(config).checks.map(({ id }) => id)).toContain("services-initialized");
    expect([told(parseConfig(complete())), steps(parseConfig(complete()))]).toEqual([undefined, ["add-accounts"]]);
  });

  it("is on a host without databases too, and makes another container of its service", () => {
    const config = withStep();
    const alone = { ...config, services: config.services.slice(2).map((service) => ({ ...service, uses: [] })) };
    expect(hostPlans(alone, "web").map(({ unit }) => unit)).toContain("accounts");
    const definition = (stack: StackConfig) => containersModel(stack).services[0]?.definition;
    expect(definition(config)).not.toBe(definition(parseConfig(complete())));
    expect(definition(withStep({ "services.2.initialize.timeoutSeconds": 7 }))).toBe(definition(config));
    expect(definition(withStep({ "services.2.initialize.command": ["/app/other"] }))).not.toBe(definition(config));
  });

  it("has its output read by name, former names too, and by no name without a step", () => {
    const config = withStep({ "services.2.formerly": ["old-notes"] });
    for (const name of ["notes-api", "old-notes"])
      expect(initLog(config, name)).toBe("/var/lib/phiward/services/old-notes/runs/initialize.log");
    expect(() => initLog(config, "db")).toThrow("--init: found no init step of db, allowed: notes-api");
    expect(() => initLog(parseConfig(complete()), "notes-api")).toThrow("allowed: none, since no service has one");
  });
});

describe("/tmp of a service", () => {
  it("is as it was where nothing is said, and of the declared size, with exec where that is declared", () => {
    const temporary = (changes: Record<string, unknown>) =>
      containersModel(parseConfig(changed(complete(), changes))).services[0]?.temporary["/tmp"];
    expect(temporary({})).toBe("rw,noexec,nosuid,nodev,mode=1777,size=64m");
    expect(temporary({ "services.2.temporary": { megabytes: 128, exec: true } })).toBe("rw,exec,nosuid,nodev,mode=1777,size=128m");
  });

  it("is no larger than the service's memory", () => {
    const faults = (megabytes: number) => faultsOf(changed(complete(), { "services.2.temporary": { megabytes } }));
    expect(faults(256)).toEqual([]);
    expect(faults(257)).toEqual([
      "services.2.temporary.megabytes: found 257, allowed: memoryMegabytes of the service at most: what is in /tmp is in its memory",
    ]);
  });
});
