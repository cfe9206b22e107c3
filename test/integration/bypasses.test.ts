import { describe, expect, it } from "vitest";
import type { PlanFile } from "../../components/plan/files";
import type { HostPlan } from "../../components/plan/hostPlan";
import { adopt } from "../../ops/commands/adopt";
import { execInHost } from "../../sandbox/machines/exec";
import { powerOffHard, startHost } from "../../sandbox/machines/power";
import { type Bench, DEAD_MAN_SECONDS } from "./bench";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

async function failures(bench: Bench): Promise<readonly string[]> {
  return (await bench.verify()).filter(({ status }) => status === "fail").map(({ id }) => id);
}

function withText(plan: HostPlan, path: string, text: string): HostPlan {
  return { ...plan, files: plan.files.map((file): PlanFile => (file.path === path ? { ...file, content: { kind: "text", text } } : file)) };
}

async function rolledBack(bench: Bench, unit: string): Promise<void> {
  await waitFor(
    "the roll-back",
    async () => (await execInHost(bench.host, ["test", "-e", `/var/lib/phiward/units/${unit}/transaction`])).code !== 0,
  );
}

// In two rounds, so that each way of a round is seen by a check of its own.
const ROUNDS = [
  [
    "options, a group, a script, a redirect",
    [
      {
        way: "an SSH server started with options",
        check: "ssh-daemon-plain",
        command: "echo 'SSHD_OPTS=\"-oPermitRootLogin=yes\"' > /etc/default/ssh; systemctl restart ssh",
      },
      {
        way: "a second group and a Match block in cloud-init's file",
        check: "ssh-nothing-beside-it",
        command:
          "printf 'AllowGroups users\\nMatch Address 198.51.100.0/24\\n  AuthenticationMethods any\\n  PasswordAuthentication yes\\n' > /etc/ssh/sshd_config.d/50-cloud-init.conf; systemctl reload ssh",
      },
      {
        way: "a script that UFW runs",
        check: "ufw-nothing-before-it-ipv4",
        command:
          "printf '#!/bin/sh\\niptables -I ufw-before-input -p tcp --dport 9999 -j ACCEPT\\n' > /etc/ufw/after.init; chmod 755 /etc/ufw/after.init; systemctl restart ufw",
      },
      {
        way: "a redirect accepted by one interface",
        check: "sysctl-net-ipv6-conf-each-accept-redirects",
        command: "sysctl -w net.ipv6.conf.eth0.accept_redirects=1",
      },
      { way: "a primary group as good as root", check: "people-own-group-of-alice", command: "usermod -g docker alice" },
    ],
  ],
  [
    "a drop-in, a rule, a password",
    [
      {
        way: "an SSH service with a drop-in",
        check: "ssh-daemon-plain",
        command:
          "mkdir -p /etc/systemd/system/ssh.service.d; printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/sshd -D -oPermitRootLogin=yes\\n' > /etc/systemd/system/ssh.service.d/x.conf; systemctl daemon-reload; systemctl restart ssh",
      },
      {
        way: "the firewall's own rules, edited",
        check: "ufw-own-rules-untouched-ipv4",
        command:
          "sed -i 's/^COMMIT/-A ufw-before-input -p tcp --dport 9999 -j ACCEPT\\nCOMMIT/' /etc/ufw/before.rules; systemctl restart ufw",
      },
      { way: "a password of a person", check: "people-no-passwords", command: "echo alice:hunter2 | chpasswd" },
    ],
  ],
] as const;

describe("ways round the declared state that leave their own file alone", () => {
  const useIt = useBench();

  it.for(ROUNDS)("are seen by a check each, and gone after the next apply: %s", async ([, ways], context) => {
    const bench = useIt(context);
    for (const { way, check, command } of ways) {
      expect(await failures(bench), way).not.toContain(check);
      await bench.inside("sh", "-c", command);
      expect(await failures(bench), way).toContain(check);
    }
    await bench.deployAll();
    expect(await failures(bench)).toEqual([]);
    const again = await bench.deployAll();
    expect(again.length).toBeGreaterThan(4);
    expect(again.filter(({ status }) => status !== "unchanged")).toEqual([]);
  });

  it.for(["iptables", "ip6tables"])("a rule put ahead of the firewall with %s is seen by a check", async (iptables, context) => {
    const bench = useIt(context);
    const rule = ["INPUT", "-p", "tcp", "--dport", "9999", "-j", "ACCEPT"];
    await bench.inside(iptables, "-I", ...rule);
    const seen = [`ufw-first-in-input-${iptables === "iptables" ? "ipv4" : "ipv6"}`, "integrity-nothing-undeclared"];
    expect(await failures(bench)).toEqual(seen);
    await bench.inside(iptables, "-D", ...rule);
  });

  it.for(["-D -p 2222 -oPermitRootLogin=yes", "-d -p 2222"])(
    "another SSH server, started with %s, is seen by a check",
    async (options, context) => {
      const bench = useIt(context);
      await bench.inside("sh", "-c", `setsid /usr/sbin/sshd ${options} </dev/null >/dev/null 2>&1 &`);
      await waitFor("the other server", async () => (await failures(bench)).includes("ssh-no-other-daemon"));
      expect(await failures(bench)).not.toContain("ssh-daemon-plain");
      await bench.inside("pkill", "-f", "sshd.* -p 2222");
      await waitFor("its end", async () => (await failures(bench)).length === 0);
    },
  );

  it("a filter of fail2ban made blind goes", async (context) => {
    const bench = useIt(context);
    await bench.inside(
      "sh",
      "-c",
      "printf '[Definition]\\nignoreregex = .*\\n' > /etc/fail2ban/filter.d/sshd.local; fail2ban-client reload --restart",
    );
    await bench.deployAll();
    expect(await bench.inside("ls", "/etc/fail2ban/filter.d")).not.toContain(".local");
    expect(await bench.inside("fail2ban-client", "get", "sshd", "ignoreregex")).toContain("No ");
  });
});

