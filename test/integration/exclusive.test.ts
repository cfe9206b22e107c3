import { describe, expect, it } from "vitest";
import { adopt } from "../../ops/commands/adopt";
import { OperatorError } from "../../ops/lib/errors";
import { execInHost } from "../../sandbox/machines/exec";
import { adoptBench, type Bench } from "./bench";
import { useBench } from "./useBench";

const STRANGER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3M1r1nq0y2eKw5m0b2f2d1K1c1m3s8vV5h0Zr9y7Qx mallory@example.org";

/** Leaves on a host what someone working on it by hand, or an intruder, would. */
async function leaveTraces(bench: Bench): Promise<void> {
  await bench.inside("useradd", "--create-home", "--shell", "/bin/bash", "mallory");
  await bench.inside(
    "sh",
    "-c",
    `mkdir -p /home/mallory/.ssh && echo '${STRANGER_KEY}' > /home/mallory/.ssh/authorized_keys && chown -R mallory: /home/mallory/.ssh`,
  );
  await bench.inside("sh", "-c", "echo 'the only copy' > /home/mallory/work.txt");
  await bench.inside(
    "sh",
    "-c",
    "echo 'mallory ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/99-mallory && chmod 440 /etc/sudoers.d/99-mallory",
  );
  await bench.inside("gpasswd", "--add", "mallory", "sudo");
  await bench.inside("sh", "-c", "printf 'Match User mallory\\n  PasswordAuthentication yes\\n' > /etc/ssh/sshd_config.d/90-mallory.conf");
}

describe("what is not declared goes at the next apply", () => {
  const useIt = useBench();

  it("a key, a sudo rule, an account, a group member, an SSH setting, a firewall rule and a jail", async (context) => {
    const bench = useIt(context);
    await leaveTraces(bench);
    await bench.inside(
      "sh",
      "-c",
      `echo '${STRANGER_KEY}' >> /etc/ssh/authorized_keys.d/deploy; echo '${STRANGER_KEY}' > /etc/ssh/authorized_keys.d/mallory`,
    );
    await bench.inside("gpasswd", "--add", "mallory", "docker");
    await bench.inside("ufw", "allow", "9999/tcp");
    await bench.inside(
      "sh",
      "-c",
      "printf '[mallory]\\nenabled = true\\nfilter = sshd\\nbackend = systemd\\n' > /etc/fail2ban/jail.d/mallory.conf && fail2ban-client reload",
    );
    await bench.inside("sh", "-c", "echo 'mallory ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers");
    await bench.inside("sysctl", "-w", "net.ipv4.conf.all.accept_redirects=1");
    await bench.inside("cp", "/home/mallory/.ssh/authorized_keys", "/etc/ssh/authorized_keys.d/mallory");

    const failed = (await bench.verify()).filter(({ status }) => status === "fail").map(({ id }) => id);
    expect(failed).toEqual(
      expect.arrayContaining([
        "people-key-files-exclusive",
        "people-keys-of-deploy",
        "people-docker-members-declared",
        "people-sudo-members-declared",
        "people-accounts-declared",
        "people-sudo-declared",
        "ufw-openings-exclusive-ipv4",
        "ufw-openings-exclusive-ipv6",
        "fail2ban-jails-declared",
        "sysctl-net-ipv4-conf-all-accept-redirects",
      ]),
    );

    const answers = await bench.deployAll();
    expect(Object.fromEntries(answers.map(({ unit, status }) => [unit, status]))).toEqual({
      baseline: "changed",
      people: "changed",
      storage: "unchanged",
      containment: "unchanged",
      ssh: "changed",
      ufw: "changed",
      fail2ban: "changed",
      audit: "unchanged",
      sealing: "unchanged",
      sessions: "unchanged",
      scans: "unchanged",
      integrity: "unchanged",
    });
    expect((await bench.verify()).filter(({ status }) => status === "fail")).toEqual([]);
    expect(
      await bench.inside("ls", "/etc/sudoers.d", "/etc/ssh/authorized_keys.d", "/etc/ssh/sshd_config.d", "/etc/fail2ban/jail.d"),
    ).not.toContain("mallory");
    expect(await bench.inside("cat", "/etc/ssh/authorized_keys.d/deploy", "/etc/sudoers")).not.toContain("mallory");
    expect(await bench.inside("getent", "passwd", "mallory")).toContain("/usr/sbin/nologin");
    expect((await execInHost(bench.host, ["id", "-nG", "mallory"])).stdout.trim()).toBe("mallory");
    expect(await bench.inside("ufw", "status")).not.toContain("9999");
    expect(await bench.inside("fail2ban-client", "status")).not.toContain("mallory");
  });

  it("nothing of it is lost: homes stay, and removed files are kept for root", async (context) => {
    const bench = useIt(context);
    expect(await bench.inside("cat", "/home/mallory/work.txt")).toBe("the only copy\n");
    expect(await bench.inside("find", "/var/lib/phiward/removed", "-name", "99-mallory")).toContain("/etc/sudoers.d/99-mallory");
    expect((await bench.inside("stat", "--format=%a %U", "/var/lib/phiward/removed")).trim()).toBe("700 root");
  });

  it("a second apply changes nothing and restarts nothing", async (context) => {
    const bench = useIt(context);
    const started = (): Promise<string> =>
      bench.inside(
        "systemctl",
        "show",
        "--property=Id,ActiveEnterTimestampMonotonic,ExecMainPID,NRestarts",
        "ssh.service",
        "fail2ban.service",
        "ufw.service",
        "systemd-journald.service",
        "systemd-sysctl.service",
      );
    const before = await started();
    const answers = await bench.deployAll();
    expect(answers.map(({ unit, status, changed }) => ({ unit, status, changed }))).toEqual(
      answers.map(({ unit }) => ({ unit, status: "unchanged", changed: [] })),
    );
    expect(await started()).toBe(before);
  });
});

