/** Keeping in Pulumi's state as a secret what was computed from a secret of the configuration. */

import * as pulumi from "@pulumi/pulumi";
import * as runtime from "@pulumi/pulumi/runtime";
import { NAMESPACE } from "../config/keys";
import type { Sections } from "../config/readSections";
import { stackSchema } from "../config/schema";

// Their values never are in the configuration, and of a secret that is brought only a version, which gives nothing away.
const VALUES_STAY_OUT: Sections = new Set(["firstHostKeys", "secrets"]);

/**
 * The sections that have a Pulumi secret in them. Pulumi hands the program the values in the clear, and says of each section, not of
 * each value, whether it is secret. Those of VALUES_STAY_OUT are not among them.
 */
export function secretSections(): Sections {
  // Not in the SDK's types, and read by its own Config.
  const { isConfigSecret } = runtime as { readonly isConfigSecret?: (key: string) => boolean };
  if (isConfigSecret === undefined) throw new Error("@pulumi/pulumi: found no isConfigSecret, which says what is secret");
  const sections = Object.keys(stackSchema.shape).filter((section) => !VALUES_STAY_OUT.has(section));
  return new Set(sections.filter((section) => isConfigSecret(`${NAMESPACE}:${section}`)));
}

/** Options by which a resource and all that belongs to it have each of their inputs as a secret, where one of `read` is secret. */
export function keptSecret<Options extends pulumi.ResourceOptions>(options: Options, read: Sections, secret: Sections): Options {
  if (!meet(read, secret)) return options;
  return { ...options, transformations: [...(options.transformations ?? []), seal] };
}

/** The outputs of a component with these options: secret where its inputs are. */
export function outputsUnder(options: pulumi.ResourceOptions, outputs: object): pulumi.Inputs {
  return options.transformations?.includes(seal) === true ? sealedMembers(outputs) : { ...outputs };
}

/** A text as a secret, where one of `read` is secret. */
export function secretWhere(text: pulumi.Input<string>, read: Sections, secret: Sections): pulumi.Input<string> {
  return meet(read, secret) ? pulumi.secret(text) : text;
}

function meet(read: Sections, secret: Sections): boolean {
  return [...read].some((section) => secret.has(section));
}

// Type token of a command on a host.
const COMMAND = "command:remote:Command";

const seal: pulumi.ResourceTransformation = ({ type, props, opts }) => ({
  props: sealedMembers(Object.fromEntries(Object.entries(props))),
  // What a host answers names what it was sent.
  opts: type === COMMAND ? pulumi.mergeOptions(opts, { additionalSecretOutputs: ["stdout", "stderr"] }) : opts,
});

// Leaf by leaf: an output of a whole object would hide all of it from policies where one value is not known yet.
function sealed(value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map(sealed);
  // What has a constructor of its own is an output, a promise or an asset.
  if (typeof value === "object" && value.constructor === Object) return sealedMembers(value);
  return pulumi.secret(value);
}

function sealedMembers(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, sealed(entry)]));
}
