/** What a host does after something was taken away, overruled or masked behind its files: a check says so, and the next deploy mends it. */
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { answerOf, runSync } from "../../../ops/lib/process";
import { overSsh, sshArgv } from "../../../ops/lib/ssh";
import { execInHost } from "../../../sandbox/machines/exec";
import { adminKey, Bench, benchConfig } from "../bench";
import { useBench } from "../useBench";
import { waitFor } from "../waiting";
import { failures, shell, staleness } from "./effectsBench";

const useIt = useBench();

function otherKeyFile({ sandbox }: Bench): string {
  const file = `${sandbox.keyFile}-other`;
  runSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], { input: "n\n" });
  return file;
}

/** A key that is not the admin's, since each key is one person's. */
function otherKey(bench: Bench): string {
  return adminKey({ ...bench.sandbox, keyFile: otherKeyFile(bench) });
}

/** Faults of one unit, which one deploy mends. */
interface Faults {
  /** As a sentence goes on that begins with "notices and mends". */
  readonly what: string;
  readonly unit: string;
  /** What the host's root runs, and the check that names it. */
  readonly faults: readonly (readonly [string, string])[];
}

const BANNED = "timeout 120 sh -c 'until nft list table inet f2b-table 2>&1 | grep -q 198.51.100.7; do sleep 0.1; done'";

const FAULTS: readonly Faults[] = [
  {
    what: "chains that lead to the firewall no more, and one that is masked",
    unit: "ufw",
    faults: [
      ["iptables -F FORWARD; ip6tables -F OUTPUT", "ufw-hooked"],
      ["ip6tables -t mangle -F", "phiward-forward-first-ipv6"],
      ["systemctl mask --quiet ufw.service", "ufw-starts-at-boot"],
    ],
  },
  {
    what: "a firewall of which every chain was emptied",
    unit: "ufw",
    faults: [["for it in iptables ip6tables; do $it -P INPUT ACCEPT; $it -F; $it -t mangle -F; done", "ufw-default-deny-incoming-ipv4"]],
  },
  {
    what: "a ban whose table was deleted",
    unit: "fail2ban",
    faults: [[`fail2ban-client set sshd banip 198.51.100.7; ${BANNED}; nft delete table inet f2b-table`, "fail2ban-bans-in-effect"]],
  },
  {
    what: "a service that was stopped, disabled and masked until the next boot, and a package that is unpacked and not configured",
    unit: "fail2ban",
    faults: [
      ["systemctl disable --quiet --now fail2ban.service; systemctl mask --quiet --runtime fail2ban.service", "fail2ban-active"],
      ["cd /tmp; apt-get -q download nftables; dpkg --unpack nftables_*.deb", "fail2ban-packages-installed"],
    ],
  },
  {
    what: "a journal that a signal suspended",
    unit: "baseline",
    faults: [["systemctl kill --signal=STOP systemd-journald.service", "no-service-suspended"]],
  },
  {
    what: "settings that other files overrule, a masked daemon and a package that was removed",
    unit: "baseline",
    faults: [
      ["printf '[Journal]\\nStorage=volatile\\n' > /etc/systemd/journald.conf.d/zzz.conf", "journal-limited"],
      ["systemctl mask --quiet systemd-journald.service", "baseline-units-not-replaced"],
      ["printf '[Coredump]\\nStorage=external\\n' > /etc/systemd/coredump.conf.d/zzz.conf", "core-dumps-off"],
      ["printf '[Time]\\nNTP=192.0.2.1\\n' > /etc/systemd/timesyncd.conf.d/zzz.conf", "time-servers-declared"],
      [
        "echo net.ipv4.tcp_syncookies=0 > /etc/sysctl.d/99-sysctl.conf; sysctl -qw net.ipv4.tcp_syncookies=0",
        "sysctl-net-ipv4-tcp-syncookies",
      ],
      ["dpkg --remove unattended-upgrades", "baseline-packages-installed"],
    ],
  },
];

