/** What previews show and policies judge of a unit: pure, so that the gate judges the same without an engine. */
import { createHash } from "node:crypto";
import type { HostPlan, PlanFile } from "./types";

/** The arguments of a unit's component. */
export interface ReviewedArguments<Settings extends object, Connection extends object> {
  readonly settings: Settings;
  readonly connection: Connection;
  /** Each file with its path, owner, mode, SHA-256 and text; of a secret the name alone, of bytes the SHA-256 alone. */
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
  if ("secret" in content) return { path, owner, mode, secret: content.secret };
  if ("kept" in content) return { path, owner, mode, kept: `${content.kept.id}.${String(content.kept.epoch)}` };
  if ("hostFile" in content) return { path, owner, mode, hostFile: content.hostFile };
  if ("bytes" in content) return { path, owner, mode, sha256: sha256(Buffer.from(content.bytes, "base64")) };
  const text = "text" in content ? content.text : JSON.stringify(content.versioned);
  return { path, owner, mode, sha256: sha256(text), text };
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