// Side by side, each on a host of its own: what takes time here is the wait for a switch.
describe.concurrent("a roll-back", () => {
  const useIt = useBench({ hosts: 4 });

  it("restores the firewall's own rules, where a way in may have been, and keeps a copy of what is replaced", async (context) => {
    const bench = useIt(context);
    await bench.inside(
      "sh",
      "-c",
      "sed -i 's/^COMMIT/-A ufw-before-input -p tcp --dport 22 -j ACCEPT\\nCOMMIT/' /etc/ufw/before.rules; rm /var/lib/phiward/units/ufw/generation.json; systemctl restart ufw",
    );
    const nobody = bench.plan("ufw").files.find(({ path }) => path === "/etc/ufw/user.rules");
    const text = nobody?.content.kind === "text" ? nobody.content.text.replaceAll(/^-A ufw-user-input .*\n/gm, "") : "";
    const applied = bench.apply(withText(bench.plan("ufw"), "/etc/ufw/user.rules", text));
    await waitFor("we are cut off", async () => !(await bench.letsIn()));
    await waitFor("access comes back by itself", () => bench.letsIn());
    await applied;
    expect(await bench.inside("cat", "/etc/ufw/before.rules")).toContain("--dport 22 -j ACCEPT");
    expect(
      await bench.inside("sh", "-c", "grep -l -- '--dport 22 -j ACCEPT' /var/lib/phiward/removed/ufw/*/etc/ufw/before.rules"),
    ).toContain("before.rules");
    await bench.deploy(bench.plan("ufw"));
  });

  it("of drift that was repaired cannot be confirmed afterwards", async (context) => {
    const bench = useIt(context, 1);
    const plan = bench.plan("ufw");
    await bench.inside("ufw", "allow", "9999/tcp");
    expect((await bench.apply(plan)).stdout).toContain('"changed"');
    await rolledBack(bench, "ufw");
    const late = await bench.confirm(plan);
    expect(late.code).toBe(1);
    expect(late.stderr).toMatch(/The change was rolled back or never applied/);
    await bench.deploy(plan);
    expect(await failures(bench)).toEqual([]);
  });

  it.for([
    ["by the switch", 2],
    ["at boot", 3],
  ] as const)("of people, %s, restores accounts, groups, passwords and the escrow's record", async ([how, index], context) => {
    const bench = useIt(context, index);
    await bench.inside("sh", "-c", "getent passwd carol || useradd -m -s /bin/bash carol; gpasswd -a carol sudo");
    const databases = (): Promise<string> =>
      bench.inside(
        "sh",
        "-c",
        "sha256sum /etc/passwd /etc/shadow /etc/group /etc/gshadow; cat /var/lib/phiward/escrow/breakglass-password.json",
      );
    const before = await databases();
    const plan = bench.plan("people");
    const changed = {
      ...plan,
      made: plan.made.map((made) => ({ ...made, epoch: 7 })),
      deadManSeconds: how === "at boot" ? 3600 : DEAD_MAN_SECONDS,
    };
    expect((await bench.apply(changed)).code).toBe(0);
    expect(await bench.inside("getent", "passwd", "carol")).toContain("nologin");
    expect(await databases()).not.toBe(before);
    if (how === "at boot") {
      await powerOffHard(bench.host);
      await startHost(bench.host);
    }
    await rolledBack(bench, "people");
    expect(await databases()).toBe(before);
    expect(await bench.letsIn("alice")).toBe(true);
    await bench.deploy(plan);
  });
});

describe("a server as a cloud makes it", () => {
  const useIt = useBench({ state: "fresh" });

  it("with an account named deploy of its own is not taken for adopted", async (context) => {
    const bench = useIt(context);
    const key = "cp -r /root/.ssh /home/deploy/.ssh && chown -R deploy: /home/deploy/.ssh";
    await bench.inside(
      "sh",
      "-c",
      `useradd -m -s /bin/bash deploy && ${key} && echo 'deploy ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/90-cloud-init-users && chmod 440 /etc/sudoers.d/90-cloud-init-users`,
    );
    expect(await bench.letsIn()).toBe(true);
    const [host] = bench.config.hosts;
    if (host === undefined) throw new Error("no host");
    const said: string[] = [];
    const attempt = (remove: readonly string[]): Promise<string> =>
      adopt(bench.config, host, { identity: bench.sandbox.keyFile, remove, say: (line) => said.push(line) });
    await expect(attempt([])).rejects.toThrow(/nothing was changed/);
    expect(said.join("\n")).toContain("sudo rules: /etc/sudoers.d/90-cloud-init-users");
    expect(await attempt(["/root/.ssh/authorized_keys", "/home/deploy/.ssh/authorized_keys", "/etc/sudoers.d/90-cloud-init-users"])).toBe(
      "adopted",
    );
  });
});

describe("a hardened server", () => {
  const useIt = useBench();

  it("with cloud-init boots without an ordering cycle", async (context) => {
    const bench = useIt(context);
    await bench.inside(
      "sh",
      "-c",
      "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends cloud-init >/dev/null 2>&1; systemctl is-enabled cloud-init-network.service || systemctl is-enabled cloud-init.service",
    );
    await bench.inside("systemctl", "daemon-reload");
    const { stdout, stderr } = await execInHost(bench.host, ["systemd-analyze", "verify", "multi-user.target"]);
    expect(stdout + stderr).not.toMatch(/cycle/i);
  });
});
