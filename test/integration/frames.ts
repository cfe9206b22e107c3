/** What hosts send, as their cables at the sandbox's bridge have it. */
import { join } from "node:path";
import { start } from "../../ops/lib/process";
import type { Argv } from "../../ops/lib/programs";
import type { Sandbox } from "../../sandbox/machines/inventory";
import { waitFor } from "./waiting";

/** The script that watches, and asks. */
export const FRAMES_SCRIPT = join(__dirname, "watchFrames.py");

/** Kinds of frames: first and last time in seconds since 1970, and how many. */
export type Frames = Readonly<Record<string, readonly [number, number, number]>>;

/** The script, begun in this way, until `end`, which answers with what it says then. */
export async function running(argv: Argv): Promise<{ readonly end: () => Promise<string> }> {
  const child = start(argv, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  let failed = "";
  child.stdout.on("data", (part: Buffer) => (said += part.toString()));
  child.stderr.on("data", (part: Buffer) => (failed += part.toString()));
  const closed = new Promise<void>((resolve) => {
    child.on("close", () => {
      resolve();
    });
  });
  await waitFor("the script to be ready", () => {
    if (child.exitCode !== null) throw new Error(failed);
    return said.startsWith("ready\n");
  });
  return {
    end: async () => {
      child.stdin.end();
      await closed;
      return said.slice("ready\n".length);
    },
  };
}

/** Watches the cable of a host until `end`, which answers with its frames. */
export async function watching({ hosts, bridge }: Sandbox, host: string): Promise<{ readonly end: () => Promise<Frames> }> {
  const index = hosts.findIndex(({ name }) => name === host);
  const watch = await running(["python3", FRAMES_SCRIPT, "watch", `${bridge}h${String(index)}`]);
  return { end: async () => JSON.parse(await watch.end()) as Frames };
}
