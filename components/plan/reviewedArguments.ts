/** What previews show and policies judge of a unit: pure, so that the gate judges the same without an engine. */
import { createHash } from "node:crypto";
import { type FileContent, type PlanFile, textsOf } from "./files";
import type { HostPlan } from "./hostPlan";

/** The arguments of a unit's component. */
export interface ReviewedArguments<Settings extends object, Connection extends object> {
  readonly settings: Settings;
  readonly connection: Connection;
  /**
   * Each file with its path, owner, mode, SHA-256 and `text`, or all `texts` where the host's version of a program decides; of a
   * secret the name alone, of bytes the SHA-256 alone.
   */
  readonly files: readonly object[];
  readonly deadManSeconds: number | null;
}

/** The arguments of the component that brings `plan` to `host`. */
export function reviewedArguments<Settings extends object, Connection extends object>(
  settings: Settings,
  connection: Connection,
  plan: HostPlan,
): ReviewedArguments<Settings, Connection> {
  return { settings, connection: { ...connection }, files: plan.files.map(shownFile), deadManSeconds: plan.deadManSeconds };
}

function shownFile({ path, owner, mode, content }: PlanFile): object {
  return { path, owner, mode, ...shownContent(content) };
}

function shownContent(content: FileContent): object {
  switch (content.kind) {
    case "text":
      return { sha256: sha256(content.text), text: content.text };
    case "versioned":
      return { sha256: sha256(JSON.stringify(content.versioned)), texts: textsOf(content) };
    case "hostFile":
      return { hostFile: content.hostFile };
    case "bytes":
      return { sha256: sha256(Buffer.from(content.bytes, "base64")) };
    case "secret":
      return { secret: content.secret };
    case "kept":
      return { kept: `${content.kept.id}.${String(content.kept.epoch)}` };
  }
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
