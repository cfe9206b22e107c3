import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { Host } from "../../../../components/pulumi/host";
import { namesInState, presentName, replaceTarget } from "../../../../ops/lib/tree";
import { changed, complete } from "../../components/examples";

const CONFIG = parseConfig(complete());
const RENAMED = parseConfig(changed(complete(), { "hosts.0.name": "www", "hosts.0.formerly": ["web", "old"] }));
const below = (parents: string, host = "web"): string =>
  `urn:pulumi:prod::phiward::${parents}phiward:host:Ssh$command:remote:Command::${host}-ssh-apply`;

describe("what Pulumi is told to replace", () => {
  it("is a resource below its host by its URN", () => {
    const urn = below(`${Host.__pulumiType}$`);
    expect(replaceTarget(CONFIG, urn)).toBe(urn);
  });

  // Pulumi refuses a URN that is not in the state yet, and passes over one that the program does not register any more.
  it("is one that an earlier version had at the root by a pattern, which its new URN matches", () => {
    expect(replaceTarget(CONFIG, below(""))).toBe(below("**"));
  });

  it("is one of a renamed host by a pattern with its present name", () => {
    expect(replaceTarget(RENAMED, below(`${Host.__pulumiType}$`))).toBe(below(`**${Host.__pulumiType}$`, "www"));
    expect(replaceTarget(RENAMED, below("", "old"))).toBe(below("**", "www"));
  });

  it("stays as it is where it is no URN", () => {
    expect(replaceTarget(CONFIG, "web-ssh-apply")).toBe("web-ssh-apply");
  });
});

describe("the name of a resource in a state", () => {
  it("is known by each name that its host had", () => {
    expect(["web-ssh-apply", "old-ssh-apply", "www-ssh-apply", "store-ssh-apply"].map((name) => presentName(RENAMED, name))).toEqual([
      "www-ssh-apply",
      "www-ssh-apply",
      "www-ssh-apply",
      "store-ssh-apply",
    ]);
    expect(namesInState(RENAMED, "www")).toEqual(["www", "web", "old"]);
    expect(namesInState(RENAMED, "gone")).toEqual(["gone"]);
  });

  it("is not taken for that of a host whose name begins with it", () => {
    const { hosts } = RENAMED;
    const beside = { hosts: hosts.map((host, index) => (index === 0 ? host : { ...host, name: "web-2" })) };
    expect(presentName(beside, "web-2-ssh-apply")).toBe("web-2-ssh-apply");
    expect(presentName(beside, "web-ssh-apply")).toBe("www-ssh-apply");
  });
});
