import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { baseline } from "../../../../../components/system/baseline/concern";
import { BLOCKED_MODULES, INTERFACE_SYSCTLS, networkKeys, SYSCTLS } from "../../../../../components/system/baseline/kernel";
import { baselinePlan } from "../../../../../components/system/baseline/plan";
import { baselineSettings } from "../../../../../components/system/baseline/settings";
import { configurations } from "../../configurations";
import { changed, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const NETWORK_SYSCTLS = networkKeys(SYSCTLS);
const plan = baselinePlan(baselineSettings(CONFIG, "web"));

const values = (settings: typeof SYSCTLS): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(settings).map(([key, { value }]) => [key, value]));

describe("the baseline's plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, baseline);
  });

  it("asks the host for every kernel setting that it writes, and for no other value", () => {
    const written = textOf(plan, "/etc/sysctl.d/zz-phiward.conf")
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" = "));
    expect(Object.fromEntries(written)).toEqual(values({ ...SYSCTLS, ...INTERFACE_SYSCTLS }));
    const asked = plan.checks.flatMap(({ argv, expect: answer }) =>
      argv[0] === "sysctl" && answer.kind === "equals" ? [[argv.at(-1), answer.text]] : [],
    );
    expect(Object.fromEntries(asked)).toEqual(values(SYSCTLS));
  });

  it("claims no setting of the network to be out of a container's reach", () => {
    const skipped = plan.checks.filter(({ argv, skipInContainer }) => argv[0] === "sysctl" && skipInContainer !== undefined);
    expect(skipped.filter(({ argv }) => argv.at(-1)?.startsWith("net."))).toEqual([]);
    expect(skipped).toHaveLength(Object.keys(SYSCTLS).length - NETWORK_SYSCTLS.length);
  });

  it("compares live network settings in the order in which it asks for them", () => {
    const load = plan.steps.find(({ id }) => id === "load-network-sysctls");
    expect(load?.when).toEqual({
      kind: "state",
      unless: {
        argv: ["sysctl", "-n", ...NETWORK_SYSCTLS],
        expect: { kind: "equals", text: NETWORK_SYSCTLS.map((key) => SYSCTLS[key]?.value).join("\n") },
      },
    });
  });

  it("leaves router advertisements to the kernel where they are declared, and refuses them on every interface elsewhere", () => {
    const file = (routerAdvertisements: "accepted" | "refused"): string =>
      textOf(baselinePlan(baselineSettings({ ...CONFIG, network: { routerAdvertisements } }, "web")), "/etc/sysctl.d/zz-phiward.conf");
    for (const which of ["all", "default", "*"]) expect(file("refused")).toContain(`net.ipv6.conf.${which}.accept_ra = 0\n`);
    expect(file("accepted")).not.toContain("accept_ra");
  });

  it("refuses to take away the route by which somebody may come in, unless advertisements are accepted", () => {
    const steps = (routerAdvertisements: "accepted" | "refused"): readonly string[] =>
      baselinePlan(baselineSettings({ ...CONFIG, network: { routerAdvertisements } }, "web")).steps.map(({ id }) => id);
    expect(steps("refused")[0]).toBe("no-advertised-route");
    expect(steps("accepted")).not.toContain("no-advertised-route");
  });

  it("keeps the ports by which services are reached for root", () => {
    expect(Number(/ip_unprivileged_port_start = (\d+)/.exec(textOf(plan, "/etc/sysctl.d/zz-phiward.conf"))?.[1])).toBe(30_000);
  });

  it("blocks every module and asks for each", () => {
    expect(plan.checks.flatMap(({ argv }) => (argv[0] === "modprobe" ? [argv.at(-1)] : []))).toEqual(Object.keys(BLOCKED_MODULES));
  });

  it.each([
    ["sysctl-kernel-randomize-va-space", "KRN-01"],
    ["sysctl-fs-suid-dumpable", "KRN-04"],
    ["sysctl-fs-protected-fifos", "KRN-05"],
    ["sysctl-net-ipv4-conf-each-rp-filter", "KRN-10"],
    ["sysctl-net-ipv6-conf-all-accept-redirects", "KRN-11"],
    ["sysctl-net-ipv6-conf-each-accept-source-route", "KRN-12"],
    ["sysctl-net-ipv4-icmp-echo-ignore-broadcasts", "KRN-13"],
    ["sysctl-net-ipv4-tcp-rfc1337", "KRN-14"],
    ["module-dccp-blocked", "KRN-16"],
    ["module-cramfs-blocked", "KRN-17"],
    ["module-usb-storage-blocked", "KRN-18"],
  ])("files %s under %s", (id, control) => {
    expect(plan.checks.find((check) => check.id === id)?.control).toBe(control);
  });

  it("leaves overlay and vfat to Docker and to EFI", () => {
    expect(Object.keys(BLOCKED_MODULES)).not.toContain("overlay");
    expect(Object.keys(BLOCKED_MODULES)).not.toContain("vfat");
  });

  it("restarts on its own only where that was chosen", () => {
    const updates = (reboot: string): string => {
      const config = parseConfig(changed(smallest(), { updates: { reboot, rebootTime: "04:15" } }));
      return textOf(baselinePlan(baselineSettings(config, "web")), "/etc/apt/apt.conf.d/zz-phiward-updates");
    };
    expect(updates("automatic")).toMatch(/^Unattended-Upgrade::Automatic-Reboot "true";$/m);
    expect(updates("automatic")).toMatch(/^Unattended-Upgrade::Automatic-Reboot-Time "04:15";$/m);
    expect(updates("manual")).toMatch(/^Unattended-Upgrade::Automatic-Reboot "false";$/m);
  });

  it("shows the banner before every login, as it was written and with one line end, and nothing of the system", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = parseConfig(raw);
        const rendered = baselinePlan(baselineSettings(config, "web"));
        for (const path of ["/etc/issue", "/etc/issue.net"]) {
          expect(textOf(rendered, path)).toBe(`${config.banner.trimEnd()}\n`);
          expect(textOf(rendered, path)).not.toContain("\\");
        }
        expect(textOf(rendered, "/etc/motd")).toBe("");
      }),
      { numRuns: 50 },
    );
  });

  it("gives each setting one line of its file, whatever the configuration", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const rendered = baselinePlan(baselineSettings(parseConfig(raw), "web"));
        expect(textOf(rendered, "/etc/systemd/journald.conf.d/zz-phiward.conf")).toMatch(/^\[Journal\]\n([A-Za-z]+=[A-Za-z0-9]+\n)+$/);
        expect(textOf(rendered, "/etc/systemd/timesyncd.conf.d/zz-phiward.conf")).toMatch(
          /^\[Time\]\nNTP=\nNTP=[A-Za-z0-9.: -]+\nFallbackNTP=\n$/,
        );
        expect(textOf(rendered, "/etc/apt/apt.conf.d/zz-phiward-updates")).toMatch(/^((#clear [A-Za-z:-]+;|[A-Za-z:-]+ "[^"\n]*";)\n)+$/);
        expect(textOf(rendered, "/etc/profile.d/zz-phiward.sh")).toMatch(/^readonly TMOUT=\d+\n/);
      }),
      { numRuns: 50 },
    );
  });
});
