/** The policy pack: started by the engine, and imported by nothing. */
import { PolicyPack } from "@pulumi/policy";
import { RULES } from "./all";
import { PACK, toPolicies } from "./engine/toPolicies";

new PolicyPack(PACK, { enforcementLevel: "mandatory", policies: toPolicies(RULES) });
