/**
 * `npm run bench:gate`: seconds of CPU of `npx phiward policy` and of all that it starts, in one run: the ratios say how it grows.
 * Each is the least of three, since whatever else the machine does only adds.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { outputOf } from "../../ops/lib/process";
import { ROOT } from "../../ops/lib/root";
import { largeStack, type Size } from "./large";

const SIZES: Readonly<Record<string, Size>> = {
  "one-host": { hosts: 1, services: 8, sites: 8 },
  "ten-hosts": { hosts: 10, services: 8, sites: 8 },
  "hundred-hosts": { hosts: 100, services: 8, sites: 8 },
  "hundred-sites": { hosts: 1, services: 8, sites: 100 },
};

const directory = mkdtempSync(join(tmpdir(), "bench-gate-"));

function cpuSeconds(stack: string, ...options: readonly string[]): number {
  const gate = ["node", join(ROOT, "ops/phiward.cjs"), "policy", "--stack", stack, ...options];
  // The second line that the shell prints is of its children.
  const [, children = ""] = outputOf(["sh", "-c", '"$@" >/dev/null 2>&1; times', "sh", ...gate], { cwd: directory }).split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

function least(stack: string, ...options: readonly string[]): number {
  return Math.min(...[0, 1, 2].map(() => cpuSeconds(stack, ...options)));
}

function say(what: string, seconds: number, than: number): void {
  process.stdout.write(`${what.padEnd(40)}${seconds.toFixed(2).padStart(7)} s of CPU   ${(seconds / than).toFixed(2)} of prod, warm\n`);
}

try {
  cpSync(join(ROOT, "Pulumi.prod.yaml"), join(directory, "Pulumi.prod.yaml"));
  for (const made of ["policies/bin/.built", "node_modules/.cache/phiward"]) rmSync(join(ROOT, made), { recursive: true, force: true });
  const cold = cpuSeconds("prod");
  const warm = least("prod");
  say("prod, the first time after a change", cold, warm);
  say("prod, warm", warm, warm);
  say("prod, --quick", least("prod", "--quick"), warm);
  for (const [stack, size] of Object.entries(SIZES)) {
    const config = Object.fromEntries(Object.entries(largeStack(size)).map(([key, value]) => [`phiward:${key}`, value]));
    writeFileSync(join(directory, `Pulumi.${stack}.yaml`), stringify({ config }));
    say(`${stack}, the program`, least(stack), warm);
    say(`${stack}, --quick`, least(stack, "--quick"), warm);
  }
} finally {
  rmSync(directory, { recursive: true });
}
