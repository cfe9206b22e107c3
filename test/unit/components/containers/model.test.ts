import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { containersModel, upstreamPort } from "../../../../components/containers/model";
import { changed, complete } from "../examples";
import { CONFIG } from "../golden";

const stateOf = (changes: Readonly<Record<string, unknown>> = {}) => containersModel(parseConfig(changed(complete(), changes)));

describe("the containers of a host", () => {
  it("have a network without a way out, unless they have a port or may reach the Internet", () => {
    const closed = { "services.2.port": undefined, "services.2.internet": false, sites: [] };
    const networks = (changes: Readonly<Record<string, unknown>>) =>
      stateOf(changes).networks.map(({ name, internal, masquerade }) => [name, internal, masquerade]);
    expect(networks({})).toEqual([
      ["phiward-db", true, false],
      ["phiward-cache", true, false],
      ["phiward-notes-api.internet", false, true],
    ]);
    expect(networks({ "services.2.internet": false })[2]).toEqual(["phiward-notes-api", false, false]);
    expect(networks(closed)[2]).toEqual(["phiward-notes-api", true, false]);
  });

  it("name their databases and who uses them", () => {
    expect(
      containersModel(CONFIG).databaseSettings.map(({ kind, name, container, volume, users, databases }) => ({
        kind,
        name,
        container,
        volume,
        users,
        databases,
      })),
    ).toEqual([
      {
        kind: "postgres",
        name: "db",
        container: "db",
        volume: "phiward-db.data",
        users: [{ service: "notes-api", epoch: 2 }],
        databases: ["notes-api"],
      },
      {
        kind: "redis",
        name: "cache",
        container: "cache",
        volume: "phiward-cache.data",
        users: [{ service: "notes-api", epoch: 3 }],
        databases: [],
      },
    ]);
  });

  it("have no port that leads to one without a port", () => {
    expect(() => upstreamPort(containersModel(CONFIG), "db")).toThrow("services: found no service db with a port");
  });
});
