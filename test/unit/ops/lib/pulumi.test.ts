/** What a deploy leaves where its own process is ended: no agent that holds a key, no program that goes on by itself. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runSync, start } from "../../../../ops/lib/process";

const ROOT = resolve(__dirname, "../../../..");
const directory = mkdtempSync(join(tmpdir(), "phiward-pulumi-"));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a process that runs TypeScript code of this project; resolves with its first line. */
async function started(code: string): Promise<{ child: ReturnType<typeof start>; line: string }> {
  const child = start(["node", "-r", "ts-node/register/transpile-only", "-e", code], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((done, reject) => {
    child.stdout.once("data", (part: Buffer) => {
      done(part.toString().trim());
    });
    child.once("exit", () => {
      reject(new Error("it ended without a line"));
    });
  });
  return { child, line };
}

/** The command lines of all processes; one that ends meanwhile is left out. */
function processes(): readonly string[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      return [readFileSync(`/proc/${name}/cmdline`, "utf8")];
    } catch {
      return [];
    }
  });
}

describe("a deploy's own SSH agent", () => {
  it("ends with the process that started it, also by SIGKILL, and its directory goes", async () => {
    const key = join(directory, "key");
    expect(runSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]).status).toBe(0);
    const code = `require("./ops/lib/pulumi").withSshAgent(${JSON.stringify(key)}, async (environment) => {
      console.log(environment.SSH_AUTH_SOCK);
      await new Promise((resolve) => setTimeout(resolve, 60000));
    });`;
    const { child, line: socket } = await started(code);
    const listed = (): number | null => runSync(["ssh-add", "-l"], { env: { ...process.env, SSH_AUTH_SOCK: socket } }).status;
    expect(listed()).toBe(0);
    child.kill("SIGKILL");
    await expect.poll(() => existsSync(join(socket, "..")), { timeout: 5000 }).toBe(false);
    // An agent looks every ten seconds whether its command is there.
    const agents = (): string => processes().join("\n");
    await expect.poll(agents, { timeout: 20_000, interval: 500 }).not.toContain(socket);
  }, 40_000);
});

describe("a program at the operator's terminal", () => {
  it("is ended by what would end this process, which waits for it", async () => {
    const program = JSON.stringify(["sh", "-c", "trap 'sleep 0.3; exit 7' TERM; echo ready; while :; do sleep 0.1; done"]);
    const { child } = await started(`require("./ops/lib/process").attached(${program}).then((code) => { process.exitCode = code; });`);
    const ended = new Promise((done) => {
      child.once("exit", done);
    });
    child.kill("SIGTERM");
    expect(await ended).toBe(7);
  }, 40_000);
});
