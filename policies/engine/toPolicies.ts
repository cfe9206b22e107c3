/** Turns rules into what Pulumi's policy engine runs. */
import {
  type PolicyComplianceFramework,
  type ReportViolation,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationArgs,
  type StackValidationPolicy,
  UnknownValueError,
} from "@pulumi/policy";
import { citationsOfAll } from "../../components/compliance/controls";
import type { Citation } from "../../components/compliance/law";
import { asChecked } from "../readers/providerDefaults";
import { type Facts, UNKNOWN } from "../readers/value";
import {
  type HostComponent,
  type Judgement,
  judge,
  judgeEachHost,
  judgeResources,
  type RegisteredResource,
  resourceAt,
  withHost,
} from "./judge";
import { hasHosts, placed } from "./placed";
import { ACCEPT_NOTHING, type Accept, reportEach } from "./reporting";
import { appliesTo, type HostRule, type ResourceOptions, type Rule, type RuleFacts, type StackRule, support } from "./rule";

/** Name of the policy pack. */
export const PACK = "phiward";

/** The companion policies that tell what the rules had to leave unjudged: of one component, of a host, and of the stack. */
const UNKNOWN_VALUES = "unknown-values";
const UNKNOWN_VALUES_OF_HOSTS = "unknown-values-of-hosts";
const UNKNOWN_VALUES_OF_THE_STACK = "unknown-values-of-the-stack";

/** Rules of each kind. */
export interface Rules {
  readonly rules: readonly Rule[];
  readonly hostRules: readonly HostRule[];
  readonly stackRules: readonly StackRule[];
}

/** What is handed each judgement as it is made. */
export type Observe = (judgement: Judgement) => void;

/** The policies of the pack: one a rule, and three that tell what is unknown. What is accepted is only advisory. */
export function toPolicies({ rules, hostRules, stackRules }: Rules, accept?: Accept): (ResourceValidationPolicy | StackValidationPolicy)[] {
  return [
    ...observedPolicies({ rules, hostRules, stackRules }, () => undefined, accept),
    unknownPolicy(rules),
    unknownHostPolicy(hostRules),
    ...(stackRules.length === 0 ? [] : [unknownStackPolicy(stackRules)]),
  ];
}

/** One policy a rule, whose judgements are handed on whole: with what passed, and what is unknown. */
export function observedPolicies(
  { rules, hostRules, stackRules }: Rules,
  observe: Observe,
  accept: Accept = ACCEPT_NOTHING,
): (ResourceValidationPolicy | StackValidationPolicy)[] {
  return [
    ...rules.map((rule) => resourcePolicy(rule, observe, accept)),
    ...hostRules.map((rule) => hostPolicy(rule, observe, accept)),
    ...stackRules.map((rule) => stackPolicy(rule, observe, accept)),
  ];
}

function resourcePolicy(rule: Rule, observe: Observe, accept: Accept): ResourceValidationPolicy {
  return {
    ...facts(rule),
    validateResource: onlyOf(rule, (args: ResourceValidationArgs, reportViolation: ReportViolation) => {
      if (!appliesTo(rule, args.type)) args.notApplicable(`judges ${rule.appliesTo.join(", ")}`);
      if (rule.enforcementLevel === "advisory" && belongsToOurs(args.urn, rule)) args.notApplicable("its component was judged");
      if (rule.childrenOnHosts === true && belongsToOurs(args.urn, rule)) args.notApplicable("it is compared with its component");
      const { violations, unknown } = judge(rule, asChecked(args.type, args.name, plain(args.props)), undefined, optionsOf(args));
      observe({ rule: rule.id, urn: args.urn, violations, unknown });
      const accepted = accept(rule, { where: args.name, type: args.type }, violations, args.urn);
      reportEach(reportViolation, rule, violations, accepted);
      // Neither passed nor failed; the companion policy reports it.
      if (violations.length === 0 && unknown.length > 0) args.notApplicable(`not known before the deploy: ${unknown.join(", ")}`);
    }),
  };
}

function optionsOf({ type, opts: { protect } }: ResourceValidationArgs): ResourceOptions {
  return { type, protect };
}

/** Marks what judges a single type, as Pulumi's own helpers do: for all others the engine does not even read the arguments. */
function onlyOf<Validate extends object>({ appliesTo: [type, ...others] }: Pick<Rule, "appliesTo">, validate: Validate): Validate {
  if (type === undefined || others.length > 0 || type.endsWith("*")) return validate;
  return Object.assign(validate, { __pulumiType: type });
}

// What stops nothing is said once: of the component, whose arguments have all that it makes, and not of each of its children again.
function belongsToOurs(urn: string, rule: Rule): boolean {
  const parents = (urn.split("::")[2] ?? "").split("$").slice(0, -1);
  return parents.some((type) => type.startsWith("phiward:") && appliesTo(rule, type));
}

