/** Turns rules into what Pulumi's policy engine runs. */
import {
  type PolicyComplianceFramework,
  type PolicyConfigSchema,
  type ReportViolation,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationArgs,
  type StackValidationPolicy,
} from "@pulumi/policy";
import { citationsOfAll } from "../../components/compliance/controls";
import type { Citation } from "../../components/compliance/law";
import { Copies, type Copy, verdictOnce } from "./copies";
import {
  type HostComponent,
  type Judgement,
  judge,
  judgeEachHost,
  judgeEachResource,
  judgeHosts,
  judgeResources,
  type RegisteredResource,
  type Secrets,
  type Verdict,
  withHost,
} from "./judge";
import { hasHosts, placed } from "./placed";
import { ACCEPT_NOTHING, type Accept, reportEach } from "./reporting";
import { appliesTo, type HostRule, type ResourceOptions, type Rule, type RuleFacts, type StackRule, support } from "./rule";
import { type Configured, configSchemaOf } from "./thresholds";

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
export function toPolicies(
  { rules, hostRules, stackRules }: Rules,
  accept: Accept = ACCEPT_NOTHING,
): (ResourceValidationPolicy | StackValidationPolicy)[] {
  const copies = new Copies(true);
  return [
    ...rules.map((rule) => resourcePolicy(rule, copies, accept)),
    ...hostRules.map((rule) => hostPolicy(rule, copies, accept)),
    ...stackRules.map((rule) => stackPolicy(rule, copies, accept)),
    unknownPolicy(rules, copies),
    unknownHostPolicy(hostRules, copies),
    ...(stackRules.length === 0 ? [] : [unknownStackPolicy(stackRules, copies)]),
  ];
}

/** What the gate knows of a stack, and the engine tells a policy by itself. */
export interface Asked {
  /** Texts that resources have as secrets. */
  readonly secrets?: Secrets;
  /** What is set of the thresholds of rules, by id of the rule. */
  readonly configured?: Readonly<Record<string, Configured>>;
}

/**
 * All rules as one policy for resources and one for the stack, whose judgements are handed on whole: with what passed, and what is
 * unknown. The SDK decodes each resource once for each policy.
 */
export function observedPolicies(
  { rules, hostRules, stackRules }: Rules,
  observe: Observe,
  { secrets = () => [], configured = {} }: Asked = {},
): readonly [ResourceValidationPolicy, StackValidationPolicy] {
  const copies = new Copies(false);
  const all = { description: "Every rule.", enforcementLevel: "advisory" } as const;
  return [
    {
      ...all,
      name: "all-rules",
      validateResource(args) {
        for (const rule of rules)
          if (notAsked(rule, args) === undefined)
            observe({ rule: rule.id, urn: args.urn, ...ofResource(rule, copies.of(args), args, configured[rule.id]) });
      },
    },
    {
      ...all,
      name: "all-rules-of-the-stack",
      validateStack(args) {
        const units = hostComponents(args, copies);
        for (const rule of hostRules)
          for (const verdict of judgeEachHost(rule, units, { expected: hasHosts(args.resources), configured: configured[rule.id] ?? {} }))
            observe({ rule: rule.id, ...verdict });
        const resources = registered(args, copies);
        for (const rule of stackRules)
          for (const { resource, ...verdict } of judgeEachResource(rule, resources, secrets, { configured: configured[rule.id] ?? {} }))
            observe({ rule: rule.id, ...(resource === undefined ? {} : { urn: resource.urn }), ...verdict });
      },
    },
  ];
}

function resourcePolicy(rule: Rule, copies: Copies, accept: Accept): ResourceValidationPolicy {
  return {
    ...facts(rule),
    validateResource: onlyOf(rule, (args: ResourceValidationArgs, reportViolation: ReportViolation) => {
      const reason = notAsked(rule, args);
      if (reason !== undefined) leave(args, reason);
      const configured = configuredOf(rule, args);
      const { violations, unknown } = ofResource(rule, copies.of(args), args, configured);
      reportEach(reportViolation, rule, violations, accept(rule, { where: args.name, type: args.type }, violations, args.urn));
      // Neither passed nor failed; the companion policy reports it.
      if (violations.length === 0 && unknown.length > 0) leave(args, `not known before the deploy: ${unknown.join(", ")}`);
    }),
  };
}

// The SDK throws an error for this, ten thousand times in a preview: it needs no stack.
function leave(args: Pick<ResourceValidationArgs, "notApplicable">, reason: string): void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    args.notApplicable(reason);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Why a rule does not judge a resource, if so. */
function notAsked(rule: Rule, { type, urn }: ResourceValidationArgs): string | undefined {
  if (!appliesTo(rule, type)) return `judges ${rule.appliesTo.join(", ")}`;
  if (rule.enforcementLevel === "advisory" && belongsToOurs(urn, rule)) return "its component was judged";
  return rule.childrenOnHosts === true && belongsToOurs(urn, rule) ? "it is compared with its component" : undefined;
}

function ofResource(rule: Rule, copy: Copy, args: ResourceValidationArgs, configured: Configured = {}): Verdict {
  return verdictOnce(copy, rule, () => judge(rule, copy.args, copy.facts, { ...optionsOf(args), configured }));
}

