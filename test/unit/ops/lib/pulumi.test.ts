/** What a deploy leaves where its own process is ended: no agent that holds a key, no program that goes on by itself. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { attached, runSync, start } from "../../../../ops/lib/process";
import { askPulumi, exitCode, requirePulumi, runPulumi } from "../../../../ops/lib/pulumi";

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
    await expect.poll(() => existsSync(join(socket, "..")), { timeout: 60_000 }).toBe(false);
    // An agent looks every ten seconds whether its command is there.
    const agents = (): string => processes().join("\n");
    await expect.poll(agents, { timeout: 60_000, interval: 500 }).not.toContain(socket);
  });
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
  });
});

describe("the Pulumi CLI", () => {
  /** An environment in which `pulumi` is this script. */
  function pulumi(...lines: readonly string[]): NodeJS.ProcessEnv {
    const bin = mkdtempSync(join(directory, "bin-"));
    writeFileSync(join(bin, "pulumi"), ["#!/bin/sh", ...lines, ""].join("\n"));
    chmodSync(join(bin, "pulumi"), 0o755);
    return { ...process.env, PATH: `${bin}:${String(process.env["PATH"])}` };
  }

  it("ends a command of ours by the codes of ours: 1 refused or failed, 2 could not run, and never 3", () => {
    const codes = Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255].map((code) => [code, exitCode(code)]));
    expect(codes).toEqual({ 0: 0, 1: 1, 2: 2, 3: 2, 4: 1, 5: 1, 6: 2, 7: 1, 8: 1, 9: 1, 255: 2 });
  });

  it("is refused where it is missing or older than what a deploy was tried with", () => {
    for (const version of ["v3.259.0", "3.300.1", "v3.260.0-alpha.1+abc"])
      expect(() => {
        requirePulumi(version);
      }).not.toThrow();
    for (const version of ["v3.258.9", "v2.999.0", "v3.100.0", "v4.0.0", "what", "v3"])
      expect(() => {
        requirePulumi(version);
      }).toThrow(`pulumi: found ${version}, allowed: the Pulumi CLI 3.259 or newer`);
    expect(() => {
      requirePulumi("\u001b[31mno");
    }).toThrow("found an answer that is not a version");
  });

  it("that a signal ended is not taken for a deploy that failed", async () => {
    await expect(runPulumi(["up"], pulumi("kill -KILL $$"))).rejects.toThrow(/^pulumi up: ended by a signal .* npx phiward up again/);
    expect(await attached(["sh", "-c", "kill -TERM $$"])).toBe(143);
  });

  it("that finds the stack locked is answered with what to do", () => {
    const locked = pulumi("echo 'error: the stack is currently locked by 1 lock(s).' >&2; exit 1");
    expect(() => askPulumi(["stack", "import"], locked)).toThrow(/locked by 1 lock\(s\)\.\n.* run pulumi cancel, and this command again$/);
    expect(() => askPulumi(["stack", "import"], pulumi("echo 'error: no' >&2; exit 1"))).toThrow(/no$/);
  });
});
