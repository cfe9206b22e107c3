/** Shows on standard error that something takes long, and how long it may: a moving line at a terminal, plain lines elsewhere. */
import { cachedDurations, type Durations } from "./durations";

// What ends within two seconds needs no word.
const PATIENCE_MS = 2000;
const FRAMES = ["|", "/", "-", "\\"];
// In a log, a line now and then shows that it goes on.
const LOG_EVERY_MS = 30_000;
// Less says nothing of what is left.
const LEAST_SHARE = 0.02;

/** Told of the share that is done, from 0 to 1, by work that knows it. */
export type Tell = (share: number) => void;

/**
 * Does `work`, and shows `what`, with the seconds passed, once it has taken two seconds: beside them what is left by the share that is
 * done, or what it took the last time.
 */
export async function withProgress<T>(
  what: string,
  work: (tell: Tell) => Promise<T>,
  to: Pick<NodeJS.WriteStream, "isTTY" | "write"> = process.stderr,
  durations: Durations = cachedDurations(),
): Promise<T> {
  const start = performance.now();
  const lines = { shown: 0, share: 0 };
  const passed = (): number => (performance.now() - start) / 1000;
  const show = (): void => {
    const seconds = `${passed().toFixed(0)} s${estimate(passed(), lines.share, durations.last(what))}`;
    to.write(to.isTTY ? `\r\x1b[K${FRAMES[lines.shown % FRAMES.length] ?? ""} ${what} ${seconds}` : `${what}: ${seconds}\n`);
    lines.shown += 1;
    timer = setTimeout(show, to.isTTY ? 200 : LOG_EVERY_MS);
  };
  let timer = setTimeout(show, PATIENCE_MS);
  try {
    const done = await work((share) => (lines.share = share));
    // What failed says nothing of how long it takes.
    if (passed() * 1000 >= PATIENCE_MS) durations.note(what, Math.round(passed()));
    return done;
  } finally {
    clearTimeout(timer);
    if (to.isTTY && lines.shown > 0) to.write("\r\x1b[K");
  }
}

function estimate(passed: number, share: number, last: number | undefined): string {
  if (share >= LEAST_SHARE) {
    const left = Math.ceil((passed * (1 - share)) / share);
    return `, ${String(Math.floor(share * 100))} % done, about ${String(left)} s left`;
  }
  if (last === undefined) return "";
  return Math.round(passed) <= last ? ` of about ${String(last)} s` : `, longer than the ${String(last)} s of the last time`;
}
