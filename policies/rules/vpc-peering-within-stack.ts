import type { StackRule } from "../engine/rule";
import { cloudType } from "../readers/cloud";

/** A peering opens each of two private networks to the other, whoever looks after that one. */
export const vpcPeeringWithinStack: StackRule = {
  id: "vpc-peering-within-stack",
  description: "Private networks are peered with others of the same stack only.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["NET-18"],
  remedy: "declare both VPCs in the stack and give their ids, or reach the other network through a public address with TLS",
  appliesTo: [cloudType("VpcPeering")],
  judge(stack, report) {
    const networks = stack.of(cloudType("Vpc"));
    const urns = new Set(networks.map(({ urn }) => urn));
    // Ids are only asked for where a peering was given one as a text.
    const foreign = stack.of(cloudType("VpcPeering")).filter((one) => one.references("vpcIds").filter((urn) => urns.has(urn)).length < 2);
    if (foreign.length === 0) return;
    const own = networks.map(({ args }) => (args.has("id") ? args.at("id").id() : ""));
    const known = new Set(own);
    for (const { args } of foreign) {
      const ids = args
        .at("vpcIds")
        .items()
        ?.map((id) => id.id());
      if (ids === undefined || ids.includes(undefined) || known.has(undefined)) continue;
      if (ids.some((id) => !known.has(id)))
        report({ at: args.path, found: "a network that the stack does not declare", allowed: "two VPCs of the stack" });
    }
  },
};
