import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Argv } from "../../../../ops/lib/programs";
import { mustRun, run } from "../../../../sandbox/machines/run";
import { waitFor } from "../../waiting";

describe("running a program", () => {
  it("resolves with the exit status and both outputs, without a shell", async () => {
    expect(await run(["printf", "%s", "$HOME; *"])).toEqual({ code: 0, stdout: "$HOME; *", stderr: "" });
    expect(await run(["sh", "-c", "echo no >&2; exit 3"])).toEqual({ code: 3, stdout: "", stderr: "no\n" });
  });

  it("gives the program its standard input, and an empty one by default", async () => {
    expect((await run(["cat"], { stdin: "grüße\0" })).stdout).toBe("grüße\0");
    expect((await run(["cat"])).stdout).toBe("");
  });

  it("does not mind a program that leaves its input unread", async () => {
    expect((await run(["true"], { stdin: Buffer.alloc(10_000_000) })).code).toBe(0);
  });

  it("reports a deadly signal as a shell does", async () => {
    expect((await run(["sh", "-c", "kill -TERM $$"])).code).toBe(143);
  });

  it("kills the program and its children when its time is up", async () => {
    const pids: string[] = [];
    const argv: Argv = ["sh", "-c", "sleep 60 & echo $! >&2; wait"];
    await expect(run(argv, { timeout: 1000, onLine: (line) => pids.push(line) })).rejects.toThrow("still running after 1000 ms");
    expect(pids).toHaveLength(1);
    // A killed process closes its files a moment before it is gone.
    await waitFor("its end", () => !isRunning(pids[0] ?? ""));
  });

  it("is rejected with the reason of an abort, before or during", async () => {
    const reason = new Error("enough");
    await expect(run(["true"], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const running = run(["sleep", "60"], { signal: controller.signal });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it("names the program that is not installed, and its package", async () => {
    await expect(run(["wrk"], { env: { PATH: "/no/such/directory" } })).rejects.toThrow(
      "wrk: found no such program on PATH, allowed: the one of Debian's package wrk; apt-get install wrk",
    );
  });

  it("turns a failure into one line where success is a must", async () => {
    await expect(mustRun(["sh", "-c", "echo first >&2; echo last >&2; exit 4"])).rejects.toThrow(/exit 4: last$/);
  });
});

/** Returns whether a process is there and not a zombie that nobody has waited for yet. */
function isRunning(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
