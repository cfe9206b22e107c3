/** Milliseconds of processor time that this process took so far, its threads included: what others do meanwhile does not count. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
