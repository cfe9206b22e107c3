/** The policy pack: started by the engine, and imported by nothing. */
import { PolicyPack } from "@pulumi/policy";
import { HOST_RULES, RULES, STACK_RULES } from "./all";
import { PACK, toPolicies } from "./engine/toPolicies";

new PolicyPack(PACK, {
  enforcementLevel: "mandatory",
  policies: toPolicies({ rules: RULES, hostRules: HOST_RULES, stackRules: STACK_RULES }),
});
