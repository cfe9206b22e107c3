/** What a person with a login and without sudo can do to the host and to others, and what is left of one who was taken out. */
import { createHash } from "node:crypto";
import { describe, expect, it, type TestContext } from "vitest";
import { agentArchive } from "../../../components/host/archive";
import { AGENT_COMMAND, CONFIRM_COMMAND, envelope, generationOf } from "../../../components/plan/request";
import { hostPlans } from "../../../components/registry";
import { REASON_COMMAND } from "../../../ops/commands/backup";
import { runSync } from "../../../ops/lib/process";
import { overSsh, type SshAnswer } from "../../../ops/lib/ssh";
import { execFromOutsider, execInHost } from "../../../sandbox/machines/exec";
import { rebootHost } from "../../../sandbox/machines/power";
import { adminKey, Bench, benchConfig } from "../bench";
import { stopTimer } from "../timers";
import { useBench } from "../useBench";
import { waitFor } from "../waiting";

type Person = { readonly name: string; readonly sudo: boolean };
const BOB: Person = { name: "bob", sudo: false };

/** A key pair of a person of the sandbox, beside the admin's; made once. */
function keyOf({ sandbox }: Bench, name: string): string {
  const file = `${sandbox.keyFile}-${name}`;
  runSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], { input: "n\n" });
  return file;
}

/** The bench with alice, the admin, and these. */
function withPeople(bench: Bench, ...people: readonly Person[]): Bench {
  const more = people.map(({ name, sudo }) => ({ name, sudo, keys: [adminKey({ ...bench.sandbox, keyFile: keyOf(bench, name) })] }));
  const key = adminKey(bench.sandbox);
  const config = benchConfig(
    { ...bench.sandbox, key },
    { people: [{ name: "alice", keys: [key], sudo: true }, ...more], journal: { systemMaxUse: 100 } },
  );
  return new Bench(bench.sandbox, config);
}

function as(bench: Bench, name: string, command: string, stdin = ""): Promise<SshAnswer> {
  return overSsh(bench.target(name), command, stdin, { ...bench.patience, identity: keyOf(bench, name) });
}

async function failures(bench: Bench): Promise<readonly string[]> {
  return (await bench.verify()).filter(({ status }) => status === "fail").map(({ id }) => id);
}

/** User and command of each process of these accounts that runs. */
async function processesOf(bench: Bench, name: string): Promise<string> {
  return (await execInHost(bench.host, ["ps", "-u", name, "-U", name, "-o", "user=,args="])).stdout;
}

// Starts a process, detached from its session, that is another one a hundred times a second.
const RUNNER = `import os, time
if os.fork(): os._exit(0)
os.setsid()
while True:
    if os.fork(): os._exit(0)
    time.sleep(0.01)
`;

// Holds connections to an SSH server without a word.
const HOLDER = `import socket, sys, time
held = []
for number in range(int(sys.argv[2])):
    try:
        held.append(socket.create_connection((sys.argv[1], 22), 5))
    except OSError:
        pass
time.sleep(60)
`;
const CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], 22), 5)";

// Every way to the journal that needs no right: the socket of syslog(3), the native one, that of services.
const FLOOD = `import socket
line = b"x" * 40000
for path, kind, text in (
    ("/dev/log", socket.SOCK_DGRAM, b"<86>sshd[1]: " + line),
    ("/run/systemd/journal/dev-log", socket.SOCK_DGRAM, b"<86>sudo: " + line),
    ("/run/systemd/journal/socket", socket.SOCK_DGRAM, b"MESSAGE=" + line + b"\\n"),
    ("/run/systemd/journal/stdout", socket.SOCK_STREAM, b"x\\n\\n6\\n0\\n0\\n0\\n0\\n" + line + b"\\n"),
):
    try:
        s = socket.socket(socket.AF_UNIX, kind)
        s.connect(path)
        for _ in range(5000):
            s.send(text)
        print(path, "written")
    except OSError as error:
        print(path, error.strerror)
`;

