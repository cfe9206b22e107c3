/** What a rule is: one fact that a component's arguments must show before anything is deployed. */
import type { AtLeastOne } from "../../components/compliance/control";
import { type ControlId, citationsOfAll } from "../../components/compliance/controls";
import { citationText } from "../../components/compliance/law";
import type { Value } from "../readers/value";
import type { Configured, Thresholds } from "./thresholds";

/** What is said of a rule: data for the policy pack, the gate and the documents generated from them. */
export interface RuleFacts {
  /** The fact asserted, and the name of the rule's file, e.g. `ssh-no-passwords`. */
  readonly id: string;
  /** The fact, as a sentence. */
  readonly description: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  /** `mandatory` stops the deploy; `advisory` is only reported. */
  readonly enforcementLevel: "advisory" | "mandatory";
  /** Controls that it stands for. What the rule supports follows from them; Pulumi shows the first place of the first one. */
  readonly controls: AtLeastOne<ControlId>;
  /** What to do about a violation, as a clause that begins with a verb. */
  readonly remedy: string;
  /** Why no waiver may accept a violation of it, as a clause; left out of rules that may be waived. */
  readonly notWaivable?: string;
  /** Numbers that a stack may make stricter. */
  readonly thresholds?: Thresholds;
}

/** What the stack has set of a rule's thresholds. */
export interface ConfiguredRule {
  readonly configured?: Configured;
}

/** One thing that is not as it must be. Nothing in it may repeat a value that could be a secret. */
export interface Finding {
  /** Path of the value in the component's arguments. */
  readonly at: string;
  readonly found: string;
  readonly allowed: string;
  /** Set where the rule itself failed: nobody knows what is there, and nobody can accept it. */
  readonly kind?: "rule-failed";
  /** What it is about of the rule's controls, where those are of several kinds. Default: all of them. */
  readonly controls?: AtLeastOne<ControlId>;
  /** What to do about this one, where the rule's remedy is for others. */
  readonly remedy?: string;
}

/** What policies are told of a resource beside its arguments. */
export interface ResourceOptions extends ConfiguredRule {
  readonly protect?: boolean;
  /** Paths of arguments that a deploy leaves as they are. */
  readonly ignoreChanges?: readonly string[];
  /** Its type token. */
  readonly type?: string;
}

/** A rule: pure, over plain data, and without Pulumi, so that it runs inside the engine and outside of it alike. */
export interface Rule extends RuleFacts {
  /** Type tokens of the components it judges; a token may end in `*`. */
  readonly appliesTo: readonly string[];
  /** Set where a rule about hosts compares what a component of ours makes with what it declares, and this one would ask for more. */
  readonly childrenOnHosts?: true;
  /** Reads the component's arguments and reports every fault in them. Options are empty where nobody knows them. */
  readonly judge: (unit: Value, report: (finding: Finding) => void, options: ResourceOptions) => void;
}

/** The units of one host, as a rule that compares them looks at them. */
export interface HostUnits {
  /** Arguments of the host's components of this type; a component whose host is not known counts as each host's. */
  readonly of: (type: string) => readonly Value[];
}

/** A rule about what the units of a host are to each other. Pure as well. */
export interface HostRule extends RuleFacts {
  /** What is said of a stack without hosts; nothing if that is another rule's. */
  readonly withoutHosts?: Finding;
  /** Compares the units and reports every fault. */
  readonly judge: (host: HostUnits, report: (finding: Finding) => void, set: ConfiguredRule) => void;
}

/** A resource of the stack, as a rule that compares resources looks at it. */
export interface StackResource {
  readonly type: string;
  readonly urn: string;
  /** Its arguments, and what the provider has added where that is known; paths begin with the resource's name. */
  readonly args: Value;
  /** URNs of the resources whose outputs a property was set from; they are known before the values are. */
  readonly references: (property: string) => readonly string[];
}

/** All resources of a stack. */
export interface StackResources {
  readonly all: readonly StackResource[];
  /** Those of a type. */
  readonly of: (type: string) => readonly StackResource[];
  /** Whether a text holds what any resource has as a secret. */
  readonly holdsSecret: (text: string) => boolean;
}

/** A rule about what resources of a stack are to each other, whoever declares them. Pure as well. */
export interface StackRule extends RuleFacts {
  /** Type tokens of the resources that must satisfy it; a token may end in `*`. */
  readonly appliesTo: readonly string[];
  /** Compares the resources and reports every fault. */
  readonly judge: (stack: StackResources, report: (finding: Finding) => void, set: ConfiguredRule) => void;
}

/** Whether a rule judges components of this type. */
export function appliesTo(rule: Pick<Rule, "appliesTo">, type: string): boolean {
  return rule.appliesTo.some((token) => (token.endsWith("*") ? type.startsWith(token.slice(0, -1)) : type === token));
}

/** What a rule supports, or what one of its findings is about, e.g. `supports 164.312(d), GDPR 5(1)(f)`. */
export function support({ controls }: Pick<RuleFacts, "controls">): string {
  return `supports ${citationsOfAll(controls).map(citationText).join(", ")}`;
}

/** What to do about a finding, as a clause that begins with a verb. */
export function remedyOf(rule: RuleFacts, { remedy }: Pick<Finding, "remedy">): string {
  return remedy ?? rule.remedy;
}

/** A finding as a sentence: where, what was found, what is allowed, what to do, and what it is for. */
export function sentence(rule: RuleFacts, finding: Finding): string {
  const { at, found, allowed, controls = rule.controls } = finding;
  return `${at}: found ${found}, allowed: ${allowed}; ${remedyOf(rule, finding)} (${support({ controls })})`;
}
