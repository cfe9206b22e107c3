/** Shows on standard error that something takes long: a moving line at a terminal, plain lines elsewhere. */

// What ends within two seconds needs no word.
const PATIENCE_MS = 2000;
const FRAMES = ["|", "/", "-", "\\"];
// In a log, a line now and then shows that it goes on.
const LOG_EVERY_MS = 30_000;

/** Does `work`, and shows `what`, with the seconds passed, once it has taken two seconds. */
export async function withProgress<T>(
  what: string,
  work: () => Promise<T>,
  to: Pick<NodeJS.WriteStream, "isTTY" | "write"> = process.stderr,
): Promise<T> {
  const start = performance.now();
  const lines = { shown: 0 };
  const show = (): void => {
    const seconds = `${((performance.now() - start) / 1000).toFixed(0)} s`;
    to.write(to.isTTY ? `\r\x1b[K${FRAMES[lines.shown % FRAMES.length] ?? ""} ${what} ${seconds}` : `${what}: ${seconds}\n`);
    lines.shown += 1;
    timer = setTimeout(show, to.isTTY ? 200 : LOG_EVERY_MS);
  };
  let timer = setTimeout(show, PATIENCE_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (to.isTTY && lines.shown > 0) to.write("\r\x1b[K");
  }
}
