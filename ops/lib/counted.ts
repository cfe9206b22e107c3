/** Numbers with what they count. */

/** `1 violation`, `2 violations`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`;
}