function optionsOf({ type, opts: { protect, ignoreChanges } }: ResourceValidationArgs): ResourceOptions {
  return { type, protect, ignoreChanges };
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
function unknownPolicy(rules: readonly Rule[], copies: Copies): ResourceValidationPolicy {
  return {
    name: UNKNOWN_VALUES,
    description: "What is unknown until the deploy is evaluated when it is known, and reported until then.",
    enforcementLevel: "advisory",
    severity: "medium",
    validateResource(args, reportViolation) {
      // The one policy that is handed each resource: also of one that nothing judges, what is a secret is known.
      copies.keepSecrets([args]);
      const judging = rules.filter((rule) => appliesTo(rule, args.type));
      if (judging.length === 0) leave(args, "no rule judges it");
      const copy = copies.of(args);
      for (const rule of judging) for (const path of ofResource(rule, copy, args).unknown) reportViolation(notJudged(path, rule));
    },
  };
}

function hostPolicy(rule: HostRule, copies: Copies, accept: Accept): StackValidationPolicy {
  return {
    ...facts(rule),
    validateStack(args, reportViolation) {
      const terms = { expected: hasHosts(args.resources), configured: configuredOf(rule, args) };
      for (const verdict of judgeEachHost(rule, hostComponents(args, copies), terms)) {
        const accepted = accept(rule, { where: verdict.host ?? "stack" }, verdict.violations, args.resources[0]?.urn);
        reportEach(reportViolation, rule, withHost(verdict).violations, accepted);
      }
    },
  };
}

function unknownHostPolicy(rules: readonly HostRule[], copies: Copies): StackValidationPolicy {
  return {
    name: UNKNOWN_VALUES_OF_HOSTS,
    description: "What is unknown until the deploy is compared when it is known, and reported until then.",
    enforcementLevel: "advisory",
    severity: "medium",
    validateStack(args, reportViolation) {
      const units = hostComponents(args, copies);
      for (const rule of rules) for (const path of judgeHosts(rule, units).unknown) reportViolation(notJudged(path, rule));
    },
  };
}

function stackPolicy(rule: StackRule, copies: Copies, accept: Accept): StackValidationPolicy {
  return {
    ...facts(rule),
    validateStack: onlyOf(rule, (args: StackValidationArgs, reportViolation: ReportViolation) => {
      const secrets: Secrets = () => copies.secretsOf(args.resources);
      const set = { configured: configuredOf(rule, args) };
      for (const { resource, violations } of judgeEachResource(rule, registered(args, copies), secrets, set)) {
        const subject = resource === undefined ? { where: "stack" } : { where: resource.name, type: resource.type };
        reportEach(reportViolation, rule, violations, accept(rule, subject, violations, args.resources[0]?.urn), resource?.urn);
      }
    }),
  };
}

function unknownStackPolicy(rules: readonly StackRule[], copies: Copies): StackValidationPolicy {
  return {
    name: UNKNOWN_VALUES_OF_THE_STACK,
    description: "What is unknown until the deploy is compared in the stack when it is known, and reported until then.",
    enforcementLevel: "advisory",
    severity: "medium",
    validateStack(args, reportViolation) {
      const resources = registered(args, copies);
      for (const rule of rules) for (const path of judgeResources(rule, resources).unknown) reportViolation(notJudged(path, rule));
    },
  };
}

function registered({ resources }: StackValidationArgs, copies: Copies): readonly RegisteredResource[] {
  return resources.map((resource) => ({
    type: resource.type,
    name: resource.name,
    urn: resource.urn,
    // A rule reads a few of them: the others are not even copied.
    get args() {
      return copies.ofStack(resource).plain;
    },
    references: Object.fromEntries(
      Object.entries(resource.propertyDependencies).map(([property, others]) => [property, others.map((one) => one.urn)]),
    ),
  }));
}

function hostComponents({ resources }: StackValidationArgs, copies: Copies): readonly HostComponent[] {
  return placed(
    resources.map((resource) => ({
      urn: resource.urn,
      type: resource.type,
      name: resource.name,
      args: copies.ofStack(resource).args,
      parent: resource.opts.parent,
      provider: resource.provider?.urn,
    })),
  );
}

function notJudged(path: string, rule: RuleFacts): string {
  return `${path}: not known before the deploy, so ${rule.id} has not judged it; it will when the deploy comes to it, and stop the deploy there if it must (${support(rule)})`;
}

function configuredOf({ thresholds }: RuleFacts, args: Pick<StackValidationArgs, "getConfig">): Configured {
  return thresholds === undefined ? {} : args.getConfig<Configured>();
}

function facts(rule: RuleFacts): {
  name: string;
  description: string;
  enforcementLevel: "advisory" | "mandatory";
  severity: RuleFacts["severity"];
  framework: PolicyComplianceFramework;
  remediationSteps: string;
  url: string;
  configSchema?: PolicyConfigSchema;
} {
  const { id, description, enforcementLevel, severity, controls, remedy, thresholds } = rule;
  return {
    ...(thresholds === undefined ? {} : { configSchema: configSchemaOf(thresholds) }),
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
