/** The policy pack: started by the engine, and imported by nothing. */
import { PolicyPack } from "@pulumi/policy";
import { ALL_RULES, HOST_RULES, RULES, STACK_RULES } from "./all";
import { PACK, toPolicies } from "./engine/toPolicies";
import { waiversOfUrn } from "./waivers/ofUrn";
import { packWaivers } from "./waivers/pack";
import { faultOfRule } from "./waivers/rules";
import { utcDay } from "./waivers/schema";

// The engine starts the pack in its own directory.
const surroundings = { pack: process.cwd(), environment: process.env };
const { accept, policy } = packWaivers((urn) =>
  waiversOfUrn(urn, surroundings, { today: utcDay(new Date()), faultOfRule: faultOfRule({ rules: ALL_RULES }) }),
);

new PolicyPack(PACK, {
  enforcementLevel: "mandatory",
  policies: [...toPolicies({ rules: RULES, hostRules: HOST_RULES, stackRules: STACK_RULES }, accept), policy],
});
