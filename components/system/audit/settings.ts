import type { StackConfig } from "../../config/schema";

/** How much the audit daemon keeps, and what happens where it cannot. */
export type AuditSettings = StackConfig["audit"];

/** The same on every host: what is recorded does not follow from what a host serves. */
export function auditSettings({ audit }: StackConfig): AuditSettings {
  return audit;
}
