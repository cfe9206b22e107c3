/** What a service keeps when it is renamed: all that is stored under its name, and nothing of another service's. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import { containersModel, stackModel, upstreamPort } from "../../../components/containers/model";
import { serviceDataSettings } from "../../../components/containers/serviceData";
import { databaseResources } from "../../../components/containers/services/dockerArguments";
import { hostPlans } from "../../../components/registry";
import { logSource } from "../../../ops/commands/logs";
import { judgeStack } from "../../../ops/commands/policy";
import { lastingWhat } from "../../../ops/commands/restore";
import { requireOneService } from "../../../ops/lib/renamedServices";
import { changed, complete, faultsOf } from "./examples";

const BEFORE = parseConfig(complete());
const ROUTES = Object.fromEntries([0, 1, 2].map((route) => [`sites.0.routes.${String(route)}.service`, "records"]));
const API = { "services.2.name": "records", ...ROUTES };
const renamed = (changes: Readonly<Record<string, unknown>>): StackConfig => parseConfig(changed(complete(), changes));
const RECORDS = renamed({ ...API, "services.2.formerly": ["notes-api"] });
const DATABASES = {
  ...{ "services.0.name": "pg", "services.0.formerly": ["db"] },
  ...{ "services.1.name": "sessions", "services.1.formerly": ["cache"] },
  "services.2.uses": ["pg", "sessions"],
};

/** The parts of a configuration's containers that hold data, or by which it is found and opened. */
function kept(config: StackConfig): unknown {
  const { networks, volumes, databases, databaseSettings, secrets } = containersModel(config);
  const plain = databases.map((database) => ({ ...database, called: "" }));
  return { networks, volumes, databaseSettings, secrets: secrets.secrets, databases: plain };
}

/** Paths of the files in which the plans of the host differ, and the units that differ in anything else. */
function differences(one: StackConfig, other: StackConfig): readonly string[] {
  const after = hostPlans(other, "web");
  return hostPlans(one, "web").flatMap((plan) => {
    const now = after.find(({ unit }) => unit === plan.unit);
    const files = plan.files.flatMap((file, index) => (JSON.stringify(file) === JSON.stringify(now?.files[index]) ? [] : [file.path]));
    return [...files, ...(JSON.stringify({ ...plan, files: [] }) === JSON.stringify({ ...now, files: [] }) ? [] : [plan.unit])];
  });
}

