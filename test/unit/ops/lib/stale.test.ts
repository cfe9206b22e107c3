import { describe, expect, it } from "vitest";
import { replacements } from "../../../../ops/lib/stale";

const urn = (name: string): string => `urn:pulumi:prod::phiward::phiward:host:Ssh$command:remote:Command::${name}`;
const state = {
  deployment: {
    resources: [
      { urn: urn("web-ssh-apply") },
      { urn: urn("web-ssh-confirm") },
      { urn: urn("web-ufw-apply") },
      { urn: urn("db-ssh-apply") },
      { urn: urn("web-verify") },
      { urn: "urn:pulumi:prod::phiward::phiward:host:Verify::web-verify" },
    ],
  },
};

describe("what phiward up tells Pulumi to run again", () => {
  it("is the apply and the confirmation of each stale unit, and the verification of its host, but no component", () => {
    expect(replacements([{ host: "web", unit: "ssh", why: "" }], state)).toEqual([
      urn("web-ssh-apply"),
      urn("web-ssh-confirm"),
      urn("web-verify"),
    ]);
  });

  it("is nothing that the state does not have yet: Pulumi makes that anyway", () => {
    expect(replacements([{ host: "web", unit: "fail2ban", why: "" }], state)).toEqual([urn("web-verify")]);
    expect(replacements([{ host: "web", unit: "ssh", why: "" }], { deployment: {} })).toEqual([]);
    expect(replacements([], state)).toEqual([]);
  });

  it("is the verification alone of a host whose containers were repaired", () => {
    expect(replacements([], state, ["web"])).toEqual([urn("web-verify")]);
  });
});
