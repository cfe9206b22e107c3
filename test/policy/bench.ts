/** `npm run bench:gate`: seconds of the gate for stacks of several sizes in one run; the ratios say how it grows. */
import { parseConfig } from "../../components/config/faults";
import { judgeStack } from "../../ops/commands/policy";
import { largeStack, type Size } from "./large";

// The first one only warms up.
const SIZES: readonly Size[] = [
  { hosts: 1, services: 8, sites: 8 },
  { hosts: 8, services: 40, sites: 40 },
  { hosts: 8, services: 80, sites: 80 },
  { hosts: 40, services: 60, sites: 60 },
  { hosts: 100, services: 40, sites: 40 },
];

function measure(size: Size): number {
  const raw = largeStack(size);
  const start = performance.now();
  judgeStack("large", parseConfig(raw));
  return (performance.now() - start) / 1000;
}

for (const size of SIZES) {
  const { hosts, services, sites } = size;
  const seconds = measure(size);
  const microseconds = (seconds * 1e6) / (hosts * (services + sites));
  const what = `${String(hosts)} hosts × ${String(services)} services × ${String(sites)} sites`;
  process.stdout.write(`${what.padEnd(44)}${seconds.toFixed(2)} s   ${microseconds.toFixed(0)} µs for each service or site of a host\n`);
}
