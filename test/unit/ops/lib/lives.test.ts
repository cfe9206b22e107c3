/** What a deploy refuses before it begins: data that would be left without a word, and hosts under other names. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { requireFormerNames } from "../../../../ops/lib/renamedHosts";
import { leftData } from "../../../../ops/lib/serviceData";
import { changed, smallest } from "../../components/examples";

describe("data that a host holds and the configuration does not use", () => {
  const failed = (seen: string) => [{ unit: "docker", id: "data-declared", status: "fail" as const, seen }];

  it("is what the host's program lists, a line each", () => {
    expect(leftData(failed("the volume phiward-a.b of a ({…})\nthe database of a in db ({…})"))).toHaveLength(2);
    expect(leftData([{ unit: "docker", id: "data-declared", status: "pass" }])).toEqual([]);
  });

  it("is not known of a host whose programs are of an earlier version", () => {
    expect(leftData(failed("phiward: usage: phiward.pyz PROGRAM WORDS…"))).toEqual([]);
  });

  it("has no line that acts on a terminal", () => {
    expect(leftData(failed("the volume \u001b[2J of a"))).toEqual(["the volume \\x1b[2J of a"]);
  });
});

describe("a host that was deployed", () => {
  const state = (hosts: object) => ({ deployment: { resources: [{ type: "pulumi:pulumi:Stack", outputs: { hosts } }] } });
  const named = (name: string) => parseConfig(changed(smallest(), { "hosts.0.name": name }));
  const deployed = state({ web: { address: "203.0.113.10", hostKey: "ssh-ed25519 x" } });

  it("is refused under another name", () => {
    expect(() => {
      requireFormerNames(named("www"), deployed);
    }).toThrow("hosts: found www, allowed: web, the name under which that server was deployed");
  });

  it("is deployed under another name that says which it had", () => {
    const renamed = changed(smallest(), { "hosts.0.name": "www", "hosts.0.formerly": ["web"] });
    requireFormerNames(parseConfig(renamed), deployed);
    const other = changed(smallest(), { "hosts.0.name": "www", "hosts.0.formerly": ["old"] });
    expect(() => {
      requireFormerNames(parseConfig(other), deployed);
    }).toThrow("or `formerly: [web]` beside the new name");
  });

  it.each([
    ["under its own name", "web", deployed],
    ["where nothing is known of it", "www", {}],
    ["where what is known is of another kind", "www", state({ web: null })],
    ["at another address", "www", state({ web: { address: "203.0.113.99" } })],
  ])("is deployed %s", (_, name, exported) => {
    requireFormerNames(named(name), exported);
  });
});