describe("a service that was renamed", () => {
  it("keeps its volume, database, role, secrets, networks and user, and what is backed up of it", () => {
    expect(kept(RECORDS)).toEqual(kept(BEFORE));
    const [after, before] = [RECORDS, BEFORE].map((config) => containersModel(config).services[0]);
    expect(after).toEqual({
      ...before,
      called: "records",
      ...{ name: after?.name, definition: after?.definition },
      publishedPort: after?.publishedPort,
    });
    expect(differences(BEFORE, RECORDS).filter((path) => /accounts|backup|secrets|service_?s\//.test(path))).toEqual([]);
  });

  it("runs in another container beside the former one, at another port, to which its routes lead", () => {
    const [after, before] = [RECORDS, BEFORE].map((config) => containersModel(config).services[0]);
    expect(after?.name).toMatch(/^notes-api-[0-9a-f]{8}$/);
    expect(after?.publishedPort).not.toBe(before?.publishedPort);
    expect(upstreamPort(containersModel(RECORDS), "records")).toBe(after?.publishedPort);
    expect(logSource(RECORDS, "records")).toEqual({ kind: "container", name: "notes-api" });
    expect(logSource(RECORDS, "notes-api")).toEqual({ kind: "container", name: "notes-api" });
  });

  it("is judged by the policies as it was", () => {
    expect(judgeStack("test", RECORDS)).toEqual(judgeStack("test", BEFORE));
    expect(judgeStack("test", renamed(DATABASES))).toEqual(judgeStack("test", BEFORE));
  });

  it("has its volumes restored by any of its names, and none that is not declared", () => {
    const volume = (name: string) => lastingWhat(RECORDS, `volume:${name}/attachments`);
    expect(["records", "notes-api"].map(volume)).toEqual(Array(2).fill("volume:phiward-notes-api.attachments"));
    for (const what of ["volume:records/other", "volume:", "volume:db/data"])
      expect(() => lastingWhat(RECORDS, what)).toThrow(
        /^--what: found a volume that is not declared, allowed: volume:records\/attachments/,
      );
  });

  it("has its database restored by any of its names", () => {
    const asked = ["all", "file:/records", "database:records", "database:notes-api", "database:other"];
    expect(asked.map((what) => lastingWhat(RECORDS, what))).toEqual([
      ...["all", "file:/records", "database:notes-api", "database:notes-api"],
      "database:other",
    ]);
  });

  it("keeps its port where it is replaced stop-first, and is found by the name that its former container has", () => {
    const alone = { "services.2.updateOrder": "stop-first" };
    const [before, after] = [renamed(alone), renamed({ ...alone, ...API, "services.2.formerly": ["notes-api"] })].map(
      (config) => containersModel(config).services[0],
    );
    expect([after?.publishedPort, after?.service]).toEqual([before?.publishedPort, "notes-api"]);
    expect(after?.name).not.toBe(before?.name);
  });

  it("keeps the derived number of its user", () => {
    const plain = { "services.2.user": undefined };
    const users = [renamed(plain), renamed({ ...plain, ...API, "services.2.formerly": ["notes-api"] })].map(
      (config) => containersModel(config).services[0]?.user,
    );
    expect(users[1]).toBe(users[0]);
  });

  it("is the same container of a database, which holds the data; those that use it find its address under the present name", () => {
    const after = renamed(DATABASES);
    expect(kept(after)).toEqual(kept(BEFORE));
    expect(databaseResources(containersModel(after))).toEqual(databaseResources(containersModel(BEFORE)));
    const files = containersModel(after).secrets.files.filter(({ service }) => service === "notes-api");
    expect(files.map((file) => ("secret" in file ? [file.name, file.secret.id, file.template] : []))).toEqual([
      ["pg-url", "db-notes-api", expect.stringContaining("@db:5432/notes-api")],
      ["sessions-url", "cache-notes-api", expect.stringContaining("@cache:6380")],
      ["admin-password", "notes-api-admin-password", "{}"],
    ]);
    expect(Object.keys(containersModel(after).services[0]?.environment ?? {})).toContain("PG_URL_FILE");
  });

  it("goes by the first of its names however often it is renamed, and is as it was under its first name again", () => {
    expect(kept(renamed({ ...API, "services.2.formerly": ["notes-api", "notes"] }))).toEqual(kept(BEFORE));
    for (const formerly of [["notes-api", "records"], []])
      expect(containersModel(renamed({ "services.2.formerly": formerly }))).toEqual(containersModel(BEFORE));
  });

  it("has entries of `removed` by either name, whether it is there or gone", () => {
    const removedOf = (config: StackConfig) => serviceDataSettings(stackModel(config)).removed;
    const [, volume, database] = removedOf(BEFORE);
    expect(removedOf(RECORDS)).toEqual(removedOf(BEFORE));
    const present = { "removed.1.service": "records", "removed.2.service": "records", "removed.2.database": "cold" };
    const after = renamed({ ...API, "services.2.formerly": ["notes-api"], ...present });
    expect(removedOf(after).slice(1)).toEqual([volume, { ...database, database: "cold" }]);
    const gone = { removed: [{ service: "records", formerly: ["diary"], data: "erase", confirm: "records" }] };
    expect(removedOf(renamed(gone))).toEqual([{ service: "diary", volume: null, database: null, erase: true }]);
  });
});

describe("a name that a service had", () => {
  const faults = (changes: object): readonly string[] =>
    faultsOf(changed(complete(), { ...API, "people.1.databases": {}, retention: undefined, subjects: undefined, ...changes }));
  const another = { kind: "container", name: "notes-api", image: `sha256:${"d".repeat(64)}`, health: { command: ["true"] } };

  it.each([
    [
      "is no other service's, which would have its data",
      { "services.2.formerly": ["notes-api"], "services.3": another },
      "services.3.name",
    ],
    ["is not one that another has", { "services.2.formerly": ["db"] }, "services.2.formerly.0"],
    [
      "is not one that another had",
      { "services.2.formerly": ["notes"], "services.3": { ...another, formerly: ["notes"] } },
      "services.3.formerly.0",
    ],
    ["is a service's name", { "services.2.formerly": ["root"] }, "services.2.formerly.0"],
    [
      "is no data to be erased",
      { "services.2.formerly": ["notes-api"], removed: [{ service: "notes-api", data: "erase", confirm: "notes-api" }] },
      "removed.0.service",
    ],
    [
      "is no data to be erased by a former name",
      { "services.2.formerly": ["notes-api"], removed: [{ service: "x", formerly: ["notes-api"], data: "keep" }] },
      "removed.0.service",
    ],
    [
      "is no name to use a service by",
      { "services.2.formerly": ["notes-api"], "sites.0.routes.0.service": "notes-api" },
      "sites.0.routes.0.service",
    ],
  ])("%s", (_, changes, path) => {
    expect(faults(changes)).toEqual([expect.stringMatching(new RegExp(`^${path.replaceAll(".", "\\.")}: found .*allowed: `))]);
  });

  it("is one piece of data in `removed`, whichever name an entry says", () => {
    const entries = [
      { service: "records", formerly: ["diary"], data: "keep" },
      { service: "diary", data: "erase", confirm: "diary" },
    ];
    expect(faultsOf(changed(complete(), { removed: entries }))).toEqual([expect.stringContaining("data that no other entry is of")]);
  });
});

describe("a host on which a service was deployed", () => {
  const object = (service: string) => ({ kind: "Network" as const, id: "1", name: `phiward-${service}`, status: "", service });

  it("takes its rename, and refuses one by which two services would become one", () => {
    requireOneService(RECORDS, "web", [object("notes-api"), object("db")]);
    requireOneService(renamed({ "services.2.formerly": ["notes-api", "records"] }), "web", [object("notes-api")]);
    expect(() => {
      requireOneService(RECORDS, "web", [object("notes-api"), object("records")]);
    }).toThrow(
      /^web: services: found records with `formerly: \[notes-api\]`, allowed: .*records was deployed there as a service of its own/,
    );
    expect(() => {
      requireOneService(renamed({ ...API, "services.2.formerly": ["notes", "notes-api"] }), "web", [object("notes-api")]);
    }).toThrow(/notes-api was deployed there/);
  });
});
