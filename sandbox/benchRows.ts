/** Lines that `make bench` prints. */

/** The middle one of the values; of an even number, the higher one of the two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A time in seconds, and its ratio to another one of the same run. */
export function row(what: string, value: number, over?: readonly [string, number]): string {
  const ratio = over === undefined ? "" : `   ${(value / over[1]).toFixed(2)} of ${over[0]}`;
  return `${what.padEnd(52)}${value.toFixed(2).padStart(8)} s${ratio}`;
}

/** How often something is done in a second. */
export function rate(what: string, value: number): string {
  return `${what.padEnd(52)}${value.toFixed(0).padStart(8)} /s`;
}
