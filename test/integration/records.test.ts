import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity } from "age-encryption";
import { describe, expect, it } from "vitest";
import { stackModel } from "../../components/containers/model";
import { AGENT_COMMAND, envelope, generationOf } from "../../components/plan/request";
import { plannedParts, plannedRemovals } from "../../components/registry";
import { SESSIONS_DIRECTORY } from "../../components/system/people/recording";
import { actsText } from "../../ops/commands/audit";
import { fetchSession, listSessions, unpackSession } from "../../ops/commands/session";
import type { AuditAct } from "../../ops/lib/audit/acts";
import { runSync } from "../../ops/lib/process";
import { overSsh } from "../../ops/lib/ssh";
import { unlockedRules, withKernelAudit, withRecordsInJournal } from "../../sandbox/machines/kernelAudit";
import { ensureRecoveryKey, recoveryKeyFile } from "../../sandbox/recoveryKey";
import { AlertReceiver } from "./alertReceiver";
import { metricsTests } from "./metricsTests";
import { monitoringTests } from "./monitoring";
import { numbers, Records } from "./recordsBench";
import { boundsTests } from "./recordsBounds";
import { exportTests } from "./recordsExport";
import { stopTimer } from "./timers";
import { useHosts } from "./useHosts";
import { waitFor } from "./waiting";

const ARCHIVE = "/usr/local/lib/phiward/phiward.pyz";
const useThem = useHosts("records", {
  hosts: ["web", "vault"],
  make: async (sandbox) =>
    new Records(sandbox, await ensureRecoveryKey(sandbox), { receiver: await AlertReceiver.listen(sandbox.adminAddress) }),
  begin: async (records) => {
    await records.deploy("vault");
    await records.deploy("web");
  },
  end: (records) => {
    records.receiver.close();
  },
});

const CONTAINERS_SECRET = "/var/lib/phiward/services/api/secrets/drill";
const SECRET = "/var/lib/phiward/secrets/drill";

/** Who opened one of the two, by phiward audit. */
async function keyReads(records: Records): Promise<readonly AuditAct[]> {
  const asked = { from: new Date(Date.now() - 30 * 60_000), to: new Date(Date.now() + 60_000), host: "web" };
  const { acts } = await records.audit({ ...asked, what: ["ENCRYPTION_KEY_ACCESS"] });
  return acts.filter(({ what }) => what.includes("/drill by "));
}

/** What a host sends: some each minute, so that its vault does not take it for a flood. */
async function waitForSessions<Kept>(records: Records, count: number, list: () => Promise<readonly Kept[]>): Promise<readonly Kept[]> {
  let found: readonly Kept[] = [];
  await waitFor(`${String(count)} sessions at the vault`, async () => {
    await records.must("web", "systemctl", "start", "phiward-sessions.service");
    found = await list();
    return found.length >= count;
  });
  return found;
}

interface Opened {
  readonly sealed: string;
  readonly directory: string;
  readonly session: string;
  /** All of its files. */
  readonly shown: string;
}

/** A session of web, fetched from the vault and opened with the incident key. */
async function open(records: Records, name: string): Promise<Opened> {
  const sealed = await fetchSession(records.host("vault"), "alice", "web", name, records.bench("vault").patience);
  const directory = join(records.sandbox.dir, `opened-${name}`);
  await unpackSession(sealed, recoveryKeyFile(records.sandbox), directory);
  const [session = ""] = readdirSync(directory);
  const shown = readdirSync(join(directory, session)).map((file) => readFileSync(join(directory, session, file), "utf8"));
  return { sealed, directory, session, shown: shown.join("") };
}

/** The file of a key that nothing was encrypted to. */
async function otherKey(directory: string): Promise<string> {
  const file = join(directory, "other-key");
  writeFileSync(file, `${await generateX25519Identity()}\n`, { mode: 0o600 });
  return file;
}

