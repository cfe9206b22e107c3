/**
 * Says that no sandbox can be made on this machine at all, with the reason in `message`. A test suite may skip with that reason;
 * an operator reads what to change.
 */
export class SandboxUnavailable extends Error {
  override readonly name = "SandboxUnavailable";
}

/**
 * Says that making, using or removing one sandbox failed. `message` is one line; `consoleTail` holds the last lines of the
 * console of the host that failed, and is empty where no host was involved.
 */
export class SandboxFailed extends Error {
  override readonly name = "SandboxFailed";
  readonly consoleTail: string;

  constructor(message: string, options: { readonly cause?: unknown; readonly consoleTail?: string } = {}) {
    super(message, { cause: options.cause });
    this.consoleTail = options.consoleTail ?? "";
  }
}

/** Returns the first line of what was thrown, for use inside another one-line message. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split("\n", 1)[0] ?? text;
}
