/** A timer that a test stops, as what it runs would do first what the test is about. */

/** Stops the timer of `unit`, and waits for the run that it may have begun: that one would still take what the test makes next. */
export async function stopTimer(inside: (...words: readonly string[]) => Promise<unknown>, unit: string): Promise<void> {
  await inside("systemctl", "stop", `${unit}.timer`);
  const ended = `while systemctl show --property=ActiveState --value ${unit}.service | grep --quiet activating; do sleep 0.2; done`;
  await inside("sh", "-c", ended);
}