// What daemons of the system are sent or started by: each of these was a line in the journal, some of them in the sender's words.
const MESSAGES = `import os, socket, stat, subprocess
def each(top):
    for directory, _, names in os.walk(top):
        for path in (os.path.join(directory, name) for name in names):
            if stat.S_ISSOCK(os.lstat(path).st_mode) and "/run/user/" not in path:
                yield path
for path in [*each("/run"), *each("/tmp"), *each("/var")]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            with socket.socket(socket.AF_UNIX, kind) as s:
                s.connect(path)
                print(path, "connected")
                for _ in range(300):
                    s.send(b"words of bob\\0more\\n")
        except OSError:
            pass
for name in ("org.freedesktop.systemd1", "org.freedesktop.login1"):
    for _ in range(20):
        subprocess.run(["busctl", "call", name, "/", "words.of.bob", "X"], capture_output=True)
subprocess.run(["systemctl", "start", "words-of-bob.service"], capture_output=True)
subprocess.run(["systemd-notify", "--status=words of bob"], capture_output=True)
`;

// Starts processes that wait, until there may be no more.
const FORKS = `import os, time
for number in range(1200):
    try:
        if os.fork() == 0:
            os.close(1)
            time.sleep(100)
            os._exit(0)
    except OSError as error:
        print(number, error.strerror)
        break
`;

