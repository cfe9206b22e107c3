/** How two texts differ, line by line, for a person who is to agree to it. */

/** Lines that go, with `-` before them, and lines that come, with `+`; each run of them below the number of its first line. */
export function changedLines(before: string, after: string): readonly string[] {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  const said: string[] = [];
  let [at, now] = [0, 0];
  while (at < old.length || now < fresh.length) {
    if (old[at] === fresh[now] && at < old.length) {
      at += 1;
      now += 1;
      continue;
    }
    const [gone, come] = nextCommon(old.slice(at), fresh.slice(now));
    said.push(`line ${String(at + 1)}`, ...old.slice(at, at + gone).map((line) => `- ${line}`));
    said.push(...fresh.slice(now, now + come).map((line) => `+ ${line}`));
    at += gone;
    now += come;
  }
  return said;
}

// How many lines of each come before the nearest one that both have; blank ones are everywhere.
function nextCommon(old: readonly string[], fresh: readonly string[]): readonly [number, number] {
  for (let sum = 1; sum <= old.length + fresh.length; sum++)
    for (let gone = Math.max(0, sum - fresh.length); gone <= Math.min(sum, old.length); gone++) {
      const line = old[gone];
      if (line !== undefined && line.trim() !== "" && line === fresh[sum - gone]) return [gone, sum - gone];
    }
  return [old.length, fresh.length];
}
