import { describe, expect, it } from "vitest";
import { volume } from "../../../../../components/cloud/volume/concern";
import { unitName, volumePlan } from "../../../../../components/cloud/volume/plan";
import { volumeSettings } from "../../../../../components/cloud/volume/settings";
import { expectGolden } from "../../golden";
import { AS_VAULT, stack } from "../droplet/fixture";

function planOf(changes: Readonly<Record<string, unknown>> = {}) {
  const settings = volumeSettings(stack(changes), "cloud");
  if (settings === undefined) throw new Error("no volume");
  return volumePlan(settings);
}

describe("the volume of a droplet", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, volume, stack(), "cloud");
  });

  it("is there only where it is declared", () => {
    expect(volumeSettings(stack(), "web")).toBeUndefined();
    expect(volumeSettings(stack({ "hosts.1.volume": undefined }), "cloud")).toBeUndefined();
  });

  it("is mounted by its name, and never formatted", () => {
    const plan = planOf({ "hosts.1.volume": { name: "web-disk", gigabytes: 10, mount: "/srv/my-data" } });
    expect(plan.files[0]).toMatchObject({ path: "/etc/systemd/system/srv-my\\x2ddata.mount" });
    expect(JSON.stringify(plan.files[0])).toContain("What=/dev/disk/by-id/scsi-0DO_Volume_web-disk\\nWhere=/srv/my-data\\nType=ext4");
    expect(JSON.stringify(plan)).not.toMatch(/mkfs|wipefs|fdisk|format/);
  });

  it("holds containers and backups of an application, without which Docker does not start", () => {
    const plan = planOf();
    const bind = plan.files.find(({ path }) => path === "/etc/systemd/system/var-lib-docker.mount");
    expect(JSON.stringify(bind)).toMatch(/What=\/srv\/data\/docker\\nWhere=\/var\/lib\/docker.*RequiredBy=docker.service/);
    expect(plan.files.map(({ path }) => path)).toContain("/etc/systemd/system/var-backups-phiward.mount");
    expect(planOf(AS_VAULT).files.map(({ path }) => path)).toEqual([
      "/etc/systemd/system/srv-data.mount",
      "/etc/systemd/system/srv-vault.mount",
    ]);
  });

  it("hides nothing: what holds data already is refused before it is mounted over", () => {
    const ids = planOf().steps.map(({ id }) => id);
    expect(ids.indexOf("empty-/var/lib/docker")).toBeLessThan(ids.indexOf("start-var-lib-docker.mount"));
    expect(ids.indexOf("start-srv-data.mount")).toBeLessThan(ids.indexOf("place-for-/var/lib/docker"));
  });

  it("is checked where it is mounted, and for what lies on it", () => {
    expect(planOf().checks.map(({ id }) => id)).toEqual(["volume-mounted", "volume-holds-docker", "volume-holds-phiward"]);
  });
});

describe("the name of a mount unit", () => {
  it.each([
    ["/srv/data", "srv-data.mount"],
    ["/srv/my-data", "srv-my\\x2ddata.mount"],
    ["/srv/.hidden/a.b", "srv-.hidden-a.b.mount"],
    ["/a@b+c", "a\\x40b\\x2bc.mount"],
  ])("of %s is what systemd-escape gives", (path, name) => {
    expect(unitName(path)).toBe(name);
  });
});
