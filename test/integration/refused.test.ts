import { describe, expect, it } from "vitest";
import type { PlanFile } from "../../components/plan/files";
import type { HostPlan } from "../../components/plan/hostPlan";
import { type Bench } from "./bench";
import { useBench } from "./useBench";

const SECRET = "hunter2-never-to-be-printed";

/** A plan with one of its files spoilt; the rubbish stands for a secret in the wrong place. */
function spoilt(plan: HostPlan, path: string): HostPlan {
  return {
    ...plan,
    files: plan.files.map(
      (file): PlanFile => (file.path === path ? { ...file, content: { kind: "text", text: `${SECRET} = rubbish(\n` } } : file),
    ),
  };
}

const ETC =
  "cd / && find etc var/lib/phiward/units -xdev -not -name mtab -printf '%p %m %U:%G %s %T@ %l\\n' | sort; find etc -xdev -type f -exec sha256sum {} + | sort";

async function fileSystem(bench: Bench): Promise<string> {
  return bench.inside("sh", "-c", ETC);
}

describe("a file that its own checker refuses", () => {
  const useIt = useBench();
  it.for([
    ["ssh", "/etc/ssh/sshd_config.d/00-phiward.conf", "sshd"],
    ["ssh", "/etc/ssh/sshd_config", "sshd"],
    ["people", "/etc/sudoers.d/phiward", "visudo"],
    ["people", "/etc/sudoers", "visudo"],
    ["ufw", "/etc/ufw/user.rules", "iptables-restore"],
    ["ufw", "/etc/ufw/user6.rules", "ip6tables-restore"],
    ["ufw", "/etc/ufw/after.rules", "iptables-restore"],
    ["fail2ban", "/etc/fail2ban/jail.d/phiward.local", "fail2ban-client"],
  ] as const)(
    "%s: %s leaves the host byte for byte as it was, and is named without its content",
    async ([unit, path, checker], context) => {
      const bench = useIt(context);
      const before = await fileSystem(bench);
      const answer = await bench.apply(spoilt(bench.plan(unit), path));
      expect(answer.code).toBe(1);
      expect(answer.stderr).toContain(`${path}: rejected by ${checker}`);
      expect(answer.stdout + answer.stderr).not.toContain(SECRET);
      expect(await fileSystem(bench)).toBe(before);
      expect(await bench.inside("journalctl", "--quiet", "--output=cat")).not.toContain(SECRET);
      expect((await bench.inside("stat", "--format=%a %U", "/var/lib/phiward", `/var/lib/phiward/log/${unit}.log`)).trim()).toBe(
        "700 root\n600 root",
      );
    },
  );

  it("a system the plan is not proven on is refused before anything is done", async (context) => {
    const bench = useIt(context);
    const before = await fileSystem(bench);
    const answer = await bench.apply({ ...bench.plan("ssh"), systems: ["debian 12"] });
    expect(answer.code).toBe(1);
    expect(answer.stderr).toBe("phiward: ssh: the host's system: found debian 13, allowed: debian 12; nothing was changed");
    expect(await fileSystem(bench)).toBe(before);
  });
});
