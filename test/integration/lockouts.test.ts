import { describe, expect, it } from "vitest";
import { type PlanFile, textsOf } from "../../components/plan/files";
import type { HostPlan } from "../../components/plan/hostPlan";
import { KEYS_DIRECTORY } from "../../components/plan/places";
import { DROP_IN } from "../../components/system/ssh/plan";
import { powerOffHard, startHost } from "../../sandbox/machines/power";
import { type Bench, DEAD_MAN_SECONDS } from "./bench";
import { useBench } from "./useBench";
import { pause, waitFor } from "./waiting";

function withText(plan: HostPlan, path: string, change: (text: string) => string): HostPlan {
  const changed = (file: PlanFile): PlanFile => {
    if (file.path !== path) return file;
    const [newest] = textsOf(file.content);
    return newest === undefined ? file : { ...file, content: { kind: "text", text: change(newest) } };
  };
  return { ...plan, files: plan.files.map(changed) };
}

/** Applies a change that cuts us off, and shows that access comes back, that the deploy is red, and that a further apply heals it. */
async function comesBack(bench: Bench, good: HostPlan, bad: HostPlan, cutOff: () => Promise<boolean>): Promise<void> {
  expect(await bench.letsIn()).toBe(true);
  // The answer may come late, or never, over a connection that the change itself cut.
  const applied = bench.apply(bad);
  await waitFor("we are cut off", cutOff);
  expect((await bench.confirm(bad)).code, "a confirmation that cannot connect is red").not.toBe(0);

  await waitFor("access comes back by itself", () => bench.letsIn());
  const { code, stdout } = await applied;
  if (code === 0) expect(stdout).toContain(`"confirmWithin":${String(DEAD_MAN_SECONDS)}`);
  const late = await bench.confirm(bad);
  expect(late.code, "a confirmation after the roll-back is red: a plain second deploy stays so").toBe(1);
  expect(late.stderr).toMatch(/cannot confirm: .*The change was rolled back or never applied; .*npx phiward up again/);

  expect((await bench.deploy(good)).unit).toBe(good.unit);
  expect((await bench.verify()).filter(({ status }) => status === "fail")).toEqual([]);
}

// Side by side, each on a host of its own: what takes time here is the wait for the switch.
describe.concurrent("a change that would lock everybody out is taken back", () => {
  const useIt = useBench({ hosts: 8 });

  it("SSH denied in the firewall", async (context) => {
    const bench = useIt(context);
    const good = bench.plan("ufw");
    const denied = (text: string): string => text.replaceAll(/^-A ufw6?-user-input .*\n/gm, "");
    const bad = withText(withText(good, "/etc/ufw/user.rules", denied), "/etc/ufw/user6.rules", denied);
    await comesBack(bench, good, bad, async () => !(await bench.letsIn()));
  });

  it("an SSH server whose settings pass its checker and let nobody in", async (context) => {
    const bench = useIt(context, 1);
    const good = bench.plan("ssh");
    const bad = withText(good, DROP_IN, (text) => text.replace(/^AllowGroups .*$/m, "AllowGroups nobody-at-all"));
    await comesBack(bench, good, bad, async () => !(await bench.letsIn()));
  });

  it("an SSH server that listens elsewhere", async (context) => {
    const bench = useIt(context, 2);
    const good = bench.plan("ssh");
    const bad = withText(good, DROP_IN, (text) => text.replace(/^Port .*$/m, "Port 2222"));
    await comesBack(bench, good, bad, async () => !(await bench.letsIn()));
  });

  it("the last administrator's key removed", async (context) => {
    const bench = useIt(context, 3);
    const good = bench.plan("people");
    const stranger = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3M1r1nq0y2eKw5m0b2f2d1K1c1m3s8vV5h0Zr9y7Qx nobody\n";
    const bad = withText(
      withText(good, `${KEYS_DIRECTORY}/deploy`, () => stranger),
      `${KEYS_DIRECTORY}/alice`,
      () => stranger,
    );
    await comesBack(bench, good, bad, async () => !(await bench.letsIn()));
  });

  it("sudo taken from the deploy account", async (context) => {
    const bench = useIt(context, 4);
    const good = bench.plan("people");
    const bad = withText(good, "/etc/sudoers.d/phiward", (text) => text.replace(/^deploy .*\n/m, ""));
    await comesBack(bench, good, bad, async () => !(await bench.letsIn()));
  });

  it("the network dropped", async (context) => {
    const bench = useIt(context, 5);
    const good = bench.plan("ufw");
    const [, gateway = ""] = /via (\S+)/.exec(await bench.inside("ip", "-4", "route", "show", "default")) ?? [];
    const bad: HostPlan = {
      ...good,
      steps: [
        ...good.steps,
        {
          id: "drop-network",
          argv: ["ip", "link", "set", "eth0", "down"],
          phase: "after",
          when: { kind: "state", unless: { argv: ["cat", "/sys/class/net/eth0/operstate"], expect: { kind: "equals", text: "down" } } },
          undo: {
            kind: "run",
            commands: [
              ["ip", "link", "set", "eth0", "up"],
              ["-ip", "route", "add", "default", "via", gateway],
            ],
          },
        },
      ],
    };
    // Asked on the host: a login that were under way would hang while the network is down, and succeed when it is back.
    const isDown = async (): Promise<boolean> => (await bench.inside("cat", "/sys/class/net/eth0/operstate")).trim() === "down";
    await comesBack(bench, good, bad, isDown);
  });

  it("a change whose confirmation never comes because the host loses power: the old state is there at boot", async (context) => {
    const bench = useIt(context, 6);
    const good = bench.plan("ssh");
    const bad = {
      ...withText(good, DROP_IN, (text) => text.replace(/^AllowGroups .*$/m, "AllowGroups nobody-at-all")),
      deadManSeconds: 3600,
    };
    expect((await bench.apply(bad)).code).toBe(0);
    await waitFor("we are cut off", async () => !(await bench.letsIn()));

    await powerOffHard(bench.host);
    await startHost(bench.host);
    await waitFor("access is back after the boot", () => bench.letsIn());
    expect((await bench.verify()).filter(({ status }) => status === "fail")).toEqual([]);
  });

  it("a confirmed change stays", async (context) => {
    const bench = useIt(context, 7);
    const plan = withText(bench.plan("ssh"), DROP_IN, (text) => text.replace(/^MaxAuthTries .*$/m, "MaxAuthTries 3"));
    expect((await bench.deploy(plan)).status).toBe("changed");
    await pause("a switch that were still armed would have taken the change back", DEAD_MAN_SECONDS + 3);
    expect(await bench.inside("sshd", "-T")).toContain("maxauthtries 3");
    expect((await bench.deploy(bench.plan("ssh"))).status).toBe("changed");
  });
});
