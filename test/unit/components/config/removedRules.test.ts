/** Which entries of `removed` are allowed: of data that nothing declares, each once, and erased only on confirmation. */
import { describe, expect, it } from "vitest";
import { changed, complete, faultsOf } from "../examples";

const faults = (...removed: readonly object[]): readonly string[] => faultsOf(changed(complete(), { removed }));

describe("data that is declared as removed", () => {
  it.each([
    [{ service: "old", data: "keep" }],
    [{ service: "old", data: "erase", confirm: "old" }],
    [{ service: "notes-api", volume: "old", data: "erase", confirm: "notes-api" }],
    [{ service: "notes-api", database: "old-db", data: "keep" }],
  ])("may be %j", (entry) => {
    expect(faults(entry)).toEqual([]);
  });

  it("may be parts of one service, each once", () => {
    const volume = { service: "notes-api", volume: "old", data: "keep" };
    expect(faults(volume, { ...volume, volume: "older" }, { service: "notes-api", database: "old-db", data: "keep" })).toEqual([]);
    expect(faults(volume, { ...volume, data: "erase", confirm: "notes-api" })).toEqual([
      expect.stringMatching(/^removed\.1\.service: found .*data that no other entry is of; already used by removed\.0$/),
    ]);
    expect(faults({ service: "old", volume: "one", data: "keep" }, { service: "old", data: "erase", confirm: "old" })).toHaveLength(1);
  });

  it.each([
    ["a service that is declared", { service: "notes-api", data: "keep" }, "service"],
    ["a database server that is declared", { service: "db", data: "erase", confirm: "db" }, "service"],
    ["a volume that is declared", { service: "notes-api", volume: "attachments", data: "keep" }, "volume"],
    ["the volume of a database server", { service: "db", volume: "data", data: "erase", confirm: "db" }, "volume"],
    ["a database that is in use", { service: "notes-api", database: "db", data: "keep" }, "database"],
    ["a volume and a database at once", { service: "old", volume: "one", database: "db", data: "keep" }, "database"],
    ["erased without a confirmation", { service: "old", data: "erase" }, "confirm"],
    ["erased with the confirmation of another", { service: "old", data: "erase", confirm: "notes-api" }, "confirm"],
    ["kept with a confirmation", { service: "old", data: "keep", confirm: "old" }, "confirm"],
    ["neither kept nor erased", { service: "old" }, "data"],
  ])("is not %s", (_, entry, key) => {
    expect(faults(entry)).toEqual([expect.stringMatching(`^removed\\.0\\.${key}: found `)]);
  });
});