describe("a person with a login", () => {
  const useIt = useBench({ outsiders: 3 });
  let deployed = false;
  const useBob = async (context: TestContext): Promise<Bench> => {
    const bench = withPeople(useIt(context), BOB);
    if (!deployed) {
      // The kernel counts a user's processes over all hosts of this machine: bob has a number that nobody has on the others.
      await bench.inside("sed", "--in-place=.kept", "s/^UID_MIN.*/UID_MIN 5000/", "/etc/login.defs");
      await bench.deploy(bench.plan("people"));
      await bench.inside("mv", "/etc/login.defs.kept", "/etc/login.defs");
      for (const plan of hostPlans(bench.config, "web")) await bench.deploy(plan);
      expect(await bench.inside("id", "-u", "bob")).toMatch(/^50\d\d\n$/);
    }
    deployed = true;
    return bench;
  };

  it("has a host that verifies with them on it", async (context) => {
    expect(await failures(await useBob(context))).toEqual([]);
  });

  it("writes nothing into the journal and pushes no record out", async (context) => {
    const bench = await useBob(context);
    await bench.inside("logger", "--priority", "authpriv.notice", "an earlier record");
    expect(await bench.letsIn("alice")).toBe(true);
    const flood = await as(bench, "bob", "python3 -", FLOOD);
    expect(flood.stdout.trim().split("\n")).toEqual(
      ["/dev/log", "/run/systemd/journal/dev-log", "/run/systemd/journal/socket", "/run/systemd/journal/stdout"].map(
        (path) => `${path} Permission denied`,
      ),
    );
    const others = "logger x; systemd-cat echo x; systemd-run --user --pipe echo x; sudo -n $(head -c 100000 /dev/zero | tr '\\0' x)";
    const before = await bench.inside("stat", "--format=%s", "/var/log/sudo.log");
    await as(bench, "bob", `for i in 1 2 3 4 5; do ${others}; done; true`);
    await bench.inside("journalctl", "--rotate");
    expect(await bench.inside("stat", "--format=%s", "/var/log/sudo.log")).toBe(before);
    const journal = await bench.inside("journalctl", "--quiet", "--output=cat");
    expect(journal).toContain("an earlier record");
    expect(journal).toMatch(/Accepted publickey for alice .*\n/);
    expect(journal).toMatch(/Accepted publickey for bob .*\n/);
    expect(journal).not.toContain("x".repeat(500));
  });

  it("has no daemon of the system write into the journal what it is sent, also after a restart of the host", async (context) => {
    const bench = await useBob(context);
    for (const restarted of [false, true]) {
      if (restarted) await rebootHost(bench.host);
      await bench.inside("journalctl", "--quiet", "--rotate");
      const { stdout } = await as(bench, "bob", "python3 -", MESSAGES);
      expect(stdout).toBe("");
      const journal = await bench.inside("journalctl", "--quiet", "--output=cat", "--since=-30s");
      expect(journal).not.toMatch(/words.of.bob|NUL bytes|org\.freedesktop/);
      expect(await bench.letsIn("alice")).toBe(true);
    }
    expect(await failures(bench)).toEqual([]);
  });

  it("reaches no SSH of the host from the host itself", async (context) => {
    const bench = await useBob(context);
    for (const address of ["127.0.0.1", "::1", bench.host.address, bench.host.address6])
      expect((await as(bench, "bob", `python3 -c "${CONNECT}" ${address}`)).stderr, address).toContain("ConnectionRefusedError");
  });

  it("holds connections to SSH from elsewhere, and administrators log in and deploy all the same", async (context) => {
    const bench = await useBob(context);
    const outsider = bench.sandbox.outsiders[2]?.address ?? "";
    const held = execFromOutsider(bench.sandbox, 2, ["timeout", "40", "python3", "-c", HOLDER, bench.host.address, "90"]);
    await waitFor("the connections are held", async () => {
      const { stdout } = await execInHost(bench.host, ["ss", "-Htn", "state", "established", "sport = :22"]);
      // The firewall, and then sshd, let in few of an address.
      return stdout.split(outsider).length > 4;
    });
    for (let attempt = 0; attempt < 10; attempt += 1) expect(await bench.letsIn(attempt % 2 === 0 ? "alice" : undefined)).toBe(true);
    expect((await bench.deploy(bench.plan("ssh"))).status).toBe("unchanged");
    await held;
  });

  it("takes no other account: not by su, nor by what else asks for passwords, nor by a local socket of SSH", async (context) => {
    const bench = await useBob(context);
    const tries = [
      "su breakglass -c id",
      "su -c id",
      "run0 --user=breakglass id",
      "pkexec id",
      "newgrp docker",
      "runuser -u breakglass id",
    ];
    for (const attempt of tries) {
      const { stdout } = await as(bench, "bob", `PATH=$PATH:/usr/sbin:/sbin; ${attempt}`, "a password\nid\n");
      expect(stdout, attempt).not.toMatch(/uid=(?!\d+\(bob\))|\(docker\)/);
    }
    const socket = "import socket; s = socket.socket(socket.AF_UNIX); print(s.connect_ex('/run/ssh-unix-local/socket'))";
    expect((await as(bench, "bob", `python3 -c "${socket}"`)).stdout.trim()).toMatch(/^(2|111)$/);
    expect((await as(bench, "bob", "echo '* * * * * id' | crontab -")).code).not.toBe(0);
    expect((await as(bench, "bob", "loginctl enable-linger")).code).not.toBe(0);
  });

  it("starts a thousand processes and no more, and others go on working", async (context) => {
    const bench = await useBob(context);
    expect((await as(bench, "bob", "python3 -", FORKS)).stdout).toMatch(/^(?:9|10)\d\d Resource temporarily unavailable/);
    expect(await bench.letsIn("alice")).toBe(true);
    // What a session leaves behind ends with it.
    await waitFor("the session's processes have ended", async () => !(await processesOf(bench, "bob")).includes("python3 -"));
  });

  it("finds the login of deploys on record by person, with the hash of what ran, and no shell or program of their own there", async (context) => {
    const bench = await useBob(context);
    await bench.deploy(bench.plan("ssh"));
    const others = [
      ...["", "bash", "docker exec db psql", "sudo -n bash -c id", "docker system dial-stdio; id"],
      // Programs of the sender's own choice, and more words than those that are sent.
      ...["sudo -n /usr/bin/python3 -I -", "sudo -n /usr/bin/python3 -I /dev/stdin", "sudo -n /usr/bin/python3 -I -c 'print(1)'"],
      ...[`${CONFIRM_COMMAND} x`, `${REASON_COMMAND} --vacuum-size=1`, "sudo -n test -e /etc/shadow"],
    ];
    for (const command of others) {
      const { code, stdout } = await overSsh(bench.target(), command, "print(1)\n", bench.patience);
      expect([code, stdout], command).toEqual([1, ""]);
    }
    const forged = await overSsh(bench.target(), AGENT_COMMAND, `phiward 8 ${"0".repeat(64)}\nprint(1)`, bench.patience);
    expect([forged.code, forged.stderr]).toEqual([1, "phiward: the request arrived incomplete; nothing was done"]);
    const record = await bench.inside("journalctl", "--quiet", "--output=cat", "--identifier=phiward-deploy");
    const agent = createHash("sha256").update(agentArchive()).digest("hex");
    const plan = bench.plan("ssh");
    expect(record).toMatch(
      new RegExp(
        `^alice from \\S+: request ${envelope({ mode: "apply", plan, secrets: {} }).sha256} \\(apply ssh\\) by agent ${agent}; command `,
        "m",
      ),
    );
    expect(record).toMatch(new RegExp(`^alice from \\S+: confirms ssh ${generationOf(plan)}; command [0-9a-f]{64}: sudo -n `, "m"));
    expect(record).toMatch(/^alice from \S+: refused: docker exec db psql$/m);
  });

  it("learns no names: a known and an unknown one have the same answer and the same penalty", async (context) => {
    const bench = await useBob(context);
    const key = keyOf(bench, "stranger");
    const options = ["-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
    const answers = [];
    const addresses = bench.sandbox.outsiders.slice(0, 2).map(({ address }) => address);
    for (const [outsider, name] of ["alice", "nobody-here"].entries()) {
      const { stderr } = await execFromOutsider(bench.sandbox, outsider, [
        ...(["ssh", ...options, "-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes", "-i", key] as const),
        `${name}@${bench.host.address}`,
        "true",
      ]);
      answers.push(stderr.replace(name, "NAME"));
    }
    expect(answers[0]).toMatch(/Permission denied \(publickey\)/);
    expect(answers[1]).toBe(answers[0]);
    const penalties = async (): Promise<readonly unknown[]> => {
      const journal = await bench.inside("journalctl", "--quiet", "--output=cat", "--unit=ssh.service");
      const found = [...journal.matchAll(/new (\S+)\/32 deferred penalty of (\d+) seconds/g)].map(([, from, seconds]) => [from, seconds]);
      return found.filter(([from]) => addresses.includes(from ?? ""));
    };
    // The server says it once the connection is gone.
    await waitFor("a penalty of each", async () => (await penalties()).length >= addresses.length);
    expect(await penalties()).toEqual(addresses.map((address) => [address, "5"]));
  });

  it("keeps nothing once taken out: processes, jobs and lingering end, and nobody else gets the user id", async (context) => {
    const bench = await useBob(context);
    const uid = (await bench.inside("id", "-u", "bob")).trim();
    await as(bench, "bob", "cat > runner; python3 runner > /dev/null 2>&1", RUNNER);
    await bench.inside("systemd-run", "--quiet", "--uid=bob", "--unit=left", "sleep", "1000");
    await bench.inside("systemd-run", "--quiet", "--uid=bob", "--unit=runner", "python3", "/home/bob/runner");
    await bench.inside("sh", "-c", "mkdir -p /var/spool/cron/crontabs; echo '* * * * * id' > /var/spool/cron/crontabs/bob");
    await bench.inside("chown", "bob", "/var/spool/cron/crontabs/bob");
    await bench.inside("loginctl", "enable-linger", "bob");
    expect(await failures(bench)).toEqual(["people-jobs-of-root-only", "people-nobody-lingers", "integrity-nothing-undeclared"]);
    // It would end what is left once an hour; the deploy below starts it again.
    await stopTimer((...words) => bench.inside(...words), "phiward-people");
    await bench.inside("usermod", "--expiredate", "1", "bob");
    expect(await failures(bench)).toContain("people-nothing-left-of-former");

    const without = withPeople(bench);
    for (const unit of ["people", "storage", "ssh", "integrity"]) await without.deploy(without.plan(unit));
    expect(await processesOf(bench, "bob")).toBe("");
    expect(await failures(without)).toEqual([]);
    expect(await bench.inside("cat", "/var/lib/phiward/removed/people/var/spool/cron/crontabs/bob")).toContain("* * * * * id");

    const next = withPeople(bench, { name: "carol", sudo: false });
    await next.deploy(next.plan("people"));
    expect((await bench.inside("id", "-u", "carol")).trim()).not.toBe(uid);
    expect((await as(bench, "bob", "true")).code).toBe(255);
  });

  it("loses with sudo what runs by it", async (context) => {
    const dave: Person = { name: "dave", sudo: true };
    const bench = withPeople(await useBob(context), dave);
    await bench.deploy(bench.plan("people"));
    const session = as(bench, "dave", "sudo setsid sleep 1234 & sleep 1235");
    await waitFor("it runs", async () => (await execInHost(bench.host, ["pgrep", "-f", "^sleep 1234"])).code === 0);
    const less = withPeople(bench, { ...dave, sudo: false });
    await less.deploy(less.plan("people"));
    expect((await session).code).not.toBe(0);
    expect((await execInHost(bench.host, ["pgrep", "-f", "^sleep 123[45]"])).stdout).toBe("");
    expect((await as(less, "dave", "sudo -n true")).code).not.toBe(0);
    expect(await less.letsIn("alice")).toBe(true);
  });
});
