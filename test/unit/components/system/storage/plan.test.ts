import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { storage } from "../../../../../components/system/storage/concern";
import { storagePlan } from "../../../../../components/system/storage/plan";
import { TEMPORARY_DIRECTORIES } from "../../../../../components/system/storage/sessions";
import { storageSettings } from "../../../../../components/system/storage/settings";
import { changed, complete, faultsOf, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const NAMESPACE = "/etc/security/namespace.conf";

describe("the plan of what people can write", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, storage);
  });

  it("leaves the host's own directories to root and to who may become root, and to nobody else", () => {
    const lines = textOf(storagePlan(storageSettings(CONFIG)), NAMESPACE)
      .trimEnd()
      .split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(TEMPORARY_DIRECTORIES.map(({ path }) => path));
    for (const line of lines) expect(line.split(" ").at(-1)).toBe("root,deploy,breakglass,alice,carol-x");
  });

  it("asks the host for the directories of a person without sudo, where there is one whose access does not end", () => {
    const ids = (people: unknown): readonly string[] =>
      storagePlan(storageSettings(parseConfig({ ...complete(), people }))).checks.map(({ id }) => id);
    const { people } = complete();
    expect(ids(people)).toEqual(["people-homes-limited", "session-umask-by-ssh", "people-temporary-directories-limited"]);
    expect(ids(smallest()["people"])).toEqual(["people-homes-limited", "session-umask-by-ssh"]);
  });

  it("has homes of whole groups of blocks alone, so that a file system has exactly the declared size", () => {
    expect(faultsOf(changed(smallest(), { homes: { megabytes: 1000 } })).join()).toContain("homes.megabytes");
    expect(faultsOf(changed(smallest(), { homes: { megabytes: 0 } })).join()).toContain("allowed: a whole number from 128");
    expect(faultsOf(changed(smallest(), { homes: { megabytes: 2048 } }))).toEqual([]);
  });
});
