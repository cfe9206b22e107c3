import { SandboxFailed } from "./errors";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Does `work`, which gets an abort signal that fires on SIGINT and SIGTERM; it is expected to clean up then and to be rejected.
 * Afterwards the signal does what it would have done to this process without us.
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  // Further signals change nothing: a cleanup that is cut short would leave the machine littered.
  const onSignal = (signal: NodeJS.Signals): void => {
    received ??= signal;
    controller.abort(new SandboxFailed(`interrupted by ${signal}; what was created is removed`));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    // With its own listeners the program has seen the signal already, and decides for itself.
    if (received !== undefined && process.listenerCount(received) === 0) process.kill(process.pid, received);
  }
}
