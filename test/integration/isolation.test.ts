/** A host that is isolated, as others see it on the wire, while administrators and the vault's record go on. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { outputOf } from "../../ops/lib/process";
import { overSsh } from "../../ops/lib/ssh";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import type { Sandbox } from "../../sandbox/machines/inventory";
import { rebootHost } from "../../sandbox/machines/power";
import { createSandbox } from "../../sandbox/machines/sandbox";
import { ensureRecoveryKey } from "../../sandbox/recoveryKey";
import { FRAMES_SCRIPT, type Frames, running, watching } from "./frames";
import { withoutMemory } from "./noMemory";
import { Records } from "./recordsBench";
import { runAnew } from "./timers";
import { useHosts } from "./useHosts";
import { pause, waitFor } from "./waiting";

const UNITS = ["baseline", "people", "ssh", "ufw", "containment", "journal"];
const PROGRAM = ["python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "isolation"] as const;

const useThem = useHosts("isolation", {
  hosts: (id) => createSandbox({ id, hosts: ["web", "vault"], outsiders: 1, progress: () => undefined }),
  make: async (sandbox) => new Records(sandbox, await ensureRecoveryKey(sandbox), { people: [colleague(sandbox)] }),
  begin: async (records) => {
    await records.deploy("vault");
    await records.deploy("web", UNITS);
  },
});

function keyOfBob({ dir }: Sandbox): string {
  return join(dir, "bob");
}

/** A second administrator, whom the first one locks. */
function colleague(sandbox: Sandbox): object {
  outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keyOfBob(sandbox)]);
  const key = readFileSync(`${keyOfBob(sandbox)}.pub`, "utf8")
    .split(" ")
    .slice(0, 2)
    .join(" ");
  return { name: "bob", keys: [key], sudo: true };
}

const isolated = z.object({
  again: z.boolean(),
  cutSeconds: z.number().optional(),
  totalSeconds: z.number(),
  notDone: z.array(z.string()),
});

function phiward(records: Records, verb: string, ...words: readonly string[]) {
  return asked(records, verb, "web", ...words);
}

function asked(records: Records, verb: string, ...words: readonly string[]) {
  const directory = join(records.sandbox.dir, "stack");
  mkdirSync(directory, { recursive: true });
  const who = ["--as", "alice", "--key", records.sandbox.keyFile, "--yes", "--why", "a trial of isolation", "--json"];
  return records.phiward(directory, verb, ...words, ...who);
}

/** Whether bob comes in with his key as a user, and to root's rights. */
async function ofBob(records: Records, user = "bob"): Promise<boolean> {
  const target = records.bench("web").target(user);
  return (await overSsh(target, "sudo -n true", "", { identity: keyOfBob(records.sandbox), retries: 0, dialSeconds: 10 })).code === 0;
}

/** Whether the host answers the outsider, in each family. */
async function answersOutsider(records: Records): Promise<readonly boolean[]> {
  const { address, address6 } = records.host("web");
  const asks = [address, address6].map((to) => execFromOutsider(records.sandbox, 0, ["python3", FRAMES_SCRIPT, "echo", to]));
  return (await Promise.all(asks)).map(({ code, stderr }) => {
    if (stderr !== "") throw new Error(stderr);
    return code === 0;
  });
}

function outsidersOf({ sandbox }: Records): readonly string[] {
  return sandbox.outsiders.slice(0, 1).flatMap(({ address, address6 }) => [address, address6]);
}

/** Does an act of containment on web, whole. */
function done(records: Records, ...words: readonly string[]): void {
  const { status, stdout } = asked(records, ...(words as [string, ...string[]]), "--host", "web");
  expect([words, status, stdout]).toEqual([words, 0, expect.stringContaining('"notDone":[]')]);
}

/** What web does each minute by itself. */
function keepIsolation(records: Records): Promise<void> {
  return runAnew((...words) => records.must("web", ...words), "phiward-isolation");
}

/** Watches web's cable, while an outsider asks it each ten milliseconds. */
async function outsiderAsks(records: Records): Promise<{ readonly end: () => Promise<Frames> }> {
  const { address, address6 } = records.host("web");
  const watch = await watching(records.sandbox, "web");
  const netns = records.sandbox.outsiders[0]?.netns ?? "";
  const ask = await running([
    "nsenter",
    `--net=/run/netns/${netns}`,
    "--",
    "python3",
    FRAMES_SCRIPT,
    "ask",
    address,
    address6,
    "22",
    "443",
    "5432",
  ]);
  return {
    end: async () => {
      await ask.end();
      return await watch.end();
    },
  };
}

