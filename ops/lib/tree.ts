/** Where a resource of an exported state is in the tree that the program registers now. */

/** Type token of the component that is the parent of all of a host. */
const HOST = "phiward:index:Host";

/**
 * What `pulumi up --replace` is told of a resource of the state. Pulumi looks for what it is to replace by the new URN alone, and refuses
 * a URN that the state does not have: of what an earlier version registered at the root, and the coming deploy puts below its host, it
 * gets a pattern.
 */
export function replaceTarget(urn: string): string {
  const [stack, project, types = "", ...name] = urn.split("::");
  return types === "" || types.split("$").includes(HOST) ? urn : [stack, project, `**${types}`, ...name].join("::");
}
