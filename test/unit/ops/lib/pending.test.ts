import { describe, expect, it } from "vitest";
import { pendingCommands, requireNothingLeftInCloud } from "../../../../ops/lib/pending";

const command = {
  urn: "urn:pulumi:prod::phiward::phiward:host:Ssh$command:remote:Command::web-ssh-apply",
  type: "command:remote:Command",
};
const droplet = {
  urn: "urn:pulumi:prod::phiward::phiward:digitalocean:Droplet$digitalocean:index/droplet:Droplet::web-droplet",
  type: "digitalocean:index/droplet:Droplet",
};
const exported = (...pending: readonly unknown[]): unknown => ({ deployment: { pending_operations: pending } });

describe("what a deploy that was ended was creating", () => {
  it("is settled where it was a command, which leaves nothing that its host does not know", () => {
    expect(pendingCommands(exported({ type: "creating", resource: command }, { type: "creating", resource: droplet }))).toEqual([
      command.urn,
    ]);
  });

  it("is nothing where there is no record, or one of another operation, which Pulumi drops by itself", () => {
    for (const state of [{}, { deployment: {} }, exported(), exported({ type: "updating", resource: command })])
      expect(pendingCommands(state)).toEqual([]);
  });

  it("stops the next deploy where it was the cloud's, with what to do", () => {
    expect(() => {
      requireNothingLeftInCloud(exported({ type: "creating", resource: command }, { type: "creating", resource: droplet }), "prod");
    }).toThrow(/^urn:.*::web-droplet: found that .*\n.* pulumi refresh --clear-pending-creates --stack prod, and npx phiward up again$/);
    requireNothingLeftInCloud(exported({ type: "creating", resource: command }, { type: "deleting", resource: droplet }), "prod");
  });
});