/** What left web after a time, but for what an isolated host may send. */
function others(records: Records, frames: Frames, after: number): readonly string[] {
  const { adminAddress, adminAddress6 } = records.sandbox;
  const { address, address6 } = records.host("web");
  const vault = records.host("vault").address;
  const allowed = [
    "arp",
    `ip tcp ${address}:22 > ${adminAddress}:*`,
    `ip6 tcp ${address6}:22 > ${adminAddress6}:*`,
    `ip tcp ${address}:* > ${vault}:22`,
    `ip tcp ${address}:* > ${vault}:22 syn`,
  ];
  return Object.entries(frames)
    .filter(([kind, [, last]]) => last > after && !allowed.includes(kind) && !/^ip6 58 .* type 13[56]$/.test(kind))
    .map(([kind, [first, last]]) => `${kind} (${(first - after).toFixed(3)} to ${(last - after).toFixed(3)} s after)`);
}

describe("a host that is isolated", () => {
  it("answers nobody but administrators and its vault from one moment on, and its record goes on", async (context) => {
    const records = useThem(context);
    const session = records.asAlice("web", "for second in $(seq 24); do echo $second; sleep 0.5; done");
    const asks = await outsiderAsks(records);
    await pause("the outsider is answered", 1.5);
    const { status, stdout, stderr } = phiward(records, "isolate");
    const done = Date.now() / 1000;
    expect([status, stderr]).toEqual([0, expect.stringContaining("the host's own does it")]);
    const answer = isolated.parse(JSON.parse(stdout));
    expect(answer).toMatchObject({ again: false, notDone: [] });
    console.log(`isolated in ${answer.totalSeconds.toFixed(2)} s, the network cut ${String(answer.cutSeconds)} s after the host was asked`);
    await pause("an outsider who asks is answered by nobody", 4);
    const frames = await asks.end();
    expect(others(records, frames, done)).toEqual([]);
    // Answers to the outsider have one end: none comes later than the network was cut, and there is no kind that was not there before.
    const { address, address6 } = records.sandbox.outsiders[0] ?? { address: "", address6: "" };
    const toOutsider = Object.entries(frames).filter(([kind]) => kind.includes(`> ${address}`) || kind.includes(`> ${address6}`));
    const echoes = toOutsider.filter(([kind]) => /^ip 1 .* type 0$|^ip6 58 .* type 129$/.test(kind));
    expect(echoes).toHaveLength(2);
    const cut = Math.max(...echoes.map(([, [, last]]) => last));
    expect(cut).toBeLessThan(done);
    for (const [kind, [first, last]] of toOutsider.filter(([name]) => !/^ip6 58 .* type 13[56]$/.test(name))) {
      expect(first, kind).toBeLessThan(cut);
      expect(last, kind).toBeLessThan(cut + 0.05);
    }
    expect((await session).trim().split("\n")).toHaveLength(24);
    await records.write("isolated", 20);
    await records.arrive("isolated", 20);
  });

  it("sends nothing out by itself, in either family, and asks no name server", async (context) => {
    const records = useThem(context);
    const { address, address6 } = records.sandbox.outsiders[0] ?? { address: "", address6: "" };
    const watch = await watching(records.sandbox, "web");
    const began = Date.now() / 1000;
    const line = [
      `ping -c2 -W1 ${address}`,
      `ping -c2 -W1 ${address6}`,
      `timeout 2 bash -c '</dev/tcp/${address}/80'`,
      `timeout 2 bash -c '</dev/tcp/${address6}/80'`,
      `timeout 2 bash -c '</dev/tcp/${records.host("vault").address}/443'`,
      `timeout 2 bash -c '</dev/udp/${address}/53 echo x'`,
      "timeout 3 getent hosts example.org",
      // Not even to the vault, but for root.
      `timeout 2 setpriv --reuid=1000 --regid=1000 --clear-groups bash -c '</dev/tcp/${records.host("vault").address}/22'`,
    ].join("; ");
    const { stdout } = await execInHost(records.host("web"), ["bash", "-c", `${line}; echo ended`]);
    expect(stdout).toContain("ended");
    expect(others(records, await watch.end(), began)).toEqual([]);
  });

  it("stays so where other firewalls are loaded or emptied, refuses a deploy, and says since when", async (context) => {
    const records = useThem(context);
    for (const argv of [
      ["systemctl", "restart", "ufw.service"],
      ["ufw", "reload"],
    ])
      await records.must("web", ...argv);
    const knock = `timeout 3 bash -c '</dev/tcp/${records.host("web").address}/22'`;
    expect((await execFromOutsider(records.sandbox, 0, ["bash", "-c", knock])).code).not.toBe(0);

    await expect(records.bench("web").deploy(records.plan("web", "baseline"))).rejects.toThrow(
      /isolated since \S+Z by alice: a trial of isolation\. Nothing was changed/,
    );
    const [check] = (await records.verify("web", "containment")).filter(({ id }) => id === "isolation-ready");
    expect([check?.status, check?.seen]).toEqual(["fail", expect.stringContaining("isolated since")]);
    // Whoever empties all tables: it is back within a minute.
    await records.must("web", "nft", "flush", "ruleset");
    await keepIsolation(records);
    await records.must("web", "nft", "list", "chain", "inet", "phiward_isolation", "leaves");
    await records.must("web", "systemctl", "restart", "ufw.service");
  });

  it("is still isolated after a restart, from before its network on", async (context) => {
    const records = useThem(context);
    // Who and what is kept out besides, seen once the host is brought back.
    done(records, "lock", "bob");
    for (const network of outsidersOf(records)) done(records, "block", network);
    await rebootHost(records.host("web"));
    const watch = await watching(records.sandbox, "web");
    const began = Date.now() / 1000;
    await waitFor("an administrator comes in", () => records.bench("web").letsIn());
    await records.write("restarted", 5);
    await records.arrive("restarted", 5);
    expect(others(records, await watch.end(), began)).toEqual([]);
    const said = JSON.parse(await records.must("web", ...PROGRAM, "state")) as object;
    expect(said).toMatchObject({ isolated: true, loaded: true, who: "alice" });
  });

  it("is brought back as it was, and twice does no harm", async (context) => {
    const records = useThem(context);
    expect(isolated.parse(JSON.parse(phiward(records, "isolate").stdout))).toMatchObject({ again: true, notDone: [] });
    const { stdout } = phiward(records, "unisolate", "--no-verify");
    expect(isolated.parse(JSON.parse(stdout))).toMatchObject({ again: false, notDone: [] });
    expect(isolated.parse(JSON.parse(phiward(records, "unisolate", "--no-verify").stdout))).toMatchObject({ again: true, notDone: [] });
    // The person and the networks that were kept out before the restart still are.
    expect([await ofBob(records), await answersOutsider(records)]).toEqual([false, [false, false]]);
    done(records, "unlock", "bob");
    for (const network of outsidersOf(records)) done(records, "unblock", network);
    expect(await ofBob(records)).toBe(true);
    await waitFor("the outsider is answered", async () => !(await answersOutsider(records)).includes(false));
    const asks = await outsiderAsks(records);
    await pause("the outsider is answered", 0.5);
    expect(Object.keys(await asks.end()).filter((kind) => /^ip 1 .* type 0$|^ip6 58 .* type 129$/.test(kind))).toHaveLength(2);
    expect((await records.verify("web", "containment")).filter(({ status }) => status === "fail")).toEqual([]);
    expect(await records.must("web", "sh", "-c", "ls -d /run/systemd/system/*/50-phiward-isolated.conf 2>/dev/null || echo none")).toBe(
      "none\n",
    );
    expect((await records.bench("web").deploy(records.plan("web", "baseline"))).status).toBe("unchanged");
  });

  it("is isolated with a full disk and without an SSH server, by an order at the vault that counts once", async (context) => {
    const records = useThem(context);
    await records.must("web", "systemctl", "stop", "ssh.service");
    const full = [
      "truncate --size=64M /srv/full && mkfs.ext4 -q /srv/full && mount -o loop /srv/full /mnt && cp -a /var/lib/phiward/. /mnt/",
      "umount /mnt && mount -o loop /srv/full /var/lib/phiward",
      "dd if=/dev/zero of=/var/lib/phiward/full bs=4k status=none; sync; true",
      "for i in $(seq 3000); do dd if=/dev/zero of=/var/lib/phiward/more$i bs=4k count=1 status=none || break; done; sync; true",
      "! dd if=/dev/zero of=/var/lib/phiward/last bs=4k count=1 status=none",
    ];
    for (const line of full) await records.must("web", "sh", "-c", line);
    const answer = phiward(records, "isolate", "--by-vault");
    expect([answer.status, answer.stderr]).toEqual([0, expect.stringContaining("the order is left")]);
    await waitFor("SSH is back for administrators", () => records.bench("web").letsIn());
    expect(JSON.parse(await records.must("web", ...PROGRAM, "state"))).toMatchObject({ isolated: true, loaded: true, who: "alice" });
    expect(isolated.parse(JSON.parse(phiward(records, "unisolate", "--no-verify").stdout))).toMatchObject({ again: false, notDone: [] });
    // The order is still there, and older than what was done since.
    await keepIsolation(records);
    expect(JSON.parse(await records.must("web", ...PROGRAM, "state"))).toMatchObject({ isolated: false, loaded: false });
    // People and networks are kept out by the room that was set aside.
    const [address = "", address6 = ""] = outsidersOf(records);
    done(records, "lock", "bob");
    done(records, "block", address);
    expect([await ofBob(records), (await answersOutsider(records))[0]]).toEqual([false, false]);
    // Where the disk takes nothing at all, what is new lasts until the next restart, or until it does.
    // Not while a job of the host has a file of it open.
    const remount = ["mount", "-o", "remount,ro", "/var/lib/phiward"] as const;
    await waitFor("a disk that takes nothing", async () => (await records.run("web", ...remount)).code === 0);
    const fleeting = asked(records, "block", address6, "--host", "web");
    expect([fleeting.status, fleeting.stdout]).toEqual([1, expect.stringContaining("does not last over a restart")]);
    expect(await answersOutsider(records)).toEqual([false, false]);
    await records.must("web", "mount", "-o", "remount,rw", "/var/lib/phiward");
    await records.must("web", "sh", "-c", "cd /var/lib/phiward; ls | grep -xE 'full|last|more[0-9]+' | xargs rm");
    await keepIsolation(records);
    const kept = await records.must(
      "web",
      "sh",
      "-c",
      "cat /var/lib/phiward/isolation/contained.json; ls /run/phiward/contained.json 2>&1 | grep -v 'No such file' || true",
    );
    for (const name of ["bob", address, address6]) expect(kept).toContain(`"${name}`);
    expect(kept).not.toContain("/run/phiward");
    await records.must("web", "test", "-e", "/var/lib/phiward/isolation/room");
    done(records, "unlock", "bob");
    for (const network of [address, address6]) done(records, "unblock", network);
  });
});