// A report has the level of its policy, so what is only advisory needs a separate policy; a careful pipeline can make this
// one mandatory by --policy-pack-config.
function unknownPolicy(rules: readonly Rule[]): ResourceValidationPolicy {
  return {
    name: UNKNOWN_VALUES,
    description: "What is unknown until the deploy is evaluated when it is known, and reported until then.",
    enforcementLevel: "advisory",
    severity: "medium",
    validateResource(args, reportViolation) {
      const judging = rules.filter((rule) => appliesTo(rule, args.type));
      if (judging.length === 0) args.notApplicable("no rule judges it");
      const props = asChecked(args.type, args.name, plain(args.props));
      const facts: Facts = new Map();
      for (const rule of judging)
        for (const path of judge(rule, props, facts, optionsOf(args)).unknown) reportViolation(notJudged(path, rule));
    },
  };
}

function hostPolicy(rule: HostRule, observe: Observe, accept: Accept): StackValidationPolicy {
  return {
    ...facts(rule),
    validateStack(args, reportViolation) {
      for (const verdict of judgeEachHost(rule, hostComponents(args), hasHosts(args.resources))) {
        observe({ rule: rule.id, ...verdict });
        const accepted = accept(rule, { where: verdict.host ?? "stack" }, verdict.violations, args.resources[0]?.urn);
        reportEach(reportViolation, rule, withHost(verdict).violations, accepted);
      }
    },
  };
}

function unknownHostPolicy(rules: readonly HostRule[]): StackValidationPolicy {
  return {
    name: UNKNOWN_VALUES_OF_HOSTS,
    description: "What is unknown until the deploy is compared when it is known, and reported until then.",
    enforcementLevel: "advisory",
    severity: "medium",
    validateStack(args, reportViolation) {
      const units = hostComponents(args);
      for (const rule of rules)
        for (const path of judgeEachHost(rule, units).flatMap((verdict) => withHost(verdict).unknown))
          reportViolation(notJudged(path, rule));
    },
  };
}

function stackPolicy(rule: StackRule, observe: Observe, accept: Accept): StackValidationPolicy {
  return {
    ...facts(rule),
    validateStack: onlyOf(rule, (args: StackValidationArgs, reportViolation: ReportViolation) => {
      const verdict = judgeResources(rule, registered(args));
      observe({ rule: rule.id, ...verdict });
      const byName = new Map(args.resources.map((resource) => [resource.name, resource]));
      const byResource = Map.groupBy(verdict.violations, ({ at }) => byName.get(resourceAt(at, byName.keys()) ?? ""));
      for (const [resource, findings] of byResource) {
        const subject = resource === undefined ? { where: "stack" } : { where: resource.name, type: resource.type };
        reportEach(reportViolation, rule, findings, accept(rule, subject, findings, args.resources[0]?.urn), resource?.urn);
      }
    }),
  };
}

function unknownStackPolicy(rules: readonly StackRule[]): StackValidationPolicy {
  return {
    name: UNKNOWN_VALUES_OF_THE_STACK,
    description: "What is unknown until the deploy is compared in the stack when it is known, and reported until then.",
    enforcementLevel: "advisory",
    severity: "medium",
    validateStack(args, reportViolation) {
      const resources = registered(args);
      for (const rule of rules) for (const path of judgeResources(rule, resources).unknown) reportViolation(notJudged(path, rule));
    },
  };
}

function registered({ resources }: StackValidationArgs): readonly RegisteredResource[] {
  return resources.map(({ type, name, urn, props, propertyDependencies }) => ({
    type,
    name,
    urn,
    get args() {
      const args = plain(props);
      Object.defineProperty(this, "args", { value: args });
      return args;
    },
    references: Object.fromEntries(
      Object.entries(propertyDependencies).map(([property, others]) => [property, others.map((one) => one.urn)]),
    ),
  }));
}

function hostComponents({ resources }: StackValidationArgs): readonly HostComponent[] {
  return placed(
    resources.map(({ urn, type, name, props, opts, provider }) => ({
      urn,
      type,
      name,
      args: asChecked(type, name, plain(props)),
      parent: opts.parent,
      provider: provider?.urn,
    })),
  );
}

function notJudged(path: string, rule: RuleFacts): string {
  return `${path}: not known before the deploy, so ${rule.id} has not judged it; it will when the deploy comes to it, and stop the deploy there if it must (${support(rule)})`;
}

function facts(rule: RuleFacts): {
  name: string;
  description: string;
  enforcementLevel: "advisory" | "mandatory";
  severity: RuleFacts["severity"];
  framework: PolicyComplianceFramework;
  remediationSteps: string;
  url: string;
} {
  const { id, description, enforcementLevel, severity, controls, remedy } = rule;
  return {
    name: id,
    description,
    enforcementLevel,
    severity,
    framework: framework(citationsOfAll(controls)[0]),
    remediationSteps: remedy,
    url: pageOf(id),
  };
}

/** The page of a rule, from the directory of the project: where its repository is published, the pack does not know. */
function pageOf(id: string): string {
  return `docs/rules/${id}.md`;
}

function framework({ framework, reference, strength }: Citation): PolicyComplianceFramework {
  const text = { HIPAA: ["HIPAA Security Rule", "45 CFR Part 164, 2013"], GDPR: ["GDPR", "Regulation (EU) 2016/679"] } as const;
  const [name, version] = text[framework];
  return { name, version, reference, specification: strength ?? "direct" };
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
