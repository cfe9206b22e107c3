/** Where a resource of an exported state is in the tree that the program registers now. */
import { namesOf } from "../../components/config/names";
import type { StackConfig } from "../../components/config/schema";

type Hosts = Pick<StackConfig, "hosts">;

/** Type token of the component that is the parent of all of a host. */
const HOST = "phiward:index:Host";

/** The name that the program gives a resource now which the state may have under a former name of its host. */
export function presentName({ hosts }: Hosts, name: string): string {
  const [found] = hosts
    .flatMap((host) => namesOf(host).map((was) => ({ was, now: host.name })))
    .filter(({ was }) => name.startsWith(`${was}-`))
    // Of the hosts web and web-2, what is called web-2-ssh is the latter's.
    .sort((one, other) => other.was.length - one.was.length);
  return found === undefined ? name : `${found.now}${name.slice(found.was.length)}`;
}

/** The names that a host has and had; its name alone where the configuration has no such host. */
export function namesInState({ hosts }: Hosts, host: string): readonly string[] {
  const found = hosts.find(({ name }) => name === host);
  return found === undefined ? [host] : namesOf(found);
}

/**
 * What `pulumi up --replace` is told of a resource of the state. Pulumi looks for what it is to replace by the new URN alone, and refuses
 * a URN that the state does not have: of what the coming deploy moves, since an earlier version registered it at the root or its host
 * was renamed, it gets a pattern.
 */
export function replaceTarget(config: Hosts, urn: string): string {
  const [stack, project, types = "", was = ""] = urn.split("::");
  const name = presentName(config, was);
  if (types === "" || (name === was && types.split("$").includes(HOST))) return urn;
  return [stack, project, `**${types}`, name].join("::");
}