describe("a host without free memory", () => {
  it("is isolated, gives its evidence, and is brought back", async (context) => {
    const records = useThem(context);
    const file = join(records.sandbox.dir, "no-memory.tar.age");
    const inside = (...words: readonly string[]): Promise<string> => records.must("web", ...words);
    // All memory is the machine's, which its containers are not shown.
    const isShown = (await execInHost(records.host("web"), ["sh", "-c", "head --bytes=4 /proc/kcore | grep --quiet ELF"])).code === 0;
    const memory = isShown ? [] : ["--memory"];
    await withoutMemory(records.host("web"), inside, async () => {
      expect(isolated.parse(JSON.parse(phiward(records, "isolate").stdout))).toMatchObject({ again: false, notDone: [] });
      expect(await answersOutsider(records)).toEqual([false, false]);
      const whose = ["--as", "alice", "--key", records.sandbox.keyFile, "--yes", "--output", file];
      const taken = records.phiward(join(records.sandbox.dir, "stack"), "evidence", "web", ...whose, ...memory);
      expect([taken.status, taken.stderr]).toEqual([0, expect.not.stringContaining("cut off")]);
      expect(taken.stderr).toMatch(isShown ? "" : /kernel-memory .* not taken: \/proc\/\w+: found .*, allowed: /);
    });
    expect(isolated.parse(JSON.parse(phiward(records, "unisolate", "--no-verify").stdout))).toMatchObject({ again: false, notDone: [] });
  });
});

