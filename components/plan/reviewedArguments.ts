/** What previews show and policies judge of a unit: pure, so that the gate judges the same without an engine. */
import { type FileContent, type FilledPart, type PlanFile, textsOf } from "./files";
import type { HostPlan } from "./hostPlan";
import { sha256Of } from "./request";

/** The arguments of a unit's component. */
export interface ReviewedArguments<Settings extends object, Connection extends object> {
  readonly settings: Settings;
  readonly connection: Connection;
  /**
   * Each file with its path, owner, mode, SHA-256 and `text`, or all `texts` where the host's version of a program decides; of a
   * secret its name and version alone, of bytes the SHA-256 alone.
   */
  readonly files: readonly ShownFile[];
  readonly deadManSeconds: number | null;
  /** What policies need to render the plan again, and to see that it is the one that the host gets. */
  readonly rendered: {
    /** The unit that the plan is of. */
    readonly unit: string;
    /** The settings as JSON: the engine hands maps over in another order, and files of JSON have the order of their settings. */
    readonly from: string;
    /** SHA-256 of all that the plan holds: of what is not shown as well, such as its steps, checks and directories. */
    readonly sha256: string;
  };
}

/** A file as policies are shown it. */
export interface ShownFile extends Pick<PlanFile, "path" | "owner" | "mode"> {
  readonly sha256?: string;
  readonly text?: string;
  readonly texts?: readonly string[];
  readonly hostFile?: string;
  readonly secret?: string;
  readonly kept?: string;
  /** Names of the secrets between `texts`. */
  readonly filled?: readonly string[];
}

/** The arguments of the component that brings `plan` to `host`. */
export function reviewedArguments<Settings extends object, Connection extends object>(
  settings: Settings,
  connection: Connection,
  plan: HostPlan,
): ReviewedArguments<Settings, Connection> {
  const { files, sha256 } = shownPlan(plan);
  const rendered = { unit: plan.unit, from: JSON.stringify(settings), sha256 };
  return { settings, connection: { ...connection }, files, deadManSeconds: plan.deadManSeconds, rendered };
}

/**
 * SHA-256 of a plan as `shownPlan` gives it, of one that travelled in a request: there, what is no text is named by its hash. Throws
 * TypeError where it has not the form of a plan.
 */
export function sha256OfSent(plan: HostPlan): string {
  const shown = (content: FileContent): string | undefined =>
    content.kind === "bytes" && "sha256" in content ? String(content.sha256) : shownContent(content).sha256;
  return sha256OfPlan(
    plan,
    plan.files.map(({ content }) => shown(content)),
  );
}

// What has a hash already is not hashed again: the host's programs are large.
function sha256OfPlan(plan: HostPlan, hashes: readonly (string | undefined)[]): string {
  const files = plan.files.map((file, index) => ({ ...file, content: hashes[index] ?? file.content }));
  return sha256Of(JSON.stringify({ ...plan, files }));
}

/** A plan as policies are shown it: its files, and the SHA-256 of all of it. */
export function shownPlan(plan: HostPlan): { readonly files: readonly ShownFile[]; readonly sha256: string } {
  const files = plan.files.map(({ path, owner, mode, content }) => ({ path, owner, mode, ...shownContent(content) }));
  return {
    files,
    sha256: sha256OfPlan(
      plan,
      files.map((file) => file.sha256),
    ),
  };
}

function shownContent(content: FileContent): Omit<ShownFile, "path" | "owner" | "mode"> {
  switch (content.kind) {
    case "text":
      return { sha256: sha256Of(content.text), text: content.text };
    case "versioned":
      return { sha256: sha256Of(JSON.stringify(content.versioned)), texts: textsOf(content) };
    case "hostFile":
      return { hostFile: content.hostFile };
    case "bytes":
      return { sha256: sha256Of(Buffer.from(content.bytes, "base64")) };
    case "secret":
      return { secret: `${content.secret}.${content.version}` };
    case "kept":
      return { kept: `${content.kept.id}.${String(content.kept.epoch)}` };
    case "filled":
      return { sha256: sha256Of(JSON.stringify(content.filled)), texts: textsOf(content), filled: content.filled.flatMap(shownPart) };
  }
}

function shownPart(part: FilledPart): readonly string[] {
  if ("text" in part) return [];
  return ["secret" in part ? `${part.secret}.${part.version}` : `${part.kept.id}.${String(part.kept.epoch)}`];
}
