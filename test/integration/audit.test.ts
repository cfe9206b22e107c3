/** The records of the kernel itself: this machine's audit is lent to one host. */
import { describe, expect, it } from "vitest";
import { overSsh } from "../../ops/lib/ssh";
import { execInHost } from "../../sandbox/machines/exec";
import { type AuditProgram, unlockedRules, withKernelAudit } from "../../sandbox/machines/kernelAudit";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

const RULES = "/etc/audit/rules.d/phiward.rules";
const SECRET = "/var/lib/phiward/services/api/secrets/key";
const CONTAINER = "10101";
// A short queue with the plan's own wait and failure, and one directory: hosts beside this one share the kernel.
const NARROW = `mkdir -p /run/probe && { echo -D; echo -b 64; grep -E '^(--backlog_wait_time|-f) ' ${RULES};
  echo '-a always,exit -F arch=b64 -F dir=/run/probe -F perm=wa -F key=probe'; } > /run/narrow.rules`;

/** What ausearch(8) finds of a key, by names in place of numbers. */
async function found(asked: AuditProgram, key: string): Promise<readonly string[]> {
  const { stdout } = await asked(["ausearch", "--input-logs", "--key", key, "--interpret"]);
  return stdout.split("----\n").filter((event) => event !== "");
}

describe("the kernel's records of who did what", () => {
  const useIt = useBench();

  it("are left to a host with a kernel of its own, and nothing fails in one without", async (context) => {
    const bench = useIt(context);
    const results = (await bench.verify()).filter(({ id }) => id.startsWith("audit"));
    const skipped = results.filter(({ status }) => status === "skipped").map(({ id }) => id);
    expect(skipped).toEqual([
      "audit-rules-in-effect",
      "audit-rules-locked",
      "audit-records-not-lost",
      "audit-daemon-runs",
      "audit-records-in-journal",
    ]);
    expect(results.filter(({ status }) => status === "fail")).toEqual([]);
    expect(await bench.inside("systemctl", "list-units", "--failed", "--no-legend")).toBe("");
  });

  it("name whoever reads a key: a container's user, a person, a deploy, root", async (context) => {
    const bench = useIt(context);
    const rules = await unlockedRules(bench.host);
    await bench.inside("sh", "-c", `install -d -m 0711 $(dirname ${SECRET}) && echo secret > ${SECRET}`);
    await bench.inside("sh", "-c", `chmod 0711 /var/lib/phiward && chown ${CONTAINER} ${SECRET} && chmod 0400 ${SECRET}`);
    await withKernelAudit(bench.host, rules, async (asked) => {
      expect((await execInHost(bench.host, ["setpriv", "--reuid", CONTAINER, "--clear-groups", "cat", SECRET])).code).toBe(0);
      await bench.inside("head", "-c1", SECRET);
      const person = await overSsh(bench.target("alice"), `sudo -n tail -c1 ${SECRET}`, "", bench.patience);
      expect(person.code, person.stderr).toBe(0);
      await bench.verify();

      const reads = (await found(asked, "key-files")).filter((event) => event.includes(`name=${SECRET} `));
      const who = (event: string): string => /auid=\S+ uid=\S+.* comm=\S+/.exec(event)?.[0].replace(/ gid=.* comm/, " comm") ?? event;
      expect(reads.map(who)).toEqual([
        `auid=unset uid=unknown(${CONTAINER}) comm=cat`,
        "auid=unset uid=root comm=head",
        "auid=alice uid=root comm=tail",
      ]);
      expect((await found(asked, "as-another")).filter((event) => event.includes("auid=alice")).join("")).toContain(`a2=${SECRET}`);

      // Of a deploy the account is everybody's; its session is on record with the person, and so is what was asked for.
      const asRoot = (await found(asked, "as-another")).filter((event) => event.includes("auid=deploy"));
      // Hosts beside this one share the kernel, and deploy as an account of the same number.
      const recorded = new Set([...asRoot.join("").matchAll(/auid=deploy .* ses=(\d+)/g)].map(([, session]) => session));
      const lines = await bench.journal("--identifier=phiward-deploy", "--output=cat");
      const own = [...lines.matchAll(/^alice from \S+: audit session (\d+)\nalice from \S+: request \S+ \(verify\)/gm)];
      expect(own.length).toBeGreaterThan(0);
      expect(recorded).toContain(own.at(-1)?.[1]);
    });
  });

  it("hold up nothing while their daemon hangs, is dead or has no room, say so, and go on after it", async (context) => {
    const bench = useIt(context);
    await bench.inside("sh", "-c", NARROW);
    // Its own disk, so that a full one is nobody else's.
    await bench.inside("sh", "-c", "mount -t tmpfs -o size=4m,mode=0700 tmpfs /var/log/audit");
    const health = async (asked: AuditProgram): Promise<string> =>
      (await asked(["python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "audit", "health"])).stdout.trim();
    // Seconds of five acts, each on record.
    const acts = async (): Promise<number> => {
      const begun = performance.now();
      await bench.inside("sh", "-c", "for act in 1 2 3 4 5; do : > /run/probe/act; done");
      return (performance.now() - begun) / 1000;
    };
    const written = async (asked: AuditProgram, name: string): Promise<number> => {
      await bench.inside("touch", `/run/probe/${name}`);
      return (await found(asked, "probe")).filter((event) => event.includes(`/run/probe/${name}`)).length;
    };
    await withKernelAudit(bench.host, "/run/narrow.rules", async (asked) => {
      expect(await health(asked)).toMatch(/^a daemon takes them; lost \d+$/);
      await bench.inside("sh", "-c", "! cat /dev/zero > /var/log/audit/fill");
      expect(await acts(), "seconds with a full disk").toBeLessThan(30);
      await bench.inside("rm", "/var/log/audit/fill");
      await waitFor("records after there is room", async () => (await written(asked, "room")) > 0);

      const daemon = Number(/^pid (\d+)$/m.exec((await asked(["auditctl", "-s"])).stdout)?.[1]);
      const lost = Number(/\d+$/.exec(await health(asked))?.[0]);
      process.kill(daemon, "SIGSTOP");
      try {
        await bench.inside("sh", "-c", "timeout 5 sh -c 'while :; do : > /run/probe/flood; done' || true");
        const seconds = await acts();
        console.log(`five acts beside a daemon that hangs: ${seconds.toFixed(1)} s`);
        expect(seconds).toBeLessThan(60);
        expect(Number(/\d+$/.exec(await health(asked))?.[0])).toBeGreaterThan(lost);
      } finally {
        process.kill(daemon, "SIGCONT");
      }
      await waitFor("records after it goes on", async () => (await written(asked, "again")) > 0);

      process.kill(daemon, "SIGKILL");
      // The kernel notices by the next record.
      await waitFor("a word about a dead daemon", async () => {
        await acts();
        return (await health(asked)).startsWith("no daemon takes them; lost ");
      });
      expect(await acts(), "seconds without a daemon").toBeLessThan(30);
    });
  });
});
