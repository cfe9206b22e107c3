import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { isHostKey } from "../../../../components/config/sshKey";
import { member } from "../../../../components/config/unknown";
import { unadopted, withStandInKeys } from "../../../../ops/lib/unadopted";
import { smallest } from "../../components/examples";

const [WEB] = [smallest()["hosts"]].flat();
const { hostKey: KEY, ...bare } = WEB as Record<string, unknown>;
const NEW = [
  { ...bare, name: "web" },
  { ...bare, name: "store", address: "192.0.2.77" },
  { ...bare, name: "other", address: "192.0.2.78" },
];

describe("a stack with several servers that are adopted one after the other", () => {
  it("has a fault for the server that is adopted alone, until its key is pinned", () => {
    const raw = { ...smallest(), hosts: NEW };
    expect(unadopted(raw)).toEqual(["web", "store", "other"]);
    expect(() => parseConfig(withStandInKeys(raw, "web"))).toThrow(/^hosts\.0\.hostKey: .*$/);
    const pinned = { ...raw, hosts: [{ ...NEW[0], hostKey: KEY }, ...NEW.slice(1)] };
    expect(unadopted(pinned)).toEqual(["store", "other"]);
    expect(() => parseConfig(pinned)).toThrow(/hosts\.1\.hostKey.*\n.*hosts\.2\.hostKey/);
    const config = parseConfig(withStandInKeys(pinned, "web"));
    expect(config.hosts.map(({ name }) => name)).toEqual(["web", "store", "other"]);
    expect(member(config.hosts[0], "hostKey")).toBe(KEY);
  });

  it("has a key of its own for each of the others, which is never that of one that has it", () => {
    const keys = [withStandInKeys({ hosts: NEW }, "web")["hosts"]].flat().map((host) => member(host, "hostKey"));
    expect(keys.map((key) => typeof key === "string" && isHostKey(key))).toEqual([false, true, true]);
    expect(new Set(keys).size).toBe(3);
  });

  it("is left as it is where there are no such servers, or no hosts at all", () => {
    for (const raw of [smallest(), {}, { hosts: "none" }, { hosts: [{ kind: "droplet", name: "cloud" }] }]) {
      expect(withStandInKeys(raw, "web")).toEqual(raw);
      expect(unadopted(raw)).toEqual([]);
    }
  });
});
