/** A stack's state: read from Pulumi, and given back to it unless a deploy has changed it meanwhile. */
import { member } from "../../components/config/unknown";
import { OperatorError } from "./errors";

/** Asks the Pulumi CLI, with standard input; returns what it prints. Throws OperatorError. */
type Ask = (words: readonly string[], input?: string) => string;

/** What Pulumi knew of a stack when it was asked. */
export interface StackState {
  readonly exported: unknown;
  /** Throws OperatorError if a deploy has changed the state since it was read here. */
  readonly requireUnmoved: () => void;
  /** Replaces the state. Throws OperatorError where `requireUnmoved` does, and has replaced nothing then. */
  readonly replace: (state: unknown) => void;
  /** Whether Pulumi has created, updated or deleted a resource since the state was read, or an operation of it did not end. */
  readonly isTouched: () => boolean;
}

/**
 * Reads the state. Pulumi locks it for the time of one command alone: another deploy may end between reading and replacing, and
 * what it did must not be forgotten, for Pulumi would take it down.
 */
export function stackState(ask: Ask): StackState {
  const read = (): unknown => JSON.parse(ask(["stack", "export"]));
  const exported = read();
  let known = versionOf(exported);
  const requireUnmoved = (): void => {
    if (versionOf(read()) !== known)
      throw new OperatorError("another deploy of this stack ended meanwhile: nothing was changed by this one; run it again", 2);
  };
  const replace = (state: unknown): void => {
    requireUnmoved();
    ask(["stack", "import"], JSON.stringify(state));
    known = versionOf(read());
  };
  const before = touchesOf(exported);
  return { exported, requireUnmoved, replace, isTouched: () => touchesOf(read()) !== before };
}

/** What differs after any deploy. Values are left out: an export may encrypt the same secret anew. */
function versionOf(exported: unknown): string {
  return JSON.stringify([member(member(member(exported, "deployment"), "manifest"), "time"), ...resourcesOf(exported)]);
}

/** The same in one order: a deploy that does nothing may still write resources in another, as it came to them. */
function touchesOf(exported: unknown): string {
  const [pending, resources] = resourcesOf(exported);
  return JSON.stringify([pending, resources.map((resource) => JSON.stringify(resource)).sort()]);
}

/** How many operations did not end, and each resource with the times at which something was done to it. */
function resourcesOf(exported: unknown): readonly [number, readonly unknown[]] {
  const deployment = member(exported, "deployment");
  const list = (name: string): readonly unknown[] => {
    const found = member(deployment, name);
    return Array.isArray(found) ? found : [];
  };
  const resources = list("resources").map((resource) => ["urn", "id", "created", "modified"].map((name) => member(resource, name)));
  return [list("pending_operations").length, resources];
}
