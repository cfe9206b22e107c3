/** What changes in containers, networks and volumes, in words: what of it users and data notice. */
import { member } from "../../components/config/unknown";
import { nameOf, typeOf } from "./changes";
import { listed } from "./concernWords";
import type { Step } from "./pulumiEvents";

/** What comes before the new containers of services, by the names that these keep. */
export interface ReplacementOrder {
  /** Those whose former container is stopped before. */
  readonly stopFirst: ReadonlySet<string>;
  /** Those with an init step. */
  readonly initialized: ReadonlySet<string>;
}

/** Reads it off the settings of the concern that carries it out, which changes with each of these containers. */
export function replacementOrder(steps: readonly Step[]): ReplacementOrder {
  const settings = steps.find(({ type }) => type === "phiward:host:Accounts")?.new?.inputs?.["settings"];
  const services = (key: string): ReadonlySet<string> => {
    const entries = member(settings, key);
    return new Set((Array.isArray(entries) ? entries : []).map((entry: unknown) => String(member(entry, "service"))));
  };
  return { stopFirst: services("handovers"), initialized: services("initialized") };
}

/** The words for the steps of one group of containers: `databases`, which are replaced in place, or `services`. */
export function containerWords(group: string, steps: readonly Step[], order: ReplacementOrder = replacementOrder([])): readonly string[] {
  const own = steps.filter(({ type }) => type.startsWith("docker:"));
  const services = [...new Set(own.filter(isContainer).map(serviceOf))];
  const words = services.map((service) =>
    serviceWords(
      group,
      service,
      own.filter((step) => isContainer(step) && serviceOf(step) === service),
      order,
    ),
  );
  const others = [...new Set(own.filter((step) => !isContainer(step)).map(({ urn }) => urn))].flatMap((urn) => otherWords(urn, own));
  return [...sameWords(words), ...others];
}

function isContainer({ type }: Step): boolean {
  return type === "docker:index/container:Container";
}

function serviceWords(
  group: string,
  service: string,
  steps: readonly Step[],
  { stopFirst, initialized }: ReplacementOrder,
): { readonly service: string; readonly words: string } {
  const init = initialized.has(service) ? " once its init step has succeeded" : "";
  const has = (...ops: readonly string[]): Step | undefined => steps.find(({ op }) => ops.includes(op));
  const [created, deleted, replaced] = [has("create"), has("delete"), has("replace", "create-replacement")];
  const said = (words: string): { service: string; words: string } => ({ service, words });
  if (replaced !== undefined) {
    const why = whyWords(replaced.diffs ?? differingKeys(replaced.old?.inputs, replaced.new?.inputs));
    return said(`replaced in place${why}: it is away until the new container is healthy; volumes stay`);
  }
  if (created !== undefined && deleted !== undefined) {
    const why = whyWords(differingKeys(deleted.old?.inputs, created.new?.inputs));
    return said(
      stopFirst.has(service)
        ? `a new container${why}${init} after the old one is stopped: nobody answers until the new one is healthy`
        : `a new container${why}${init} beside the old one, which goes when the new one is healthy; requests are served meanwhile`,
    );
  }
  if (created !== undefined) return said(group === "databases" ? "created" : `created${init}, and served once it is healthy`);
  if (deleted !== undefined) return said("removed; volumes stay");
  return said(`updated in place${whyWords(steps.flatMap(({ diffs }) => diffs ?? []))}`);
}

/** Services of which the same is said share a line. */
function sameWords(all: readonly { readonly service: string; readonly words: string }[]): readonly string[] {
  const words = [...new Set(all.map((one) => one.words))];
  return words.map((said) => `${all.flatMap((one) => (one.words === said ? [one.service] : [])).join(", ")}: ${said}`);
}

function otherWords(urn: string, steps: readonly Step[]): readonly string[] {
  const ops = steps.flatMap((step) => (step.urn === urn ? [step.op] : []));
  const name = inputName(steps.find((step) => step.urn === urn)) ?? nameOf(urn);
  const isVolume = typeOf(urn) === "docker:index/volume:Volume";
  const noun = isVolume ? "volume" : "network";
  if (ops.includes("create")) return isVolume ? [`volume ${name}: created`] : [];
  if (ops.includes("delete"))
    return [isVolume ? `volume ${name}: no longer declared; its data stays on the host` : `network ${name}: removed`];
  if (ops.some((op) => op.includes("replace"))) return [`${noun} ${name}: replaced`];
  return [`${noun} ${name}: updated`];
}

function whyWords(keys: readonly string[]): string {
  const told = [...new Set(keys.map((key) => key.split(/[.[]/, 1)[0] ?? key))].filter(
    (key) => !["name", "labels", "__defaults"].includes(key),
  );
  return told.length === 0 ? "" : ` (other ${listed(told)})`;
}

/** Arguments that differ; those that Pulumi alone sets are left out. */
function differingKeys(before: unknown, after: unknown): readonly string[] {
  const keys = [before, after].flatMap((inputs) => (typeof inputs === "object" && inputs !== null ? Object.keys(inputs) : []));
  return [...new Set(keys)].filter((key) => JSON.stringify(member(before, key)) !== JSON.stringify(member(after, key)));
}

/** The service that a container belongs to, by its label; its resource's name where the labels are secret. */
function serviceOf({ urn, old, new: declared }: Step): string {
  const labels = member((declared ?? old)?.inputs, "labels");
  const label = (Array.isArray(labels) ? labels : []).find((entry: unknown) => member(entry, "label") === "phiward.service") as unknown;
  const name = member(label, "value");
  return typeof name === "string" ? name : nameOf(urn);
}

function inputName(step: Step | undefined): string | undefined {
  const name = member((step?.new ?? step?.old)?.inputs, "name");
  return typeof name === "string" ? name : undefined;
}
