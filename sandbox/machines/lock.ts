import { once } from "node:events";
import { start } from "../../ops/lib/process";
import { SandboxFailed } from "./errors";

/** How a lock is waited for. */
export interface LockOptions {
  /** Gives up waiting when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** Is called once if the lock was not free within a second, so that a wait is not mistaken for a hang. */
  readonly onWait?: (() => void) | undefined;
}

/**
 * Does `work` while holding an exclusive flock(2) on an existing directory, across all processes of this machine.
 *
 * The lock is held by a small helper process that lives until its input closes: so the kernel releases it even if this
 * process is killed, and there are no stale lock files to judge.
 */
export async function withLock<T>(directory: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  // With the slash flock(1) does not make a file of a directory that is missing.
  const holder = start(["flock", "--no-fork", `${directory}/`, "sh", "-c", "echo locked; exec cat"], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  holder.stdin.on("error", () => undefined);
  const ended = once(holder, "exit");
  // Marked as handled: a failed start is reported through the race below.
  ended.catch(() => undefined);
  const patience = setTimeout(() => options.onWait?.(), 1000);
  const giveUp = (): void => {
    holder.kill("SIGKILL");
  };
  options.signal?.addEventListener("abort", giveUp, { once: true });
  try {
    const first = await Promise.race([once(holder.stdout, "data").then(() => "locked"), ended.then(() => "ended")]);
    if (first === "ended") {
      options.signal?.throwIfAborted();
      throw new SandboxFailed(`${directory}: the lock could not be taken`);
    }
  } finally {
    clearTimeout(patience);
    options.signal?.removeEventListener("abort", giveUp);
  }
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
