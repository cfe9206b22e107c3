/** What the engine hands a policy, as plain data that rules read: copied once for all policies, as long as it is the same. */
import { isDeepStrictEqual } from "node:util";
import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import {
  getSpecialProxyTarget,
  unknownArchiveValue,
  unknownArrayValue,
  unknownAssetValue,
  unknownBooleanValue,
  unknownNumberValue,
  unknownObjectValue,
  unknownStringValue,
} from "@pulumi/policy/proxy";
import { asChecked } from "../readers/providerDefaults";
import { type Facts, UNKNOWN } from "../readers/value";
import type { Verdict } from "./judge";
import { markedIn, withoutMarked } from "./marks";
import type { ResourceOptions } from "./rule";

/** A resource as a policy is handed it, alone or with others. */
export type Handed = Pick<ResourceValidationArgs | PolicyResource, "urn" | "type" | "name" | "props"> & {
  readonly opts: Pick<ResourceOptions, "protect" | "ignoreChanges">;
};

/** A resource's arguments, with UNKNOWN where a value is not known yet, and what was found in them. */
export interface Copy {
  readonly plain: unknown;
  /** With what the provider's Check fills in. */
  readonly args: unknown;
  readonly options: unknown;
  readonly facts: Facts;
  /** By id of the rule. */
  readonly verdicts: Map<string, Verdict>;
}

/** The copies of one pack. Policies are asked one after the other, each with a decoded request of its own. */
export class Copies {
  private readonly known = new Map<string, { readonly handed: unknown; readonly copy: Copy }>();
  private readonly secrets = new Set<string>();

  /** `ofEngine`: policies of the stack are handed states, as Pulumi's engine does, and no arguments. */
  constructor(private readonly ofEngine: boolean) {}

  /**
   * The copy for a policy of the stack. The engine's state of a resource is empty before the deploy where its provider cannot be
   * configured yet, as one whose host is a droplet to come: then nothing of it is known.
   */
  ofStack(resource: Handed): Copy {
    const copy = this.of(resource);
    return this.ofEngine && isOfProvider(resource.type) && isEmpty(copy.plain) ? { ...copy, plain: UNKNOWN, args: UNKNOWN } : copy;
  }

  /**
   * Keeps the texts that resources are handed as secrets, each marked by itself: a policy of the stack is handed their states alone, of a
   * component what it gives.
   */
  keepSecrets(resources: readonly Pick<Handed, "props">[]): void {
    for (const { props } of resources) for (const text of markedIn(target(props))) this.secrets.add(text);
  }

  /** Those that were kept, and those of the states of all resources. */
  secretsOf(resources: readonly Pick<Handed, "props">[]): readonly string[] {
    this.keepSecrets(resources);
    return [...this.secrets];
  }

  of({ urn, type, name, props, opts: { protect, ignoreChanges } }: Handed): Copy {
    const options = { protect, ignoreChanges };
    const handed = type === STACK ? withoutMarked(target(props)) : target(props);
    const known = this.known.get(urn);
    if (known !== undefined && isDeepStrictEqual([known.copy.options, known.handed], [options, handed])) return known.copy;
    this.keepSecrets([{ props }]);
    const plain = copied(handed);
    const copy: Copy = { plain, args: asChecked(type, name, plain), options, facts: new Map(), verdicts: new Map() };
    this.known.set(urn, { handed, copy });
    return copy;
  }
}

// Its outputs are in its place: what is marked among them is shown to nobody.
const STACK = "pulumi:pulumi:Stack";

function target(props: Handed["props"]): object {
  const whole: unknown = Reflect.get(props, getSpecialProxyTarget);
  return typeof whole === "object" && whole !== null ? whole : props;
}

/** The verdict of a rule on a copy: asked once. */
export function verdictOnce({ verdicts }: Copy, rule: { readonly id: string }, judge: () => Verdict): Verdict {
  const verdict = verdicts.get(rule.id) ?? judge();
  verdicts.set(rule.id, verdict);
  return verdict;
}

function isOfProvider(type: string): boolean {
  return !type.startsWith("phiward:") && !type.startsWith("pulumi:");
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

// What the engine's proxies throw at.
const UNKNOWN_VALUES: ReadonlySet<unknown> = new Set([
  unknownArchiveValue,
  unknownArrayValue,
  unknownAssetValue,
  unknownBooleanValue,
  unknownNumberValue,
  unknownObjectValue,
  unknownStringValue,
]);

function copied(value: unknown): unknown {
  if (UNKNOWN_VALUES.has(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copied(member)]));
}
