import { describe, expect, it } from "vitest";
import { Host } from "../../../../components/pulumi/host";
import { replaceTarget } from "../../../../ops/lib/tree";

const below = (parents: string): string => `urn:pulumi:prod::phiward::${parents}phiward:host:Ssh$command:remote:Command::web-ssh-apply`;

describe("what Pulumi is told to replace", () => {
  it("is a resource below its host by its URN", () => {
    const urn = below(`${Host.__pulumiType}$`);
    expect(replaceTarget(urn)).toBe(urn);
  });

  // Pulumi refuses a URN that is not in the state yet, and passes over one that the program does not register any more.
  it("is one that an earlier version had at the root by a pattern, which its new URN matches", () => {
    expect(replaceTarget(below(""))).toBe(below("**"));
  });

  it("stays as it is where it is no URN", () => {
    expect(replaceTarget("web-ssh-apply")).toBe("web-ssh-apply");
  });
});
