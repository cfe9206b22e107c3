/** A host in the tree of a stack's resources. */
import * as pulumi from "@pulumi/pulumi";

/**
 * The parent of all that belongs to one host, so that a preview and `pulumi stack` show it below the host's name. It has no arguments:
 * policies judge what is below it.
 */
export class Host extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:index:Host";

  /** `name` is the host's name in the configuration; what is below it has a name that begins with it. */
  constructor(name: string) {
    super(Host.__pulumiType, name, {}, { transformations: [formerlyWithoutParent] });
    this.registerOutputs({});
  }
}

// Stacks of earlier versions have the same resources at the root: without the alias Pulumi would replace them, and delete the former ones.
const formerlyWithoutParent: pulumi.ResourceTransformation = ({ props, opts }) =>
  opts.parent instanceof Host
    ? { props, opts: { ...opts, aliases: [...(opts.aliases ?? []), { parent: pulumi.rootStackResource }] } }
    : undefined;
