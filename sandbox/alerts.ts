/** Who hears the sandbox's alerts: a process of this machine, for as long as the sandbox is there. */
import { connect } from "node:net";
import { join } from "node:path";
import { start } from "../ops/lib/process";
import { ROOT } from "../ops/lib/root";
import type { Sandbox } from "./machines/inventory";
import { ALERT_PORT } from "./stackFile";

/** The file that alerts of a sandbox are added to, a line for each. */
export function alertsFile({ dir }: Pick<Sandbox, "dir">): string {
  return join(dir, "alerts.jsonl");
}

/** Begins to take the sandbox's alerts, where nothing does yet. */
export async function ensureReceiver(sandbox: Sandbox): Promise<void> {
  if (await isAnswered(sandbox.adminAddress)) return;
  const words = [join(ROOT, "sandbox/receiver.cjs"), sandbox.adminAddress, String(ALERT_PORT), alertsFile(sandbox)];
  start(["node", ...words], { cwd: "/", detached: true, stdio: "ignore" }).unref();
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(ALERT_PORT, address);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}