describe("the records of a host, at its vault", () => {
  it("arrive as they are written, each once and in order, and checks say so", async (context) => {
    const records = useThem(context);
    await records.write("first", 500);
    await records.arrive("first", 500);
    expect((await records.must("web", "python3", "-I", ARCHIVE, "journal", "arrives")).trim()).toBe("arrives");
    for (const [verb, answer] of [
      ["watch", ""],
      ["arrived", "all arrive"],
      ["check", ""],
      ["whole", "all whole"],
    ] as const)
      expect((await records.must("vault", "python3", "-I", ARCHIVE, "journal", verb)).trim(), verb).toBe(answer);
  });

  it("are all there after the vault was away, and after its receiver was killed", async (context) => {
    const records = useThem(context);
    await records.must("vault", "systemctl", "stop", "phiward-journal-remote.socket", "phiward-journal-remote@*.service");
    await records.write("away", 300);
    await records.must("vault", "systemctl", "start", "phiward-journal-remote.socket");
    // It tries again by itself, and after each failure later: this test need not wait for that.
    await records.must("web", "systemctl", "restart", "phiward-journal-upload.service");
    await records.arrive("away", 300);
    await records.must("vault", "pkill", "--signal", "KILL", "systemd-journal-remote".slice(0, 15));
    await records.write("cut", 300);
    await records.must("web", "systemctl", "restart", "phiward-journal-upload.service");
    await records.arrive("cut", 300);
  });

  it("name whoever read a key: a container's user, a person, a deploy, root with and without a login", async (context) => {
    const records = useThem(context);
    const rules = await unlockedRules(records.host("web"));
    for (const directory of ["/var/lib/phiward/services/api", "/var/lib/phiward/services/api/secrets"])
      await records.must("web", "install", "-d", "-m", "0711", directory);
    await records.must(
      "web",
      "sh",
      "-c",
      `chmod 0711 /var/lib/phiward && echo s | tee ${CONTAINERS_SECRET} > ${SECRET} && chmod 0400 ${CONTAINERS_SECRET} ${SECRET}`,
    );
    await records.must("web", "chown", "10101", CONTAINERS_SECRET);
    await withKernelAudit(records.host("web"), rules, () =>
      withRecordsInJournal(records.host("web"), async () => {
        await records.must("web", "setpriv", "--reuid=10101", "--clear-groups", "cat", CONTAINERS_SECRET);
        await records.asAlice("web", `sudo -n tail -c1 ${SECRET}`);
        await records.verifyBy("web", ["wc", "-c", SECRET]);
        await records.must("web", "head", "-c1", SECRET);
        // A login at the console: login(1) has a terminal, and what was typed before its shell asks is lost.
        const asked = `timeout 300 sh -c "until grep -q '# $' /run/console; do sleep 0.1; done" 2>/dev/null`;
        const typed = `{ ${asked}; echo 'cut -c1 ${SECRET}'; sleep 1; echo exit; }`;
        await records.must("web", "sh", "-c", `${typed} | script --quiet --flush --command 'login -f root' /run/console`);
        await records.must("web", "rm", "/run/console");
        await waitFor("the kernel's records at the vault", async () => (await keyReads(records)).some(({ what }) => what.includes("/cut")));
      }),
    );
    const found = await keyReads(records);
    console.log(actsText(found));
    expect(found.map(({ host, who, container, outcome, what }) => [host, who, container, outcome, what])).toEqual([
      ["web", "uid 10101", "api", "success", `key-files: ${CONTAINERS_SECRET} by /usr/bin/cat, in no login session`],
      ["web", "alice", undefined, "success", `key-files: ${SECRET} by /usr/bin/tail as uid 0`],
      ["web", "alice", undefined, "success", `key-files: ${SECRET} by /usr/bin/wc as uid 0`],
      ["web", "root", undefined, "success", `key-files: ${SECRET} by /usr/bin/head, in no login session`],
      ["web", "root", undefined, "success", `key-files: ${SECRET} by /usr/bin/cut`],
    ]);
    expect(found.map(({ from }) => from)).toEqual([undefined, undefined, undefined, undefined, expect.stringMatching(/^(pts|tty)/)]);
  });

  it("say who did what, by phiward audit, after root on the host has removed its journal and the audit daemon's files", async (context) => {
    const records = useThem(context);
    const begin = new Date(Date.now() - 60 * 60_000);
    expect(await records.asAlice("web", "sudo -n /usr/bin/cat /etc/shadow >/dev/null && echo done")).toBe("done\n");
    // A person cannot write what looks like another's deploy, nor like an act of root's program: no socket of the journal takes it.
    const forged = `logger --tag phiward-deploy 'mallory from 192.0.2.8: no input; command ${"d".repeat(64)}: systemctl stop nginx'`;
    const act = "printf 'MESSAGE=x\\nSYSLOG_IDENTIFIER=phiward\\nPHIWARD_ACT=deploy\\nPHIWARD_WHO=mallory\\n' | logger --journald";
    for (const attempt of [forged, act])
      await expect(records.asAlice("web", attempt)).rejects.toThrow(/Permission denied|could not be written/);
    await records.write("last", 3);
    await records.arrive("last", 3);
    await records.must(
      "web",
      "sh",
      "-c",
      "rm -rf /var/log/journal/*/ /run/log/journal/* /var/log/audit/* && systemctl restart systemd-journald",
    );
    expect(await records.kept("first")).toEqual(numbers(500));
    expect((await keyReads(records)).map(({ who }) => who)).toEqual(["uid 10101", "alice", "alice", "root", "root"]);
    const { acts, hosts } = await records.audit({ from: begin, to: new Date(Date.now() + 60_000) });
    expect(Object.keys(hosts)).toEqual(expect.arrayContaining(["web", "vault"]));
    const ofWeb = acts.filter(({ host }) => host === "web").map(({ kind, who, what, outcome }) => ({ kind, who, what, outcome }));
    const sudo = { kind: "privilege", who: "alice", what: "sudo as root: /usr/bin/cat /etc/shadow", outcome: "success" };
    expect(ofWeb).toContainEqual(sudo);
    const generation = generationOf(records.plan("web", "journal")).slice(0, 16);
    expect(ofWeb).toContainEqual({ kind: "deploy", who: "alice", what: `apply journal ${generation}`, outcome: "success" });
    expect(acts.filter(({ kind, from }) => kind === "login" && from === records.sandbox.adminAddress).length).toBeGreaterThan(0);
    expect(JSON.stringify(acts)).not.toContain("mallory");
    const again = await records.audit({ from: begin, to: new Date(Date.now() + 60_000), what: ["reading"] });
    expect(again.acts.map(({ host, who }) => [host, who])).toContainEqual(["vault", "alice"]);
  });

  exportTests(useThem);

  it("arrive again after that, and can be added to by their host alone, and changed by no host", async (context) => {
    const records = useThem(context);
    await records.write("after", 20);
    await records.arrive("after", 20);
    const other = await records.run("web", ...records.vaultSsh("vault-lab", "records"));
    expect([other.code, /Permission denied/.test(other.text)]).toEqual([255, true]);
    const local =
      "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/phiward-journal/socket'); s.send(b'send\\n'); print(s.recv(999))";
    expect(await records.must("vault", "setpriv", "--reuid=nobody", "--clear-groups", "python3", "-c", local)).toContain(
      "this account sends no journal",
    );
    const touched = await records.run("vault", "setpriv", "--reuid=vault-web", "--clear-groups", "sh", "-c", "ls /var/log/journal/remote");
    expect([touched.code, /Permission denied/.test(touched.text)]).toEqual([2, true]);
    expect((await records.must("vault", "ss", "--listening", "--tcp", "--no-header", "--numeric")).includes(":19532")).toBe(false);
  });

  it("have what people saw as root, which the incident key alone opens, and nothing of it in the clear", async (context) => {
    const records = useThem(context);
    const { patience } = records.bench("vault");
    const keeper = records.host("vault");
    // Put together where it is shown: neither the line that is typed nor a record of commands has it whole.
    const [first, second] = [randomBytes(8).toString("hex"), randomBytes(8).toString("hex")];
    const seen = `${first}${second}`;
    // It comes each minute, also between two of the lines below.
    await stopTimer((...words) => records.must("web", ...words), "phiward-sessions");
    expect(await records.asAlice("web", "sudo -n -i", `read -r typed\nhunter-${second}\nprintf '%s%s\\n' ${first} ${second}\n`)).toContain(
      seen,
    );
    expect(await records.asAlice("web", "sudo -n su root -c 'echo by su'")).toBe("by su\n");
    expect(await records.asAlice("web", "sudo -n id -u")).toBe("0\n");
    // One that goes on is left alone: until it is ended here, however long the lines below take.
    const going = records.asAlice("web", "sudo -n bash -c 'echo going; until test -e /run/enough; do sleep 1; done'");
    context.onTestFinished(async () => {
      await records.must("web", "touch", "/run/enough");
      await going;
      await records.must("web", "systemctl", "start", "phiward-sessions.timer");
    });
    await waitFor("three sessions in memory", async () => (await records.must("web", "ls", SESSIONS_DIRECTORY)).split("\n").length > 3);
    await records.must("web", "systemctl", "start", "phiward-sessions.service");
    const listed = await waitForSessions(records, 2, () => listSessions(keeper, "alice", patience));
    expect(listed.map(({ host, name }) => [host, name.split("-")[0]])).toEqual(listed.map(() => ["web", "alice"]));
    expect((await records.must("web", "ls", SESSIONS_DIRECTORY)).trim().split("\n")).toHaveLength(1);
    // Nor is it lost when the host stops: this unit does so then.
    await records.must("web", "systemctl", "stop", "phiward-sessions-last.service");
    expect(await records.must("web", "ls", SESSIONS_DIRECTORY)).toBe("");
    await records.must("web", "systemctl", "start", "phiward-sessions-last.service");
    expect(await waitForSessions(records, 3, () => listSessions(keeper, "alice", patience))).toHaveLength(3);

    // Of two that began in one second their names do not tell which was first.
    const opened: Opened[] = [];
    for (const { name } of listed) opened.push(await open(records, name));
    const one = opened.find(({ shown }) => shown.includes(seen));
    if (one === undefined) throw new Error("no session shows what was seen");
    expect(opened.map(({ shown }) => shown.includes("hunter"))).toEqual(opened.map(() => false));
    const { sealed, directory, session } = one;
    // sudo's own program plays it.
    const archive = runSync(["tar", "--create", "--gzip", "--directory", directory, "--file", join(directory, "play.tar.gz"), session]);
    expect(archive.status).toBe(0);
    const text = readFileSync(join(directory, "play.tar.gz")).toString("base64");
    await records.must(
      "vault",
      "sh",
      "-c",
      `mkdir -m 0700 /run/play && echo ${text} | base64 -d | tar --extract --gzip --directory=/run/play`,
    );
    expect(await records.must("vault", "sudoreplay", "-n", "-m", "1", "-d", "/run/play", session)).toContain(seen);
    await records.must("vault", "rm", "-r", "/run/play");
    // Another key opens nothing.
    await expect(unpackSession(sealed, await otherKey(records.sandbox.dir), `${directory}-other`)).rejects.toThrow(
      "does not open this session",
    );

    const places = ["/run", "/var", "/srv", "/tmp", "/etc", "/root", "/home"];
    const grep = ["grep", "--recursive", "--text", "--files-with-matches", "--no-messages", "--devices=skip", seen, ...places];
    for (const host of ["web", "vault"]) expect((await records.run(host, ...grep)).text, host).toBe("");
  });

  it("take a session of a person once and whole, and nothing in its place", async (context) => {
    const records = useThem(context);
    const { patience } = records.bench("vault");
    const before = await listSessions(records.host("vault"), "alice", patience);
    const [session = ""] = before[0]?.name.split(".") ?? [];
    const send = (digest: string, text: string) =>
      records.run("web", "sh", "-c", `printf '%s\\n' '${text}' | ${records.vaultSsh("vault-web", "session", session, digest).join(" ")}`);
    for (const [digest, text, said] of [
      ["0".repeat(64), "-----BEGIN AGE ENCRYPTED FILE-----", "the session did not arrive whole"],
      ["0".repeat(64), "nothing sealed", "not a sealed session"],
      ["../x", "", "not a sealed session"],
    ] as const) {
      const { code, text: answer } = await send(digest, text);
      expect([code, answer]).toEqual([1, expect.stringContaining(said)]);
    }
    expect(await listSessions(records.host("vault"), "alice", patience)).toEqual(expect.arrayContaining([...before]));
    const removal = await records.run("web", ...records.vaultSsh("vault-web", "rm", "-r", "sessions"));
    expect([removal.code, removal.text]).toEqual([1, expect.stringContaining("does nothing else")]);
  });

  it("pass all checks of both hosts", async (context) => {
    const records = useThem(context);
    for (const [host, unit] of [
      ["web", "journal"],
      ["web", "people"],
      ["web", "sessions"],
      ["vault", "records"],
    ] as const)
      expect((await records.verify(host, unit)).filter(({ status }) => status !== "pass")).toEqual([]);
  });

  describe("and its metrics", () => {
    metricsTests(useThem);
  });

  boundsTests(useThem);

  it("keep what was recorded when sessions are recorded no more, and record nothing from then on", async (context) => {
    const records = useThem(context);
    const keeper = records.host("vault");
    const bench = records.bench("web", "off");
    const before = await listSessions(keeper, "alice", bench.patience);
    await stopTimer((...words) => records.must("web", ...words), "phiward-sessions");
    expect(await records.asAlice("web", "sudo -n sh -c 'echo last'")).toBe("last\n");
    await bench.deploy(bench.plan("people"));
    const [web] = bench.config.hosts;
    if (web === undefined) throw new Error("no host");
    const removals = plannedRemovals(plannedParts(stackModel(bench.config), web)).filter(({ plan }) => plan.unit === "sessions");
    const { stdin } = envelope({ mode: "remove", removals });
    const removed = await overSsh(bench.target(), AGENT_COMMAND, stdin, bench.patience);
    expect(removed.code, removed.stderr).toBe(0);
    expect(await records.asAlice("web", "sudo -n sh -c 'echo unseen'")).toBe("unseen\n");
    // The last one was encrypted as the program was taken down, and waits on the host.
    expect(await records.must("web", "ls", SESSIONS_DIRECTORY)).toBe("");
    expect(await records.must("web", "ls", "/var/lib/phiward/sessions")).toMatch(/^alice-\S+\.age\n$/);
    expect(await listSessions(keeper, "alice", bench.patience)).toEqual(before);
  });
});

monitoringTests(useThem);
