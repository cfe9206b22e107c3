/** Turns rules into what Pulumi's policy engine runs. */
import {
  type PolicyComplianceFramework,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
  UnknownValueError,
} from "@pulumi/policy";
import { EVERY_UNIT, missingUnits } from "./everyUnit";
import { judge } from "./judge";
import { appliesTo, type Citation, type Rule, type RuleFacts, sentence, support } from "./rule";
import { UNKNOWN } from "./value";

/** Name of the policy pack. */
export const PACK = "phiward";

/** The companion policy that tells what the rules had to leave unjudged. */
const UNKNOWN_VALUES = "unknown-values";

/** The policies of the pack: one a rule, one that tells what is unknown, and one that misses units. */
export function toPolicies(rules: readonly Rule[]): (ResourceValidationPolicy | StackValidationPolicy)[] {
  return [...rules.map(resourcePolicy), unknownPolicy(rules), stackPolicy(rules)];
}

function resourcePolicy(rule: Rule): ResourceValidationPolicy {
  return {
    ...facts(rule),
    validateResource(args, reportViolation) {
      if (!appliesTo(rule, args.type)) args.notApplicable(`judges ${rule.appliesTo.join(", ")}`);
      const { violations, unknown } = judge(rule, plain(args.props));
      for (const violation of violations) reportViolation(sentence(rule, violation));
      // Neither passed nor failed; the companion policy tells the user.
      if (violations.length === 0 && unknown.length > 0) args.notApplicable(`not known before the deploy: ${unknown.join(", ")}`);
    },
  };
}

// A report has the level of its policy, so what is only advisory needs a policy of its own; a careful pipeline can make this
// one mandatory by --policy-pack-config.
function unknownPolicy(rules: readonly Rule[]): ResourceValidationPolicy {
  return {
    name: UNKNOWN_VALUES,
    description: "What is not known before the deploy is judged when it is known, and told until then.",
    enforcementLevel: "advisory",
    severity: "medium",
    validateResource(args, reportViolation) {
      const judging = rules.filter((rule) => appliesTo(rule, args.type));
      if (judging.length === 0) args.notApplicable("no rule judges it");
      const props = plain(args.props);
      for (const rule of judging)
        for (const path of judge(rule, props).unknown)
          reportViolation(
            `${path}: not known before the deploy, so ${rule.id} has not judged it; it will when the deploy comes to it, and stop the deploy there if it must (${support(rule)})`,
          );
    },
  };
}

function stackPolicy(rules: readonly Rule[]): StackValidationPolicy {
  return {
    ...facts(EVERY_UNIT),
    validateStack(args, reportViolation) {
      const units = args.resources.map(({ type, props }) => ({ type, host: hostName(plain(props)) }));
      for (const finding of missingUnits(rules, units)) reportViolation(sentence(EVERY_UNIT, finding));
    },
  };
}

function facts(rule: RuleFacts): {
  name: string;
  description: string;
  enforcementLevel: "advisory" | "mandatory";
  severity: RuleFacts["severity"];
  framework: PolicyComplianceFramework;
  remediationSteps: string;
} {
  const { id, description, enforcementLevel, severity, citations, remedy } = rule;
  return { name: id, description, enforcementLevel, severity, framework: framework(citations[0]), remediationSteps: remedy };
}

function framework({ framework, reference, strength }: Citation): PolicyComplianceFramework {
  const text = { HIPAA: ["HIPAA Security Rule", "45 CFR Part 164, 2013"], GDPR: ["GDPR", "Regulation (EU) 2016/679"] } as const;
  const [name, version] = text[framework];
  return { name, version, reference, specification: strength ?? "direct" };
}

function hostName(props: unknown): string | undefined {
  const connection: unknown = typeof props === "object" && props !== null && "connection" in props ? props.connection : undefined;
  const name: unknown = typeof connection === "object" && connection !== null && "name" in connection ? connection.name : undefined;
  return typeof name === "string" ? name : undefined;
}

/** Copies what the engine hands a policy, which throws where a value is unknown, into plain data with UNKNOWN there. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => plainAt(value, String(index)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).map((key) => [key, plainAt(value, key)]));
}

function plainAt(holder: object, key: string): unknown {
  let value: unknown;
  try {
    value = Reflect.get(holder, key);
  } catch (error) {
    if (error instanceof UnknownValueError) return UNKNOWN;
    throw error;
  }
  return plain(value);
}
