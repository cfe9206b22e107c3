import { describe, expect, it } from "vitest";
import { textFile } from "../../components/plan/files";
import { type HostPlan, hostPlan } from "../../components/plan/hostPlan";
import { AGENT_COMMAND, envelope } from "../../components/plan/request";
import { ANY, EMPTY_PLAN } from "../../components/plan/types";
import { start } from "../../ops/lib/process";
import { overSsh, sshArgv } from "../../ops/lib/ssh";
import { execInHost } from "../../sandbox/machines/exec";
import { type Bench } from "./bench";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

const DIRECTORY = "/etc/phiward-test";
const CUTS = 8;

/** Twelve files of one version, and a step as slow as a reload: a change that is wide open to being cut in the middle. */
function plan(version: string): HostPlan {
  const files = Array.from({ length: 12 }, (_, index) => textFile(`${DIRECTORY}/${String(index)}.conf`, `${version}\n`.repeat(200)));
  return hostPlan("interrupted", null, {
    ...EMPTY_PLAN,
    directories: [{ path: DIRECTORY, owner: "root:root", mode: "0755", exclusive: { noun: "test files", keep: [] } }],
    files: version === "b" ? [...files.slice(0, 10), textFile(`${DIRECTORY}/only-b.conf`, "b\n")] : files,
    steps: [{ id: "slow", argv: ["sleep", "0.3"], phase: "after", when: { kind: "change", on: [ANY] }, undo: { kind: "again" } }],
  });
}

/** `a` or `b` if every file is of that one version, and what else is there otherwise. */
async function versionOf(bench: Bench): Promise<string> {
  const names = (await bench.inside("sh", "-c", `cd ${DIRECTORY} && ls -A | sort | tr '\\n' ' '`)).trim();
  const lines = (await bench.inside("sh", "-c", `cat ${DIRECTORY}/* | sort | uniq -c`)).trim().replaceAll(/\s+/g, " ");
  const all = (count: number): string =>
    Array.from({ length: count }, (_, index) => `${String(index)}.conf`)
      .sort()
      .join(" ");
  if (names === all(12) && lines === "2400 a") return "a";
  if (names === `${all(10)} only-b.conf` && lines === "2001 b") return "b";
  return `half: ${names}: ${lines}`;
}

// A command that the SSH server had accepted when its client died may be about to start: then that session is still there.
const UNDER_WAY = "python3 -I|sshd-(session|auth)";

async function settled(bench: Bench): Promise<void> {
  await waitFor("the agent has ended", async () => {
    const { stdout } = await execInHost(bench.host, [
      "systemctl",
      "list-units",
      "--plain",
      "--no-legend",
      "phiward-apply-*",
      "phiward-recover@*",
    ]);
    return stdout.trim() === "" && (await execInHost(bench.host, ["pgrep", "--full", UNDER_WAY])).code === 1;
  });
}

