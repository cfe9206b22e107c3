import { isDeepStrictEqual } from "node:util";
import { member } from "../../components/config/unknown";
import type { HostPlan } from "../../components/plan/hostPlan";
import { AGENT_COMMAND } from "../../components/plan/request";
import { CONCERNS, removalsBeside } from "../../components/registry";
import type { StackResource, StackResources, StackRule } from "../engine/rule";
import { planOf } from "../readers/renderedAgain";
import { type SentRequest, sentRequest } from "../readers/requests";

const COMMAND = "command:remote:Command";

// What the program itself asks for in a deploy.
const MODES = ["apply", "remove", "verify"];

/** The components of one host, by what they show. */
interface ShownHost {
  /** Of each plan that they show, the unit and SHA-256. */
  readonly shown: ReadonlySet<string>;
  /** Its concerns' plans, rendered again; undefined where one of them is not known. */
  readonly plans: () => readonly HostPlan[] | undefined;
}

/** A command is the agent with what it reads: another agent is any program, and another plan or check is one that nobody judged. */
export const requestsAsReviewed: StackRule = {
  id: "requests-as-reviewed",
  description: "Each request carries phiward's own agent to a host, and asks of it only what the host's components show.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-14"],
  remedy: "declare it in the stack's configuration, or as a concern; transform and write no request of one's own",
  notWaivable: "a plan that no component shows may do anything on a host, and no other rule would see it",
  appliesTo: [COMMAND],
  judge(stack, report) {
    const commands = stack.of(COMMAND).filter(({ args }) => args.at("create").text() === AGENT_COMMAND);
    if (commands.length === 0) return;
    const hosts = hostsOf(stack);
    for (const command of commands) {
      const stdin = command.args.at("stdin");
      const text = stdin.text();
      const place = placeOf(command, "host");
      if (text === undefined) continue;
      const request = sentRequest(text);
      if (request === undefined) report({ at: stdin.path, found: "no request of phiward's", allowed: "one that the program packs" });
      else if (!request.isOurAgent) report({ at: stdin.path, found: "another agent", allowed: "phiward's agent of this version" });
      else if (!MODES.includes(request.mode)) report({ at: stdin.path, found: "another kind of request", allowed: MODES.join(", ") });
      else if (place !== undefined && hosts !== undefined) {
        const found = unlike(request, hosts.get(place));
        if (found !== undefined) report({ at: stdin.path, found, allowed: "what the components of the host show" });
      }
    }
  },
};

// Where a resource connects to: known by what its address comes from before there is an address. Undefined where neither is known.
function placeOf({ args, references }: StackResource, address: string): string | undefined {
  const from = references("connection");
  return from.length > 0 ? [...from].sort().join(" ") : args.at("connection").at(address).text();
}

// Undefined where a component may be any host's, or show any plan.
function hostsOf({ all }: StackResources): ReadonlyMap<string, ShownHost> | undefined {
  const components = all.filter(({ type, args }) => type.startsWith("phiward:host:") && args.has("rendered"));
  const placed = components.map((component) => {
    const rendered = component.args.at("rendered");
    return { component, place: placeOf(component, "address"), unit: rendered.at("unit").text(), sha256: rendered.at("sha256").text() };
  });
  if (placed.some(({ place, unit, sha256 }) => place === undefined || unit === undefined || sha256 === undefined)) return undefined;
  const byPlace = Map.groupBy(placed, ({ place }) => place ?? "");
  return new Map(
    [...byPlace].map(([place, own]): [string, ShownHost] => [
      place,
      { shown: new Set(own.map(({ unit, sha256 }) => `${String(unit)} ${String(sha256)}`)), plans: () => plansOf(own) },
    ]),
  );
}

function plansOf(
  own: readonly { readonly component: StackResource; readonly unit: string | undefined }[],
): readonly HostPlan[] | undefined {
  const plans = own.filter(({ unit }) => CONCERNS.some(({ name }) => name === unit)).map(({ component }) => planOf(component.args));
  return plans.every((plan) => plan !== undefined) ? plans : undefined;
}

// What a request asks for that no component of its host shows; undefined if there is nothing.
function unlike({ mode, plan, asked }: SentRequest, host: ShownHost | undefined): string | undefined {
  if (mode === "apply") {
    const isShown = plan !== undefined && host?.shown.has(`${plan.unit} ${plan.sha256}`);
    return isShown === true ? undefined : "a plan that no component of the host shows";
  }
  // Plans that are not known, or not to be rendered, are another rule's.
  const plans = host === undefined ? [] : host.plans();
  if (plans === undefined) return undefined;
  if (mode === "remove")
    return isDeepStrictEqual(member(asked, "removals"), asSent(removalsBeside(plans)))
      ? undefined
      : "other concerns to take down, or other steps, than those that do not apply to the host";
  const removed = removalsBeside(plans).filter(({ onceTrue }) => onceTrue === null);
  return isWholeVerify(asked, plans, [...plans, ...removed.map((removal) => removal.plan)])
    ? undefined
    : "other checks than those of the host's components, or fewer";
}

// Every check of every unit, and nothing else, since a check is a command; what fails must be told.
function isWholeVerify(asked: SentRequest["asked"], plans: readonly HostPlan[], checked: readonly HostPlan[]): boolean {
  const sent = member(asked, "plans");
  const generations = member(asked, "generations");
  if (member(asked, "strict") !== true || !Array.isArray(sent) || typeof generations !== "object" || generations === null) return false;
  const checksOf = (entries: readonly unknown[]): ReadonlySet<string> =>
    new Set(entries.map((entry) => JSON.stringify([member(entry, "unit"), member(entry, "checks")])));
  const units = new Set(plans.map(({ unit }) => unit));
  return isDeepStrictEqual(checksOf(sent), checksOf(checked)) && isDeepStrictEqual(new Set(Object.keys(generations)), units);
}

// As JSON travels.
function asSent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
