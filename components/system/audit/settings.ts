import type { StackConfig } from "../../config/schema";

/** How much the audit daemon keeps, and what happens where it cannot. */
export type AuditSettings = Pick<StackConfig["audit"], "onFailure" | "megabytes">;

/** The same on every host: what is recorded does not follow from what a host serves. */
export function auditSettings({ audit }: StackConfig): AuditSettings {
  const { onFailure, megabytes } = audit;
  return { onFailure, megabytes };
}
