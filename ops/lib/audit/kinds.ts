/** The kinds of acts that the record has. */

/** The kinds of acts; those in capitals are the operations guide's own names. */
export const ACT_KINDS = [
  "login",
  "privilege",
  "file",
  "ENCRYPTION_KEY_ACCESS",
  "AUDIT_LOG_FAILURE",
  "deploy",
  "restore",
  "backup",
  "operation",
  "reading",
  "ban",
  "container",
  "database",
  "application",
] as const;

/** A kind of acts. */
export type ActKind = (typeof ACT_KINDS)[number];
