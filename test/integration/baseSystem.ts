/** What the hosts of a deployed stack let in and refuse. Nothing of it is spoilt for the tests that follow. */
import { expect, it, type TestContext } from "vitest";
import { SSH_PORT } from "../../components/plan/places";
import type { Argv } from "../../ops/lib/programs";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import { command, engine, expectDone, failedChecks } from "./deployCommands";
import { withoutTimer } from "./timers";
import type { Stack } from "./useStack";
import { pause, waitFor } from "./waiting";

/** Defines the tests, on the stack that `useIt` gives. */
export function baseSystemTests(useIt: (context: TestContext) => Stack): void {
  it("ends green, with every concern verified from inside and from outside", (context) => {
    const { first } = useIt(context);
    expect(first.output).toMatch(/web +outside +1[0-9] +0 +[01]/);
    expect(first.output).toMatch(/store +outside +6 +0 +0/);
    expect(first.output).not.toContain("FAIL");
    expect(first.code).toBe(0);
  });

  it("changes nothing and starts no service and no container anew when it runs again", async (context) => {
    const { web: host } = useIt(context);
    const services = ["ssh.service", "fail2ban.service", "ufw.service", "systemd-journald.service", "docker.service", "nginx.service"];
    const containers = "docker ps -q | xargs docker inspect -f '{{.Name}} {{.State.StartedAt}}' | sort";
    const started = async (): Promise<readonly string[]> => [
      (await execInHost(host, ["systemctl", "show", "--property=Id,ActiveEnterTimestampMonotonic,ExecMainPID", ...services])).stdout,
      (await execInHost(host, ["sh", "-c", containers])).stdout,
    ];
    const before = await started();
    expect(before[1]).toContain("/db ");
    const again = await command(["make", "sandbox"]);
    expect(again.output).not.toMatch(/-apply +changed/);
    // Of each concern of both hosts, and of what does not apply to them.
    expect(again.output.match(/-apply +unchanged/g)).toHaveLength(43);
    expectDone(again);
    expect(await started()).toEqual(before);
  });

  it("stops at a mandatory policy before anything is touched", async (context) => {
    const { sandbox, web: host } = useIt(context);
    // The host's own watch writes there meanwhile; and each hour what people may do.
    await withoutTimer(context, (...words) => execInHost(host, words), "phiward-people");
    const written = ["-path", "/var/lib/phiward/status", "-prune", "-o", "-printf", "%p %T@\n"];
    const files: Argv = ["find", "/var/lib/phiward", "/etc", "-xdev", ...written];
    const before = (await execInHost(host, files)).stdout;
    const refused = await engine(sandbox.id, { publicPorts: [80, 443, 5432].map((port) => ({ port, purpose: "a mistake" })) }, [
      host.address,
    ]);
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain("no-public-database-port");
    expect(refused.output).not.toContain("-apply");
    expect((await execInHost(host, files)).stdout).toBe(before);
  });

  it("refuses a configuration with all its faults at once, and an address that is not the sandbox's own", async (context) => {
    const { sandbox, web: host, store } = useIt(context);
    const faulty = await engine(sandbox.id, { adminNetworks: ["0.0.0.0/0"], shell: { idleSeconds: 7 } }, [host.address]);
    expect(faulty.code).not.toBe(0);
    expect(faulty.output).toMatch(/adminNetworks\.0: found "0\.0\.0\.0\/0", allowed: /);
    expect(faulty.output).toMatch(/shell\.idleSeconds: found 7, allowed: /);
    expect(faulty.output).not.toMatch(/\n\s+at /);
    const foreign = await engine(sandbox.id, {}, ["192.0.2.1"]);
    expect(foreign.code).not.toBe(0);
    // Vaults come first.
    expect(foreign.output).toContain(`${store.address} is not a host of this sandbox; the embedded engine touches no other`);
    expect(foreign.output).not.toContain("-confirm");
  });

  it("offers a stranger no password and refuses root", async (context) => {
    const { sandbox, web: host } = useIt(context);
    const ssh: Argv = [
      "ssh",
      "-v",
      "-F",
      "none",
      "-o",
      "BatchMode=yes",
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "PreferredAuthentications=password,keyboard-interactive,publickey",
      "-o",
      "IdentitiesOnly=yes",
      "-i",
      sandbox.keyFile,
    ];
    const stranger = await execFromOutsider(sandbox, 0, [...ssh, "-o", "PubkeyAuthentication=no", `alice@${host.address}`, "true"]);
    expect(stranger.code).toBe(255);
    expect(stranger.stderr).toContain("Authentications that can continue: publickey\n".trim());
    expect(stranger.stderr).not.toMatch(/can continue: .*(password|keyboard)/);
    const root = await execFromOutsider(sandbox, 0, [...ssh, `root@${host.address}`, "true"]);
    expect(root.code).toBe(255);
    expect(root.stderr).toContain("Permission denied (publickey)");
    const declared = await execFromOutsider(sandbox, 0, [...ssh, `alice@${host.address}`, "id -un"]);
    expect(declared.stdout).toBe("alice\n");
  });

  it("answers a stranger on no port but SSH and the site's, over IPv6 as well", async (context) => {
    const { sandbox, web: host } = useIt(context);
    await execInHost(host, ["systemd-run", "--quiet", "--unit=canary", "python3", "-m", "http.server", "--bind", "::", "8099"]);
    await waitFor("the canary listens", async () => (await execInHost(host, ["ss", "-Hltn", "sport = :8099"])).stdout !== "");
    for (const [family, address] of [
      ["-4", host.address],
      ["-6", host.address6],
    ] as const) {
      const { stdout } = await execFromOutsider(sandbox, 0, [
        "nmap",
        ...(family === "-6" ? ["-6"] : []),
        "-Pn",
        "-n",
        "-p",
        "22,80,443,2375,5432,6379,6380,8099",
        "--max-retries=1",
        "-oG",
        "-",
        address,
      ]);
      expect(
        [...stdout.matchAll(/(\d+)\/open/g)].map(([, port]) => port),
        family,
      ).toEqual([String(SSH_PORT), "80", "443"]);
    }
    await execInHost(host, ["systemctl", "stop", "canary"]);
  });

  it("bans an address after five failed logins, by fail2ban itself, and not the administrators", async (context) => {
    const { sandbox, web: host } = useIt(context);
    // A key of his own, tried on an account that exists: a name that does not exist would count twice.
    const key = `${sandbox.keyFile}-stranger`;
    await command(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
    const options = ["-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
    const argv: Argv = [
      "ssh",
      ...options,
      "-o",
      "ConnectTimeout=30",
      "-o",
      "IdentitiesOnly=yes",
      "-i",
      key,
      `alice@${host.address}`,
      "true",
    ];
    const attempt = async (index: number): Promise<string> => (await execFromOutsider(sandbox, index, argv)).stderr;
    // OpenSSH's own penalties act first on who is quick: these tries are spaced, so that fail2ban alone is seen.
    for (let failure = 0; failure < 5; failure++) {
      expect(await attempt(1), `failure ${String(failure + 1)}`).toContain("Permission denied (publickey)");
      await pause("OpenSSH's own penalty for the failure is over", 6.5);
    }
    const outsider = sandbox.outsiders[1]?.address ?? "";
    await waitFor("the ban", async () => (await execInHost(host, ["fail2ban-client", "get", "sshd", "banip"])).stdout.includes(outsider));
    await waitFor("the ban acts", async () => /refused|timed out/.test(await attempt(1)));

    const own: Argv = [
      "ssh",
      "-F",
      "none",
      "-o",
      "BatchMode=yes",
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "UserKnownHostsFile=/dev/null",
      "-o",
      "PubkeyAuthentication=no",
      `nobody-here@${host.address}`,
      "true",
    ];
    for (let failure = 0; failure < 8; failure++) await command(own);
    expect((await execInHost(host, ["fail2ban-client", "get", "sshd", "banip"])).stdout).not.toContain(sandbox.adminAddress);
    await execInHost(host, ["fail2ban-client", "unban", outsider]);
    expect(await failedChecks()).toEqual([]);
  });
}
