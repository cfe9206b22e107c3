/** A host in the tree of a stack's resources. */
import * as pulumi from "@pulumi/pulumi";

/**
 * The parent of all that belongs to one host, so that a preview and `pulumi stack` show it below the host's name. It has no arguments:
 * policies judge what is below it.
 */
export class Host extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:index:Host";

  /**
   * `name` is the host's name in the configuration; what is below it has a name that begins with it. `formerly` are the names that it
   * had: resources of those names are this host's.
   */
  constructor(name: string, formerly: readonly string[] = []) {
    super(
      Host.__pulumiType,
      name,
      {},
      { aliases: formerly.map((was) => ({ name: was })), transformations: [withFormerPlaces(name, formerly)] },
    );
    this.registerOutputs({});
  }
}

/**
 * Says of each resource below a host where else it may be in the state: below the host's former names, and at the root, where earlier
 * versions had it. Without that Pulumi would replace it and delete the former one. A resource inherits such places from its parent only
 * in the deploy that moves the parent: all of them are said in full, since a deploy may be cut off between the two.
 */
function withFormerPlaces(host: string, formerly: readonly string[]): pulumi.ResourceTransformation {
  return ({ type, name, props, opts }) => {
    const { parent } = opts;
    if (parent === undefined) return undefined;
    const places = [host, ...formerly].flatMap((was) => {
      const formerName = `${was}${name.slice(host.length)}`;
      return [true, false].map((isBelow) => parent.urn.apply((urn) => formerUrn(urn, type, formerName, isBelow)));
    });
    // The first one is where it is now.
    return { props, opts: { ...opts, aliases: [...(opts.aliases ?? []), ...places.slice(1)] } };
  };
}

function formerUrn(parent: string, type: string, name: string, isBelow: boolean): string {
  const [stack, project, types = ""] = parent.split("::");
  const parents = types.split("$").slice(isBelow ? 0 : 1);
  return [stack, project, [...parents, type].join("$"), name].join("::");
}
