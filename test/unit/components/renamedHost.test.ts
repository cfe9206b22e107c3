/** What a host keeps when it is renamed: all that is stored under its name. */
import { describe, expect, it } from "vitest";
import { dropletVolume } from "../../../components/cloud/droplet/settings";
import { parseConfig } from "../../../components/config/faults";
import type { StackConfig } from "../../../components/config/schema";
import { hostPlans } from "../../../components/registry";
import { dropletOf, stack } from "./cloud/droplet/fixture";
import { changed, complete } from "./examples";

const BEFORE = parseConfig(complete());
const renamed = (index: number, name: string, more: object = {}): StackConfig =>
  parseConfig(
    changed(complete(), {
      [`hosts.${String(index)}.name`]: name,
      [`hosts.${String(index)}.formerly`]: [BEFORE.hosts[index]?.name],
      ...more,
    }),
  );

/** Paths of the files in which the plans of a host differ, and the units that differ in anything else. */
function differences(one: StackConfig, name: string, other: StackConfig, present: string): readonly string[] {
  const after = hostPlans(other, present);
  return hostPlans(one, name).flatMap((plan) => {
    const now = after.find(({ unit }) => unit === plan.unit);
    const files = plan.files.flatMap((file, index) => (JSON.stringify(file) === JSON.stringify(now?.files[index]) ? [] : [file.path]));
    const rest = JSON.stringify({ ...plan, files: [] }) === JSON.stringify({ ...now, files: [] }) ? [] : [plan.unit];
    return [...files, ...rest];
  });
}

describe("a host that was renamed", () => {
  it("is called by its present name in alerts, and all else on it stays as it was: its backups go by the former one", () => {
    const after = renamed(0, "www");
    expect(differences(BEFORE, "web", after, "www")).toEqual(["/etc/phiward/alert.json"]);
    expect(JSON.stringify(hostPlans(after, "www"))).toContain("vault-web");
  });

  it("keeps its account and its directory on the vault, where its status page alone has the present name", () => {
    expect(differences(BEFORE, "store", renamed(0, "www"), "store")).toEqual(["/etc/phiward/monitor/look.json"]);
  });

  it("goes by the first of its names, however often it is renamed", () => {
    const again = parseConfig(changed(complete(), { "hosts.0.name": "front", "hosts.0.formerly": ["web", "www"] }));
    expect(differences(BEFORE, "web", again, "front")).toEqual(["/etc/phiward/alert.json"]);
  });

  it("is a vault under another name to the hosts that send it their backups, which changes nothing on them", () => {
    const after = renamed(1, "attic", { "backup.offsite": "attic" });
    expect(differences(BEFORE, "web", after, "web")).toEqual([]);
    expect(differences(BEFORE, "store", after, "attic")).toEqual(["/etc/phiward/alert.json", "/etc/phiward/monitor/look.json"]);
  });

  it("keeps the volume of a droplet, whose name at DigitalOcean follows from its own", () => {
    const unnamed = { "hosts.1.volume.name": undefined };
    const volume = dropletVolume(dropletOf(stack(unnamed)));
    expect(volume?.name).toBe("cloud-data");
    const after = stack({ ...unnamed, "hosts.1.name": "sky", "hosts.1.formerly": ["cloud"] });
    expect(dropletVolume(dropletOf(after))).toEqual(volume);
  });
});
