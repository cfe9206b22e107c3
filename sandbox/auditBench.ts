/** What the kernel's audit costs the API of a host, side by side: the same requests with the plan's rules and without, in turns. */
import { execInHost } from "./machines/exec";
import type { SandboxHost } from "./machines/inventory";
import { unlockedRules, withKernelAudit } from "./machines/kernelAudit";

/** Requests a second, a pair for each round. */
export interface AuditCost {
  readonly without: readonly number[];
  readonly recorded: readonly number[];
}

/** `asked` loads the API for some seconds, and returns its requests a second. The container of `service` is started again. */
export async function auditCost(host: SandboxHost, service: string, rounds: number, asked: () => Promise<number>): Promise<AuditCost> {
  const rules = await unlockedRules(host);
  // The kernel passes over each process that began before its audit was first on, which on a host of its own is no service.
  await withKernelAudit(host, rules, () => started(host, service));
  const without = [];
  const recorded = [];
  for (let round = 0; round < rounds; round++) {
    without.push(await asked());
    recorded.push(await withKernelAudit(host, rules, asked));
  }
  return { without, recorded };
}

async function started(host: SandboxHost, service: string): Promise<void> {
  const names = await inside(host, "docker", "ps", `--filter=label=phiward.service=${service}`, "--format={{.Names}}");
  for (const name of names.split("\n").filter((line) => line !== "")) {
    await inside(host, "docker", "restart", name);
    const healthy = `until [ "$(docker inspect --format '{{.State.Health.Status}}' "$0")" = healthy ]; do sleep 0.2; done`;
    await inside(host, "timeout", "120", "sh", "-c", healthy, name);
  }
}

async function inside(host: SandboxHost, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execInHost(host, argv);
  if (code !== 0) throw new Error(`${String(argv[0])} exited ${String(code)}: ${stderr}`);
  return stdout;
}
