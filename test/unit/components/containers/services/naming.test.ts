import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import type { StackConfig } from "../../../../../components/config/schema";
import { containersModel } from "../../../../../components/containers/model";
import type { ContainerSettings } from "../../../../../components/containers/services/containerSettings";
import { freePort, named } from "../../../../../components/containers/services/naming";
import { changed, complete } from "../../examples";
import { CONFIG } from "../../golden";

const [APPLICATION] = containersModel(CONFIG).services;
const hash = (offset: number): string => `${offset.toString(16).padStart(8, "0")}ffff`;

/** The application's container under other names, until two of them have one port when each is named alone. */
function meeting(): readonly [ContainerSettings, ContainerSettings, number] {
  const met = new Map<number, ContainerSettings>();
  for (let index = 0; index < 2000; index++) {
    if (APPLICATION === undefined) break;
    const container: ContainerSettings = { ...APPLICATION, service: `s${String(index)}` };
    const port = named([container])[0]?.publishedPort ?? 0;
    const other = met.get(port);
    if (other !== undefined) return [other, container, port];
    met.set(port, container);
  }
  throw new Error("no two of 2000 services meet");
}

describe("a free port", () => {
  it("follows from the hash alone while nobody has it", () => {
    expect([0, 1, 9999, 10_000, 4_294_967_295].map((offset) => freePort(hash(offset), new Set()))).toEqual([
      20_000, 20_001, 29_999, 20_000, 27_295,
    ]);
  });

  it("is the next one where another has it, and the first one behind the last", () => {
    const taken = new Set<number>();
    expect([5, 5, 6, 5, 9999, 9999, 0].map((offset) => freePort(hash(offset), taken))).toEqual([
      20_005, 20_006, 20_007, 20_008, 29_999, 20_000, 20_001,
    ]);
    expect(taken.size).toBe(7);
  });
});

describe("names of containers", () => {
  it("lead to ports of their own where the hashes of two services meet", () => {
    const [one, other, port] = meeting();
    const [first, second] = named([one, other]);
    expect([first?.publishedPort, second?.publishedPort]).toEqual([port, port + 1]);
    expect(second?.name).not.toBe(named([other])[0]?.name);
  });

  it("are those that hosts have already, whatever the fields of a container are called since", () => {
    const facts = (config: StackConfig): readonly unknown[] => {
      const { databases, services } = containersModel(config);
      return [...databases, ...services].map(({ name, publishedPort, definition }) => [name, publishedPort, definition]);
    };
    const databases = [
      ["db", null, "65280142ee258919b1206bed3806489707e931f8a9daadf1d329e480f69c85da"],
      ["cache", null, "ddc833a98e4e6c4b691e65109adb371504ac2e18d062867e3ff660eb7f0e7313"],
    ];
    expect(facts(CONFIG)).toEqual([
      ...databases,
      ["notes-api-115308cf", 27_508, "115308cf0aea65117d2152ba9ba61eee4358154e42a59a8bdf130300505f9397"],
    ]);
    expect(facts(parseConfig(changed(complete(), { "services.2.internet": false })))).toEqual([
      ...databases,
      ["notes-api-e2730d11", 23_087, "e2730d11a58526d61537c38e3120d6b7e1919600f2505e6d72c1211b16dd5952"],
    ]);
  });

  it("lead to one port for as long as a service is replaced stop-first, and to another name for each change", () => {
    if (APPLICATION === undefined) throw new Error("no application in the example");
    const alone: ContainerSettings = { ...APPLICATION, updateOrder: "stop-first" };
    const [first, second] = [alone, { ...alone, image: "sha256:0" }].map((container) => named([container])[0]);
    expect(second?.publishedPort).toBe(first?.publishedPort);
    expect(second?.name).not.toBe(first?.name);
    const others = meeting().slice(0, 1) as readonly ContainerSettings[];
    expect(named([...others, alone]).at(-1)?.publishedPort).toBe(first?.publishedPort);
  });

  it("leave the ports and names of all others as they are where one has further ports, each published by itself", () => {
    if (APPLICATION === undefined) throw new Error("no application in the example");
    const other = { ...APPLICATION, service: "other" };
    const further = [
      { name: "dicom", port: 11_112 },
      { name: "hl7", port: 2575 },
    ];
    const [alone, before] = named([APPLICATION, other]);
    const [several, after] = named([{ ...APPLICATION, ports: further }, other]);
    expect(after).toEqual(before);
    expect(alone).not.toHaveProperty("publishedPorts");
    expect(several?.publishedPorts?.map(({ name, port }) => ({ name, port }))).toEqual(further);
    const published = [several?.publishedPort, ...(several?.publishedPorts ?? []).map((port) => port.published), after?.publishedPort];
    expect(new Set(published).size).toBe(4);
    const stopFirst = [further, further.toReversed()].map((ports) => named([{ ...APPLICATION, updateOrder: "stop-first", ports }])[0]);
    const [first, second] = stopFirst.map((container) => container?.publishedPorts ?? []);
    expect(second?.toReversed()).toEqual(first);
  });

  it("follow from every field of a container", () => {
    if (APPLICATION === undefined) throw new Error("no application in the example");
    const changes: { readonly [Field in keyof ContainerSettings]: ContainerSettings[Field] } = {
      service: "other",
      called: "other",
      kind: "redis",
      image: "sha256:0",
      user: "2:2",
      command: ["/other"],
      environment: { OTHER: "1" },
      port: 9,
      ports: [{ name: "dicom", port: 9 }],
      internet: false,
      updateOrder: "stop-first",
      networks: ["other"],
      volumes: [],
      bindMounts: [],
      temporary: {},
      sharedMemoryMegabytes: 1,
      limits: { memoryMegabytes: 1, processes: 1, slice: "other.slice" },
      health: { ...APPLICATION.health, retries: 9 },
      stopSignal: "SIGHUP",
      stopSeconds: 1,
      init: false,
      configuration: [{ name: "other", text: "" }],
    };
    const definitions = Object.entries(changes).map(([field, value]) => named([{ ...APPLICATION, [field]: value }])[0]?.definition);
    expect(new Set([...definitions, APPLICATION.definition]).size).toBe(definitions.length + 1);
  });
});