// Beside what follows, which is a minute of waiting.
describe.concurrent("an apply", () => {
  describe("that is interrupted", { concurrent: false }, () => {
    const useIt = useBench({ state: "adopted" });

    it(`${String(CUTS)} times by a cut connection: the unit is old or new, never half, and the next apply finishes`, async (context) => {
      const bench = useIt(context);
      await bench.deploy(plan("a"));
      // From the beginning of an apply to beyond its end, as long as one takes here and now.
      const began = performance.now();
      await bench.deploy(plan("b"));
      const whole = 1.2 * (performance.now() - began);
      await bench.deploy(plan("a"));
      const seen = { a: 0, b: 0 };
      for (let cut = 0; cut < CUTS; cut++) {
        await cutConnection(bench, plan("b"), (whole * (cut + 0.4 * Math.random())) / CUTS);
        await settled(bench);
        const version = await versionOf(bench);
        expect(["a", "b"], `cut ${String(cut)}`).toContain(version);
        seen[version === "a" ? "a" : "b"]++;
        await bench.deploy(plan("b"));
        expect(await versionOf(bench)).toBe("b");
        await bench.deploy(plan("a"));
      }
      // Cuts that were all too early or all too late would prove nothing.
      expect(seen.a, "cuts before the plan was whole").toBeGreaterThan(0);
      expect(seen.b, "cuts after it").toBeGreaterThan(0);
    });

    it(`${String(CUTS)} times by a killed agent: the unit is old or new, never half, and the next apply finishes`, async (context) => {
      const bench = useIt(context);
      await bench.deploy(plan("a"));
      let old = 0;
      for (let kill = 0; kill < CUTS; kill++) {
        const applied = bench.apply(plan("b"));
        await killAgent(bench, (600 * kill) / CUTS);
        await applied;
        await settled(bench);
        const version = await versionOf(bench);
        expect(["a", "b"], `kill ${String(kill)}`).toContain(version);
        if (version === "a") old++;
        await bench.deploy(plan("b"));
        expect(await versionOf(bench)).toBe("b");
        await bench.deploy(plan("a"));
      }
      expect(old, "kills that hit").toBeGreaterThan(0);
    });

    it("by the agent and its roll-back both being killed, over and over: the unit is old or new all the same", async (context) => {
      const bench = useIt(context);
      await bench.deploy(plan("a"));
      const applied = bench.apply(plan("b"));
      await killAgent(bench, 250, 20);
      await applied;
      await settled(bench);
      expect(["a", "b"]).toContain(await versionOf(bench));
      await bench.deploy(plan("b"));
      expect(await versionOf(bench)).toBe("b");
      await bench.deploy(plan("a"));
    });

    it("a request that arrives without its end does nothing", async (context) => {
      const bench = useIt(context);
      await bench.deploy(plan("a"));
      const { stdin } = envelope({ mode: "apply", plan: plan("b"), secrets: {} });
      for (const length of [0, 10, 60, 100, 5000, stdin.length - 1]) {
        const answer = await overSsh(bench.target(), AGENT_COMMAND, stdin.slice(0, length), bench.patience);
        expect(answer.code, `${String(length)} characters`).toBe(1);
        expect(answer.stderr).toBe("phiward: the request arrived incomplete; nothing was done");
      }
      expect(await versionOf(bench)).toBe("a");
    });

    it("two applies at once: one waits for the other, and none is mixed", async (context) => {
      const bench = useIt(context);
      await bench.deploy(plan("a"));
      const answers = await Promise.all([bench.apply(plan("b")), bench.apply(plan("a")), bench.apply(plan("b"))]);
      expect(answers.map(({ code }) => code)).toEqual([0, 0, 0]);
      expect(["a", "b"]).toContain(await versionOf(bench));
      await bench.deploy(plan("a"));
    });

    it("a full disk during an apply: the old files stay, and the message says what is wrong", async (context) => {
      const bench = useIt(context);
      await bench.inside("mkdir", "-p", "/etc/phiward-full");
      await bench.inside("mount", "-t", "tmpfs", "-o", "size=64k,mode=0755", "tmpfs", "/etc/phiward-full");
      const full = (letter: string, length: number): HostPlan =>
        hostPlan("full", null, {
          ...EMPTY_PLAN,
          files: [textFile("/etc/phiward-full/a.conf", letter.repeat(length)), textFile("/etc/phiward-full/b.conf", letter.repeat(length))],
        });
      await bench.deploy(full("a", 1000));
      const answer = await bench.apply(full("b", 50_000));
      expect(answer.code).toBe(1);
      expect(answer.stderr).toContain("No space left on device; the change was rolled back");
      expect(await bench.inside("sh", "-c", "cat /etc/phiward-full/*; ls -A /etc/phiward-full")).toBe(
        `${"a".repeat(2000)}a.conf\nb.conf\n`,
      );
    });
  });
});

describe.concurrent("an apply while another is under way", () => {
  const useIt = useBench({ state: "adopted" });

  it("that waits too long is refused, and says for whom", async (context) => {
    const bench = useIt(context);
    await bench.deploy(plan("a"));
    const slow: HostPlan = {
      ...plan("b"),
      unit: "slow",
      steps: [
        {
          id: "slow",
          argv: ["sh", "-c", "until test -e /run/enough; do sleep 0.2; done"],
          phase: "before",
          when: { kind: "state", unless: { argv: ["false"], expect: { kind: "exit", code: 0 } } },
          undo: { kind: "none" },
        },
      ],
    };
    // It goes on until the other one has given up.
    const first = bench.apply({ ...slow, files: [], directories: [] });
    await waitFor("the slow apply has begun", async () =>
      (await execInHost(bench.host, ["cat", "/run/phiward/lock"])).stdout.includes("apply slow"),
    );
    const second = await bench.apply(plan("b"));
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(
      /another operation is running \(apply slow, process \d+\); gave up after 60 s\. Nothing was changed; try again later/,
    );
    expect(await versionOf(bench)).toBe("a");
    await bench.inside("touch", "/run/enough");
    expect((await first).code).toBe(0);
  });
});

function cutConnection(bench: Bench, change: HostPlan, afterMilliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const child = start([...sshArgv(bench.target(), bench.patience), AGENT_COMMAND], { stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.on("error", () => undefined);
    child.stdin.end(envelope({ mode: "apply", plan: change, secrets: {} }).stdin);
    const timer = setTimeout(() => child.kill("SIGKILL"), afterMilliseconds);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Kills the agent's process, `times` over, some milliseconds after its unit has appeared. */
async function killAgent(bench: Bench, afterMilliseconds: number, times = 1): Promise<void> {
  const script = `for i in $(seq 400); do systemctl list-units --plain --no-legend 'phiward-apply-*.service' | grep -q . && break; sleep 0.01; done
sleep ${String(afterMilliseconds / 1000)}
for i in $(seq ${String(times)}); do systemctl kill --kill-whom=all --signal=KILL 'phiward-apply-*.service' 'phiward-recover@*.service'; sleep 0.05; done`;
  await execInHost(bench.host, ["sh", "-c", script]);
}
