import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { containersModel, upstreamPort } from "../../../../../components/containers/model";
import { servicesChecks } from "../../../../../components/containers/services/checks";
import { databaseResources, serviceResources } from "../../../../../components/containers/services/dockerArguments";
import { createRequest } from "../../../../../components/containers/services/engineApiRequest";
import { changed, complete, GONE } from "../../examples";
import { CONFIG } from "../../golden";

const stateOf = (changes: Readonly<Record<string, unknown>> = {}) => containersModel(parseConfig(changed(complete(), changes)));
const golden = (name: string): string => join(__dirname, "golden", name);
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

describe("services as Docker's resources", () => {
  it("are as they were last looked at", async () => {
    const settings = containersModel(CONFIG);
    await expect(json(databaseResources(settings))).toMatchFileSnapshot(golden("databases.json"));
    await expect(json(serviceResources(settings))).toMatchFileSnapshot(golden("services.json"));
    const [service] = serviceResources(settings).containers;
    await expect(json(service && createRequest(service))).toMatchFileSnapshot(golden("request.json"));
  });

  it("publish nothing but a service's own port, on the loopback address", () => {
    const settings = stateOf();
    expect(databaseResources(settings).containers.flatMap(({ ports }) => ports ?? [])).toEqual([]);
    expect(serviceResources(settings).containers.flatMap(({ ports }) => ports ?? [])).toEqual([
      { internal: 8080, external: upstreamPort(containersModel(CONFIG), "notes-api"), ip: "127.0.0.1", protocol: "tcp" },
    ]);
  });

  it("publish further ports on the loopback address as well, limit processors where that is declared, and say both to the engine", () => {
    const settings = stateOf({ "services.2.ports": [{ name: "dicom", port: 104 }], "services.2.cpus": 1.5, "docker.limits": "enforced" });
    const [service] = serviceResources(settings).containers;
    const [first, further] = [upstreamPort(settings, "notes-api"), upstreamPort(settings, "notes-api", "dicom")];
    expect(service?.cpus).toBe("1.5");
    expect(service?.ports).toEqual([
      { internal: 8080, external: first, ip: "127.0.0.1", protocol: "tcp" },
      { internal: 104, external: further, ip: "127.0.0.1", protocol: "tcp" },
    ]);
    expect(service && createRequest(service)).toMatchObject({
      ExposedPorts: { "104/tcp": {}, "8080/tcp": {} },
      HostConfig: { NanoCpus: 1_500_000_000, PortBindings: { "104/tcp": [{ HostIp: "127.0.0.1", HostPort: String(further) }] } },
    });
    const checks = servicesChecks(settings, { driver: "journald", maxSize: 10, maxFile: 5, rateLimitBurst: 500 }).filter(({ id }) =>
      /notes-api-(published|processors)/.test(id),
    );
    expect(checks.map(({ expect: wanted }) => wanted)).toEqual([
      {
        kind: "lines",
        lines: [
          `published {"104/tcp":[{"HostIp":"127.0.0.1","HostPort":"${String(further)}"}],"8080/tcp":[{"HostIp":"127.0.0.1","HostPort":"${String(first)}"}]}`,
        ],
      },
      { kind: "lines", lines: ["processors 1500000000"] },
    ]);
    expect(() => upstreamPort(settings, "notes-api", "hl7")).toThrow("found no service notes-api with a port");
  });

  it("keep a network open for a service that has further ports alone", () => {
    const changes = {
      "services.2.port": GONE,
      "services.2.ports": [{ name: "dicom", port: 104 }],
      "services.2.internet": false,
      sites: [],
    };
    const internal = (of: Readonly<Record<string, unknown>>) =>
      stateOf(of).networks.find(({ service }) => service === "notes-api")?.internal;
    expect([internal(changes), internal({ ...changes, "services.2.ports": [] })]).toEqual([false, true]);
  });

  it.each([
    ["the image", { "services.2.image": `sha256:${"d".repeat(64)}` }],
    ["an environment variable", { "services.2.environment.LOG_LEVEL": "debug" }],
    ["the epoch of a secret", { "services.2.secrets.0.epoch": 3 }],
    ["the epoch of a database", { "services.0.epoch": 3 }],
    ["the port inside", { "services.2.port": 8081 }],
  ])("are others, with another name and port, when %s of a service changes", (_, changes) => {
    const [before] = stateOf().services;
    const [after] = stateOf(changes).services;
    expect(after?.name).toMatch(/^notes-api-[0-9a-f]{8}$/);
    expect(after?.name).not.toBe(before?.name);
    expect(after?.publishedPort).not.toBe(before?.publishedPort);
  });

  it("keep a database's name, and label it with what it is configured by", () => {
    const [before] = stateOf().databases;
    const [after] = stateOf({ "services.0.memoryMegabytes": 4096 }).databases;
    expect([before?.name, after?.name]).toEqual(["db", "db"]);
    expect(after?.definition).not.toBe(before?.definition);
  });

  it("stay the same when another service changes", () => {
    const [before] = stateOf().services;
    const [after] = stateOf({ "services.1.memoryMegabytes": 512 }).services;
    expect(after).toEqual(before);
  });

  it("get ports of their own, however many there are", () => {
    const template = structuredClone(complete()["services"]) as readonly object[];
    const services = [
      ...template,
      ...Array.from({ length: 60 }, (_, index) => ({
        ...template[2],
        name: `s${String(index)}`,
        user: `${String(11_000 + index)}:${String(11_000 + index)}`,
        uses: ["db"],
      })),
    ];
    const ports = stateOf({ services }).services.map(({ publishedPort }) => publishedPort ?? 0);
    expect(new Set(ports).size).toBe(61);
    expect(ports.every((port) => port >= 20_000 && port < 30_000)).toBe(true);
  });

  it("have limits of memory, without swap, in a control group of their own, where the kernel has any", () => {
    const limits = (changes: Readonly<Record<string, unknown>>) =>
      serviceResources(stateOf(changes)).containers.map(({ memory, memorySwap, cgroupParent }) => [memory, memorySwap, cgroupParent]);
    expect(limits({ "docker.limits": "enforced" })).toEqual([[256, 256, "phiward-notes_api.slice"]]);
    expect(limits({ "docker.limits": "unavailable" })).toEqual([[undefined, undefined, undefined]]);
  });

  it("ask no name server outside, unless they may reach the Internet", () => {
    const dns = (changes: Readonly<Record<string, unknown>>) => serviceResources(stateOf(changes)).containers.map(({ dns }) => dns);
    expect(dns({})).toEqual([[]]);
    expect(dns({ "services.2.internet": false })).toEqual([["127.0.0.1"]]);
  });
});