describe("who and what is kept out", () => {
  it("a network is dropped in both directions until it is undone, over a restart of UFW, and never one of administrators", async (context) => {
    const records = useThem(context);
    const { address, address6 } = records.sandbox.outsiders[0] ?? { address: "", address6: "" };
    const web = records.host("web");
    const answered = async (): Promise<readonly number[]> => {
      const knocks = [web.address, web.address6].map((to) =>
        execFromOutsider(records.sandbox, 0, ["bash", "-c", `timeout 3 bash -c '</dev/tcp/${to}/22' || exit 1`]),
      );
      return (await Promise.all(knocks)).map(({ code }) => code);
    };
    await pause("the firewall forgets how often the outsider came (ufw(8), limit)", 31);
    expect(await answered()).toEqual([0, 0]);
    for (const network of [address, address6]) expect(asked(records, "block", network, "--host", "web", "--for", "2h").status).toBe(0);
    await records.must("web", "ufw", "reload");
    expect(await answered()).toEqual([1, 1]);
    const own = asked(records, "block", records.sandbox.adminAddress, "--host", "web");
    expect([own.status, own.stdout]).toEqual([1, expect.stringContaining("a network of administrators or a host of the stack")]);
    for (const network of [address, address6]) expect(asked(records, "unblock", network, "--host", "web").status).toBe(0);
    expect(await answered()).toEqual([0, 0]);
  });

  it("a person is refused by SSH, sudo and the login of deploys, what is open ends, and a deploy leaves it so", async (context) => {
    const records = useThem(context);
    expect([await ofBob(records), await ofBob(records, "deploy")]).toEqual([true, true]);
    const target = records.bench("web").target("bob");
    const session = overSsh(target, "sudo -n sleep 600", "", { identity: keyOfBob(records.sandbox), retries: 0 });
    await waitFor("the session of bob", async () => (await records.run("web", "pgrep", "--full", "^sleep 600")).code === 0);
    const locked = asked(records, "lock", "bob", "--host", "web");
    expect([locked.status, locked.stdout]).toEqual([0, expect.stringContaining('"notDone":[]')]);
    expect((await session).code).not.toBe(0);
    expect(await records.run("web", "pgrep", "--full", "^sleep 600")).toMatchObject({ code: 1 });
    expect([await ofBob(records), await ofBob(records, "deploy")]).toEqual([false, false]);
    expect((await records.run("web", "runuser", "-u", "bob", "--", "sudo", "-n", "true")).code).not.toBe(0);
    for (const unit of ["people", "ssh"]) expect((await records.bench("web").deploy(records.plan("web", unit))).status).toBe("unchanged");
    expect((await records.verify("web", "people")).filter(({ status }) => status === "fail")).toEqual([]);
    expect(await ofBob(records)).toBe(false);
    expect(asked(records, "unlock", "bob", "--host", "web").status).toBe(0);
    expect(await ofBob(records)).toBe(true);
  });

  it("everybody's sessions end but the one that asks, and each may come again", async (context) => {
    const records = useThem(context);
    const target = records.bench("web").target("bob");
    const bob = overSsh(target, "sudo -n sleep 601", "", { identity: keyOfBob(records.sandbox), retries: 0 });
    const other = overSsh(records.bench("web").target("alice"), "sleep 602", "", { ...records.bench("web").patience, retries: 0 });
    for (const seconds of ["601", "602"])
      await waitFor("the sessions", async () => (await records.run("web", "pgrep", "--full", `^sleep ${seconds}`)).code === 0);
    done(records, "kill-sessions");
    expect([(await bob).code, (await other).code]).not.toContain(0);
    expect((await records.run("web", "pgrep", "--full", "^sleep 60[12]")).code).toBe(1);
    expect([await ofBob(records), await records.bench("web").letsIn("alice")]).toEqual([true, true]);
  });

  it("a key is refused whoever has it, until that is undone; the last administrator keeps one", async (context) => {
    const records = useThem(context);
    const key = readFileSync(`${keyOfBob(records.sandbox)}.pub`, "utf8").trim();
    expect(asked(records, "revoke", key, "--host", "web").status).toBe(0);
    expect([await ofBob(records), await ofBob(records, "deploy")]).toEqual([false, false]);
    const own = readFileSync(`${records.sandbox.keyFile}.pub`, "utf8").trim();
    const last = asked(records, "revoke", own, "--host", "web");
    expect([last.status, last.stdout]).toEqual([1, expect.stringContaining("nobody with sudo would be left")]);
    expect(await records.bench("web").letsIn("alice")).toBe(true);
    expect(asked(records, "revoke", key, "--undo", "--host", "web").status).toBe(0);
    expect(await ofBob(records)).toBe(true);
  });
});