describe("adopting a server that is in use", () => {
  const useIt = useBench({ state: "fresh" });

  it("lists what would be removed, refuses unless each is named, and changes nothing until then", async (context) => {
    const bench = useIt(context);
    await leaveTraces(bench);
    const [host] = bench.config.hosts;
    if (host === undefined) throw new Error("no host");
    const before = await bench.inside(
      "sh",
      "-c",
      "getent passwd; ls -laR /etc/ssh /etc/sudoers.d /root/.ssh; ls -d /var/lib/phiward 2>&1 || true",
    );
    const said: string[] = [];
    const attempt = (remove: readonly string[]) =>
      adopt(bench.config, host, { identity: bench.sandbox.keyFile, remove, say: (line) => said.push(line) });

    await expect(attempt([])).rejects.toThrow(OperatorError);
    await expect(attempt(["/root/.ssh/authorized_keys", "mallory"])).rejects.toThrow(/nothing was changed/);
    const listed = said.join("\n");
    expect(listed).toContain("web: would be removed: authorized keys: /root/.ssh/authorized_keys");
    expect(listed).toContain("web: would be removed: authorized keys: /home/mallory/.ssh/authorized_keys");
    expect(listed).toMatch(/SHA256:\S+ mallory@example.org \(ED25519\)/);
    expect(listed).toContain("web: would be removed: account: mallory");
    expect(listed).toContain("web: would be removed: sudo rules: /etc/sudoers.d/99-mallory");
    expect(listed).toContain("web: would be removed: member of sudo: mallory");
    expect(listed).toContain("web: would be removed: SSH server settings: /etc/ssh/sshd_config.d/90-mallory.conf");
    expect(
      await bench.inside("sh", "-c", "getent passwd; ls -laR /etc/ssh /etc/sudoers.d /root/.ssh; ls -d /var/lib/phiward 2>&1 || true"),
    ).toBe(before);

    const named = [
      "/root/.ssh/authorized_keys",
      "/home/mallory/.ssh/authorized_keys",
      "mallory",
      "/etc/sudoers.d/99-mallory",
      "/etc/ssh/sshd_config.d/90-mallory.conf",
    ];
    expect(await attempt(named)).toBe("adopted");
    expect(await bench.letsIn()).toBe(true);
    expect(await attempt([])).toBe("already adopted");
  });

  it("refuses a server whose host key is not the pinned one", async (context) => {
    const bench = useIt(context);
    const [host] = bench.config.hosts;
    if (host === undefined) throw new Error("no host");
    const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDfOZNENrMSRyg+sAQQQWmB2gZfj2lGE52ChzqOCdfVv";
    await expect(
      adopt(bench.config, { ...host, hostKey: other }, { identity: bench.sandbox.keyFile, remove: [], say: () => undefined }),
    ).rejects.toThrow(/its host key is not the pinned one/);
  });

  it("is followed by a deploy that verifies", async (context) => {
    const bench = useIt(context);
    await adoptBench(bench);
    await bench.deployAll();
    expect((await bench.verify()).filter(({ status }) => status === "fail")).toEqual([]);
  });
});
