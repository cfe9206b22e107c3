import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { AbsolutePath, PlanFile } from "../../components/plan/files";
import { type HostPlan, hostPlan } from "../../components/plan/hostPlan";
import { EMPTY_PLAN } from "../../components/plan/types";
import { execInHost } from "../../sandbox/machines/exec";
import { type Bench } from "./bench";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

const SECRET = "s3cret-Zq7xW2mK9pLr";
type Outcome = "accepted" | "refused" | "failing step";

function pathOf(outcome: Outcome): AbsolutePath {
  return `/etc/phiward-${outcome.replace(" ", "-")}.conf`;
}

/** A secret file, a checker that prints what it checks, and steps that print it too and take a while. */
function plan(outcome: Outcome): HostPlan {
  const PATH = pathOf(outcome);
  const file: PlanFile = { path: PATH, owner: "root:root", mode: "0600", content: { kind: "secret", secret: "token", version: "1" } };
  const always = { kind: "state", unless: { argv: ["false"], expect: { kind: "exit", code: 0 } } } as const;
  return hostPlan(outcome.replace(" ", "-"), null, {
    ...EMPTY_PLAN,
    files: [file],
    validators: [
      {
        id: "printing-checker",
        argv: outcome === "refused" ? ["grep", "--invert-match", "nothing-like-it", PATH, "/no/such/file"] : ["cat", PATH],
        files: [file],
      },
    ],
    steps: [
      { id: "print-it", argv: ["cat", PATH], phase: "after", when: always, undo: { kind: "none" } },
      { id: "take-time", argv: ["sleep", "1"], phase: "after", when: always, undo: { kind: "none" } },
      ...(outcome === "failing step"
        ? [
            {
              id: "fail",
              argv: ["grep", "--with-filename", ".", PATH, "/no/such/file"],
              phase: "after" as const,
              when: always,
              undo: { kind: "none" as const },
            },
          ]
        : []),
    ],
  });
}

/** Collects every process's arguments and environment, over and over, until stopped; returns what was seen of the secret. */
function watch(bench: Bench): { stop: () => Promise<{ hits: string; samples: number }> } {
  const script = `: > /run/samples; touch /run/watching; n=0
while [ -e /run/watching ]; do
  n=$((n+1)); cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -aFf /run/wanted
  echo $n >> /run/samples; sleep 0.01
done; echo "samples $n" >&2`;
  // What is looked for is in a file, so that the watcher does not find itself.
  const running = execInHost(bench.host, ["sh", "-c", `cat > /run/wanted; ${script}`], { stdin: SECRET });
  return {
    stop: async () => {
      await bench.inside("rm", "/run/watching");
      const { stdout, stderr } = await running;
      return { hits: stdout, samples: Number(/samples (\d+)/.exec(stderr)?.[1] ?? 0) };
    },
  };
}

async function everywhereButHome(bench: Bench): Promise<string> {
  const places = ["/etc", "/var", "/run", "/tmp", "/root", "/home", "/dev/shm"];
  const { stdout } = await execInHost(bench.host, [
    "sh",
    "-c",
    `grep -rlaFf /run/wanted ${places.join(" ")} 2>/dev/null | grep -vx /run/wanted | sort`,
  ]);
  return stdout;
}

describe("a secret handed to a host", () => {
  const useIt = useBench({ state: "adopted" });

  it.for(["accepted", "refused", "failing step"] as const)(
    "%s: is in its file at most, and in no answer, argument, environment or journal",
    async (outcome, context) => {
      const bench = useIt(context);
      const watcher = watch(bench);
      await waitFor("the watcher runs", async () => (await execInHost(bench.host, ["test", "-e", "/run/watching"])).code === 0);
      const answer = await bench.apply(plan(outcome), { token: SECRET });
      const { hits, samples } = await watcher.stop();
      expect(answer.code).toBe(outcome === "accepted" ? 0 : 1);
      expect(answer.stdout + answer.stderr).not.toContain(SECRET);
      expect(samples).toBeGreaterThan(5);
      expect(hits).toBe("");
      expect(await bench.inside("journalctl", "--quiet", "--output=verbose", "--all")).not.toContain(SECRET);
      // The words of a checker or a step that failed are kept for root alone.
      const found = outcome === "accepted" ? pathOf(outcome) : `/var/lib/phiward/log/${outcome.replace(" ", "-")}.log`;
      expect(await everywhereButHome(bench)).toBe(`${found}\n`);
      expect((await bench.inside("stat", "--format=%a %U", found)).trim()).toBe("600 root");
      await bench.inside("rm", "-f", found);
    },
  );

  it("the watcher would have seen it", async (context) => {
    const bench = useIt(context);
    const watcher = watch(bench);
    await waitFor("the watcher runs", async () => (await execInHost(bench.host, ["test", "-e", "/run/watching"])).code === 0);
    // It is there from before one sample begins until that has ended.
    const wait = "n=$(wc -l < /run/samples); until [ $(wc -l < /run/samples) -gt $((n + 1)) ]; do sleep 0.1; done";
    await bench.inside("sh", "-c", `TOKEN=${SECRET} sh -c '${wait}'; sleep 0`);
    expect((await watcher.stop()).hits).toContain(SECRET);
  });

  it("the break-glass password is nowhere in the clear", async (context) => {
    const bench = useIt(context);
    await bench.deployAll();
    const { stdout } = await execInHost(
      bench.host,
      [
        "sh",
        "-c",
        "umask 077; cat > /run/key; age --decrypt --identity /run/key /var/lib/phiward/escrow/breakglass-password.1.age; rm /run/key",
      ],
      { stdin: readFileSync(bench.sandbox.keyFile) },
    );
    expect(stdout.trim()).toHaveLength(32);
    await execInHost(bench.host, ["sh", "-c", "cat > /run/wanted"], { stdin: stdout.trim() });
    expect(await everywhereButHome(bench)).toBe("");
    expect(await bench.inside("journalctl", "--quiet", "--output=verbose", "--all")).not.toContain(stdout.trim());
  });
});