/**
 * Types lines into a shell, each once `shown` has one prompt more, or after ten seconds: login(1) throws away what came before. A prompt is
 * Debian's, of a name, a host and a directory.
 */
function typed(shown: string, ...lines: readonly string[]): string {
  const prompts = `$(grep -aEo '@[^ ]*[$#] ' ${shown} 2>/dev/null | wc -l)`;
  const wait = `tries=0; until [ ${prompts} -ge $number ] || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done`;
  const words = lines.map((line) => `'${line}'`).join(" ");
  return `number=0; for line in ${words}; do number=$((number + 1)); ${wait}; printf '%s\\n' "$line"; done`;
}

describe("a host", () => {
  it.for(FAULTS)("notices and mends $what", async ({ unit, faults }, context) => {
    const bench = useIt(context);
    for (const [script] of faults) await shell(bench, script);
    const found = await staleness(bench, unit);
    for (const [, check] of faults) expect(found).toContain(`check ${check}`);
    expect((await bench.deploy(bench.plan(unit))).status).toBe("changed");
    expect(await failures(bench, unit)).toEqual([]);
    expect((await bench.deploy(bench.plan(unit))).status).toBe("unchanged");
  });

  it("continues a service that a signal suspended, before anything waits for it", async (context) => {
    const bench = useIt(context);
    await shell(bench, "systemctl kill --signal=STOP fail2ban.service");
    expect((await bench.deploy(bench.plan("fail2ban"))).status).toBe("changed");
    expect(await failures(bench, "fail2ban")).toEqual([]);
  });

  it("takes its record back from another account, and does not believe it until then", async (context) => {
    const bench = useIt(context);
    await shell(bench, "chown -R nobody /var/lib/phiward");
    expect(await staleness(bench, "baseline")).toBe("its generation differs from the deployed one");
    expect((await failures(bench, "baseline")).map(({ id }) => id)).toContain("state-of-root-alone");
    await bench.deploy(bench.plan("baseline"));
    expect(await failures(bench, "baseline")).toEqual([]);
    expect(await staleness(bench, "baseline")).toBe("nothing differs");
  });

  it("names the file of another that no deploy removes and that decides", async (context) => {
    const bench = useIt(context);
    const journal = "/run/systemd/journald.conf.d/zzz.conf";
    const kernel = "/etc/sysctl.d/zzz.conf";
    await shell(
      bench,
      `mkdir -p /run/systemd/journald.conf.d; printf '[Journal]\nStorage=volatile\n' > ${journal}
       echo net.ipv4.conf.eth0.rp_filter = 0 > ${kernel}; printf 'umask 022\n' > /etc/profile.d/zzz.sh`,
    );
    const seen = new Map((await failures(bench, "baseline")).map((failure) => [failure.id, failure.seen]));
    await shell(bench, `rm ${journal} ${kernel} /etc/profile.d/zzz.sh`);
    expect(seen.get("journal-limited")).toContain(`Storage=volatile (in ${journal})`);
    expect(seen.get("sysctl-files-agree-on-interfaces")).toContain(`(in ${kernel})`);
    expect(seen.get("shell-settings-set-once")).toContain("/etc/profile.d/zzz.sh");
    expect(await failures(bench, "baseline")).toEqual([]);
  });

  it.for([
    [
      "baseline",
      "own-units-without-drop-ins",
      "/etc/systemd/system/phiward-people.service.d/zzz.conf",
      "[Service]\nExecStart=\nExecStart=/bin/true",
    ],
    ["baseline", "security-updates-decided-once", "/etc/apt/apt.conf.d/zzz-late", 'APT::Periodic::Unattended-Upgrade "0";'],
    ["baseline", "hard-limits-set-once", "/etc/security/limits.d/zzz.conf", "deploy hard core unlimited"],
    ["baseline", "sysctl-files-agree", "/run/sysctl.d/zzz.conf", "net.ipv4.tcp_syncookies=0"],
    ["baseline", "sysctl-files-agree", "/usr/lib/sysctl.d/zzz.conf", "net.ipv4.tcp_syncookies=0"],
    ["baseline", "modes-decided-once", "/etc/tmpfiles.d/zzz.conf", "z /etc/shadow 0644 root root"],
    ["baseline", "pam-lets-nobody-in-unasked", "/etc/pam.d/zzz", "auth sufficient pam_permit.so"],
    ["baseline", "packages-signed", "/etc/apt/sources.list.d/zzz.list", "deb [trusted=yes] http://192.0.2.1/ ./"],
    [
      "fail2ban",
      "fail2ban-units-without-other-drop-ins",
      "/etc/systemd/system/fail2ban.service.d/override.conf",
      "[Service]\nExecStartPost=/bin/true",
    ],
    ["ufw", "ufw-units-without-other-drop-ins", "/etc/systemd/system/ufw.service.d/override.conf", "[Service]\nExecStartPost=/bin/true"],
    ["people", "people-sessions-end-whole", "/run/systemd/logind.conf.d/zzz.conf", "[Login]\nKillUserProcesses=no"],
  ] as const)("of %s names in %s what decides: %s", async ([unit, check, path, text], context) => {
    const bench = useIt(context);
    const read = unit === "people" ? "systemctl restart systemd-logind" : "systemctl daemon-reload";
    await shell(bench, `mkdir -p ${dirname(path)}; cat > ${path} <<'END'\n${text}\nEND\n${read}`);
    const seen = await failures(bench, unit);
    await shell(bench, `rm ${path}; rmdir --ignore-fail-on-non-empty ${dirname(path)}; ${read}`);
    expect(seen.map(({ id }) => id)).toContain(check);
    expect(await failures(bench, unit)).toEqual([]);
  });

  it.for([
    ["ssh", "/etc/ssh/sshd_config.d/zzz.conf", "Match all\n PermitRootLogin yes", "ssh-no-match-blocks"],
    ["people", "/etc/sudoers.d/zzz", "Defaults !logfile", "people-sudo-logged-of-alice"],
    ["people", "/etc/systemd/logind.conf.d/zzz.conf", "[Login]\nKillUserProcesses=no", null],
    ["fail2ban", "/etc/fail2ban/jail.d/zzz.local", "[sshd]\nenabled = false", null],
  ] as const)("loses what decides by its later name: of %s, %s", async ([unit, path, text, check], context) => {
    const bench = useIt(context);
    await shell(bench, `cat > ${path} <<'END'\n${text}\nEND\nchmod 0440 ${path}`);
    expect(await staleness(bench, unit)).toContain(path);
    if (check !== null) expect((await failures(bench, unit)).map(({ id }) => id)).toContain(check);
    await bench.deploy(bench.plan(unit));
    expect((await execInHost(bench.host, ["test", "-e", path])).code).toBe(1);
    expect(await failures(bench, unit)).toEqual([]);
  });

  it("names the umask of sessions that PAM no longer sets", async (context) => {
    const bench = useIt(context);
    const files = "/etc/pam.d/common-session /etc/pam.d/common-session-noninteractive";
    await shell(bench, `sed -i '/pam_umask/s/^/#/' ${files}`);
    const seen = await failures(bench, "baseline");
    await shell(bench, `sed -i '/pam_umask/s/^#//' ${files}`);
    expect(seen.map(({ id }) => id)).toEqual(["session-umask-by-pam"]);
    expect(await failures(bench, "baseline")).toEqual([]);
  });

  it("closes what people make to others and ends idle shells in every kind of session", async (context) => {
    const bench = useIt(context);
    for (const command of [
      "umask; echo $TMOUT",
      "bash -c 'umask; echo $TMOUT'",
      "bash -lc 'umask; echo $TMOUT'",
      "sudo sh -c 'umask; echo $TMOUT'",
      "sudo -i sh -c 'umask; echo $TMOUT'",
      "sudo su - alice -c 'umask; echo $TMOUT'",
    ])
      expect((await overSsh(bench.target("alice"), command, "", bench.patience)).stdout, command).toBe("0027\n900\n");
    // By its own group, which nobody else is in, an account without a login shell has the rights that it has itself.
    for (const command of ["sudo su alice -c umask", "sudo -u alice sh -c umask"])
      expect((await overSsh(bench.target("alice"), command, "", bench.patience)).stdout, command).toBe("0007\n");
  });

  it("does so at a terminal too, on the console and over SSH, and closes what a job of cron makes", async (context) => {
    const bench = useIt(context);
    await shell(bench, "printf '* * * * * alice umask > /tmp/umask-of-cron\\n' > /etc/cron.d/zzz");
    const asked = "umask; echo it=$TMOUT";
    for (const command of ["login -f alice", "su - alice"]) {
      const shown = "/run/shown-by-shell";
      const said = await shell(bench, `rm -f ${shown}; (${typed(shown, asked, "exit")}) | timeout 120 script -qefc '${command}' ${shown}`);
      expect(said, command).toMatch(/^0027\r\nit=900\r$/m);
    }
    const terminal = sshArgv(bench.target("alice"), bench.patience, "terminal").flatMap((word) => (word === "-t" ? [word, word] : word));
    const shown = join(bench.sandbox.dir, "shown-by-shell");
    const typing = typed(shown, asked, "sudo -s", asked, "exit", "exit");
    const over = ["sh", "-c", `(${typing}) | "$@" | tee ${shown}`, "sh", ...terminal] as const;
    expect((await answerOf(over)).stdout.match(/^0027\r\nit=900\r$/gm)).toHaveLength(2);
    // Who has no login shell has the rights of his own group, which nobody else is in.
    await waitFor("the job of cron", async () => (await execInHost(bench.host, ["test", "-s", "/tmp/umask-of-cron"])).code === 0);
    expect(await shell(bench, "cat /tmp/umask-of-cron; rm /tmp/umask-of-cron /etc/cron.d/zzz")).toMatch(/^00[02]7\n$/);
    // There is no bus of a session by which systemd would take programs that outlive it.
    const user = await overSsh(bench.target("alice"), "systemd-run --user --wait --pipe true", "", bench.patience);
    expect(user.stderr).toContain("Failed to connect to user scope bus");
  });

  it("does not make a person of a daemon's account", async (context) => {
    const bench = useIt(context);
    await shell(bench, "useradd --system --shell /usr/sbin/nologin max");
    const key = adminKey(bench.sandbox);
    const people = [
      { name: "alice", keys: [key], sudo: true },
      { name: "max", keys: [otherKey(bench)] },
    ];
    const other = new Bench(bench.sandbox, benchConfig({ ...bench.sandbox, key }, { people }));
    const refused = await other.apply(other.plan("people"));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("is an account of the system on this host");
    expect((await execInHost(bench.host, ["getent", "passwd", "max"])).stdout).toMatch(/:\/usr\/sbin\/nologin\n$/);
    await shell(bench, "userdel max");
    expect(await failures(bench, "people")).toEqual([]);
  });

  it("ends the sessions of a person whose last day was moved to one that is over", async (context) => {
    const bench = useIt(context);
    const key = adminKey(bench.sandbox);
    const withBob = (expires: string): Bench => {
      const people = [
        { name: "alice", keys: [key], sudo: true },
        { name: "bob", keys: [otherKey(bench)], expires },
      ];
      return new Bench(bench.sandbox, benchConfig({ ...bench.sandbox, key }, { people }));
    };
    for (const unit of ["people", "ssh"]) await withBob("2099-12-31").deploy(withBob("2099-12-31").plan(unit));
    const loggedIn = async (): Promise<boolean> => (await execInHost(bench.host, ["pgrep", "-u", "bob", "sleep"])).code === 0;
    const session = await bench.session("bob", "sleep 300", otherKeyFile(bench), loggedIn);
    await withBob("2020-01-01").deploy(withBob("2020-01-01").plan("people"));
    expect((await session.end).code).not.toBe(0);
    expect((await execInHost(bench.host, ["pgrep", "-u", "bob"])).stdout).toBe("");
  });
});
