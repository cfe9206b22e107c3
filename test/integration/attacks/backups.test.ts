/** Backups under attack: root on the vault can destroy and not forge; root on the host can add, and neither hide nor replace. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { BackupBench } from "../backupBench";
import { useHosts } from "../useHosts";

let notes = "";
let genuine = "";

const LAST_SENT = "import json; print(json.load(open('/var/lib/phiward/status/backup.json'))['offsite']['backup']['at'])";
/** Of a job; where it failed, the test shows its sentence. */
const SUCCEEDED = { code: 0, sentence: expect.any(String) as string };
const PROGRAM = ["/usr/bin/python3", "-I", "/usr/local/lib/phiward/phiward.pyz"];

/** Starts a job as its timer does; returns how it ended and its last sentence. */
async function job(bench: BackupBench, host: string, name: string): Promise<{ code: number; sentence: string }> {
  const { code } = await bench.run(host, "systemctl", "start", `${name}.service`);
  // What it said last may be on its way to the journal yet.
  const last = `journalctl --sync && journalctl --unit=${name}.service --identifier=python3 --lines=1 --output=cat --no-pager`;
  const said = await bench.must(host, "sh", "-c", last);
  return { code, sentence: said.trim() };
}

/** Runs a script as root on the vault, who has opened the sealed password with the vault's own host key. */
function atTheVault(bench: BackupBench, ...lines: readonly string[]): Promise<string> {
  const script = [
    "set -e",
    "export RESTIC_REPOSITORY=/srv/vault/web/restic",
    "export RESTIC_PASSWORD=$(age --decrypt --identity /etc/ssh/ssh_host_ed25519_key /srv/vault/web/sealed/*.age)",
    'restic() { command restic --no-cache --quiet --retry-lock 1m "$@"; }',
    ...lines,
    "chown -R vault-web:vault-web /srv/vault/web/restic",
  ];
  return bench.must("vault", "sh", "-c", script.join("\n"));
}

/** What root on the host has: the repository's master key, and the index files that say where each blob is. */
async function ownedByRoot(bench: BackupBench, claim: string): Promise<string> {
  const ask = async (...words: string[]): Promise<string> => (await bench.offsiteRestic("--quiet", "--no-lock", ...words)).stdout;
  const indexes = [];
  for (const index of (await ask("list", "index")).trim().split("\n"))
    indexes.push(JSON.parse(await ask("cat", "index", index)) as unknown);
  return JSON.stringify({ master: JSON.parse(await ask("cat", "masterkey")) as unknown, indexes, claim });
}

/** Forges packs and index files as `forge.py` says, brings them in by the vault's door, and lets an hour pass. */
async function forge(bench: BackupBench, kind: string, claim = ""): Promise<void> {
  const { root } = bench.host("web");
  const out = `/srv/forged-${kind}`;
  const program = readFileSync(join(__dirname, "forge.py"), "utf8");
  await bench.feed("web", ["tee", "/tmp/forge.py"], program);
  await bench.feed("web", ["python3", "/tmp/forge.py", kind, out], await ownedByRoot(bench, claim));
  const bodies = new Map<string, Buffer>();
  for (const place of readdirSync(`${root}${out}`))
    for (const name of readdirSync(`${root}${out}/${place}`))
      bodies.set(`POST /${place}/${name}`, readFileSync(`${root}${out}/${place}/${name}`));
  const requests = [...bodies.keys()];
  expect(await bench.askVault(requests, bodies)).toEqual(requests.map((request) => `${request}: 200`));
  await bench.must(
    "vault",
    "find",
    "/srv/vault/web/restic/data",
    "/srv/vault/web/restic/index",
    "-type",
    "f",
    "-mmin",
    "-30",
    "-exec",
    "touch",
    "-d",
    "-1 hour",
    "{}",
    "+",
  );
}

/** All that the genuine run holds comes back, to a host that has nothing of the repository yet. */
async function comesBack(bench: BackupBench): Promise<void> {
  await bench.must("web", "sh", "-c", "rm -rf /var/cache/phiward/restic/* && echo spoilt > /srv/files/a.txt");
  expect((await bench.restore({ what: "all", from: "offsite", snapshot: genuine })).run).toBe(genuine);
  expect(bench.read("web", "/srv/files/a.txt")).toBe("first\n");
  expect(await bench.notes("web")).toBe(notes);
}

/** The vault's jobs go on, and say of the host what was added above under its run's name alone. */
async function areDone(bench: BackupBench): Promise<void> {
  expect((await job(bench, "vault", "phiward-vault-check")).sentence).toMatch(
    /^phiward: web: 1 snapshots were added under the name of a part [^;]*$/,
  );
  expect(await job(bench, "vault", "phiward-vault-prune")).toEqual(SUCCEEDED);
}

/** Does something while the local repository is elsewhere, and `instead` (a shell's words) in its place; then it is back. */
async function withRepositoryAway<T>(bench: BackupBench, instead: string, work: () => Promise<T>): Promise<T> {
  await bench.must("web", "sh", "-c", `cd /var/backups/phiward && mv restic away && ${instead}`);
  try {
    return await work();
  } finally {
    await bench.must("web", "sh", "-c", "cd /var/backups/phiward && rm -rf restic && mv away restic");
  }
}

const useIt = useHosts("attacks-backups", {
  hosts: ["web", "vault"],
  make: (sandbox) => BackupBench.make(sandbox),
  begin: async (bench) => {
    await Promise.all([
      bench.adopt("vault").then(() => bench.deploy("vault", bench.vaultPlans())),
      bench.adopt("web").then(() => bench.database("web", true)),
    ]);
    await bench.deploy("web", bench.webPlans());
    notes = await bench.notes("web");
    genuine = (await bench.restore({ what: "database:api", from: "offsite" })).run;
  },
  end: (bench) => {
    bench.close();
  },
});

describe("root on the vault", () => {
  it("cannot have a restore take a manifest of its own choice, whatever dates and tags it gives it", async (context) => {
    const bench = useIt(context);
    const forged = "/tmp/forged/etc/sudoers.d/evil";
    await atTheVault(
      bench,
      `mkdir -p /tmp/forged/etc/sudoers.d /tmp/forged/srv/files && echo 'eve ALL=(ALL) NOPASSWD: ALL' > ${forged} && echo forged > /tmp/forged/srv/files/a.txt`,
      // The genuine manifest, with a path more and another time, signed by a key of the vault's.
      "head=$(restic snapshots --json --tag part=manifest | python3 -c 'import json,sys; print(json.load(sys.stdin)[-1][\"id\"])')",
      "restic dump $head /manifest.json > /tmp/genuine.json",
      `python3 - <<'EOF'
import json, subprocess
sealed = json.load(open("/tmp/genuine.json"))
manifest = json.loads(sealed["manifest"])
manifest["run"], manifest["at"] = "29990101T000000Z-ffffff", "2999-01-01T00:00:00Z"
for name in ("paths", "saved"):
    manifest[name] = [*manifest[name], "/etc/sudoers.d/evil"]
text = json.dumps(manifest)
argv = ["ssh-keygen", "-Y", "sign", "-f", "/etc/ssh/ssh_host_ed25519_key", "-n", "phiward-manifest"]
signature = subprocess.run(argv, input=text, capture_output=True, text=True, check=True).stdout
for name, value in (("signed", signature), ("unsigned", None), ("stolen", sealed["signature"])):
    json.dump({"manifest": text, "signature": value}, open(f"/tmp/{name}.json", "w"))
EOF`,
      'add() { restic backup --host web --tag "run=$1,form=2" --tag "part=$2" "$3" "$4"; }',
      "for name in signed unsigned stolen; do cp /tmp/$name.json /tmp/manifest.json",
      "restic backup --host web --tag run=29990101T000000Z-ffffff,form=2 --tag part=manifest --stdin --stdin-filename manifest.json < /tmp/$name.json; done",
      // Parts under the genuine run's own tags, dated earlier and, by the file's own time, arrived earlier.
      `(cd /tmp/forged && restic backup --time '2020-01-01 00:00:00' --host web --tag run=${genuine},form=2 --tag part=files etc srv)`,
      "touch --date='2020-01-01' /srv/vault/web/restic/snapshots/$(ls -t /srv/vault/web/restic/snapshots | head -1)",
      // A run as an earlier version made it, whose manifest is among its files.
      'mkdir -p /var/lib/phiward/backup && python3 -c \'import json; m=json.loads(json.load(open("/tmp/genuine.json"))["manifest"]); m["run"]="29990101T000000Z-eeeeee"; json.dump(m, open("/var/lib/phiward/backup/manifest.json","w"))\'',
      "restic backup --host web --tag run=29990101T000000Z-eeeeee --tag part=files /var/lib/phiward/backup/manifest.json",
    );
    await bench.must("web", "sh", "-c", "echo spoilt > /srv/files/a.txt");
    const answer = await bench.restore({ what: "all", from: "offsite" });
    expect([answer.run, answer.signed, answer.passedOver.length]).toEqual([genuine, true, 2]);
    expect(answer.passedOver.join("\n")).toMatch(/29990101T000000Z-ffffff: it is not signed by this host/);
    expect(bench.read("web", "/srv/files/a.txt")).toBe("first\n");
    expect(await bench.notes("web")).toBe(notes);
    expect(existsSync(`${bench.host("web").root}/etc/sudoers.d/evil`)).toBe(false);
    for (const snapshot of ["29990101T000000Z-ffffff", "29990101T000000Z-eeeeee"])
      await expect(bench.restore({ what: "all", from: "offsite", snapshot })).rejects.toThrow(/it is not signed by this host/);
    // Even on an explicit word, only what the host declares comes back.
    await expect(
      bench.restore({ what: "file:/etc/sudoers.d/evil", from: "offsite", snapshot: "29990101T000000Z-ffffff", unsigned: true }),
    ).rejects.toThrow(/nothing was replaced/);
    expect(existsSync(`${bench.host("web").root}/etc/sudoers.d/evil`)).toBe(false);
  });

  it("is reported by the restore test", async (context) => {
    const bench = useIt(context);
    expect(await job(bench, "web", "phiward-restore-test")).toEqual({
      code: 1,
      sentence: expect.stringMatching(/offsite: backup 29990101T000000Z-\w+: it is not signed by this host/) as string,
    });
  });

  it("is reported where it hides the last backup, and a new one goes on all the same", async (context) => {
    const bench = useIt(context);
    const kept = "/srv/vault/web/restic/snapshots";
    await bench.must("vault", "sh", "-c", `mkdir /root/hidden && mv ${kept}/* /root/hidden/`);
    await expect(bench.restore({ what: "all", from: "offsite" })).rejects.toThrow(/found no complete backup/);
    await bench.must("vault", "sh", "-c", `mv /root/hidden/* ${kept}/`);
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
    const status = JSON.parse(bench.read("web", "/var/lib/phiward/status/backup.json")) as { offsite: { backup: { run: string } } }; // ours
    genuine = status.offsite.backup.run;
  });
});

describe("root on the host", () => {
  // One connection for all: the vault's firewall counts them.
  let opened = false;
  beforeEach(async (context) => {
    if (!opened) await useIt(context).openVault();
    opened = true;
  });

  it("hides and replaces no genuine backup by adding to it, and the vault reports it", async (context) => {
    const bench = useIt(context);
    await bench.must("web", "sh", "-c", "mkdir -p /tmp/evil/srv/files && echo evil > /tmp/evil/srv/files/a.txt");
    const tags = ["--host", "web", "--tag", `run=${genuine},form=2`, "--tag", "part=files"];
    const added = await bench.offsiteRestic("backup", "--time", "2020-01-01 00:00:00", ...tags, "/tmp/evil");
    expect(added.code).toBe(0);
    await bench.must("web", "sh", "-c", "echo spoilt > /srv/files/a.txt");
    expect((await bench.restore({ what: "file:/srv/files/a.txt", from: "offsite", snapshot: genuine })).run).toBe(genuine);
    expect(bench.read("web", "/srv/files/a.txt")).toBe("first\n");
    expect(await job(bench, "vault", "phiward-vault-check")).toEqual({
      code: 1,
      sentence: expect.stringMatching(/web: \d+ snapshots were added under the name of a part/) as string,
    });
  });

  it("stops the vault's jobs by no date", async (context) => {
    const bench = useIt(context);
    const odd = await bench.offsiteRestic("backup", "--time", "0000-01-01 00:00:00", "--host", "web", "--tag", "run=odd", "/etc/hostname");
    expect([odd.code, odd.stderr]).toEqual([0, ""]);
    expect((await job(bench, "vault", "phiward-vault-prune")).sentence).toMatch(
      /web: snapshot \w+ is dated in the future.*Nothing was pruned/,
    );
    expect((await bench.restore({ what: "file:/srv/files/a.txt", from: "offsite" })).run).toBe(genuine);
    await atTheVault(
      bench,
      "restic forget $(restic snapshots --tag run=odd --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0][\"id\"])')",
    );
  });

  it.for(["elsewhere", "header"])("has no prune give up what was there for what it forged: %s", async (kind, context) => {
    const bench = useIt(context);
    // Something has to expire: what was forged above came two months ago.
    await atTheVault(
      bench,
      `keep=$(restic snapshots --tag run=${genuine} --json | python3 -c 'import json,sys; print("|".join(x["id"] for x in json.load(sys.stdin)))')`,
      'for file in $(ls /srv/vault/web/restic/snapshots | grep -Ev "$keep"); do touch -d "-60 days" /srv/vault/web/restic/snapshots/$file; done',
    );
    await forge(bench, kind);
    expect(await job(bench, "vault", "phiward-vault-prune")).toEqual({
      code: 1,
      sentence: expect.stringMatching(
        /web: \d+ packs that do not hold what they say were moved to .*treat the host as compromised/,
      ) as string,
    });
    await atTheVault(bench, "restic check --read-data");
    await comesBack(bench);
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
  });

  it.for(["absent", "offsets"])("keeps no restore from its data by an index that it forged: %s", async (kind, context) => {
    const bench = useIt(context);
    await forge(bench, kind);
    await comesBack(bench);
    expect(await job(bench, "vault", "phiward-vault-check")).toEqual({
      code: 1,
      sentence: expect.stringMatching(
        /web: its index did not say what is there, and was rebuilt from that.*treat the host as compromised/,
      ) as string,
    });
    await atTheVault(bench, "restic check --read-data");
    await comesBack(bench);
  });

  it("leaves a hole in no backup for longer than a day by claiming that its content is there already", async (context) => {
    const bench = useIt(context);
    const later = "written after the intruder was gone\n";
    await forge(bench, "claimed", createHash("sha256").update(later).digest("hex"));
    await bench.feed("web", ["tee", "/srv/files/later.txt"], later);
    // restic takes the claim for the truth, and does not send the content.
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
    expect(await job(bench, "vault", "phiward-vault-check")).toEqual({
      code: 1,
      sentence: expect.stringMatching(/treat the host as compromised; web: the check found damage/) as string,
    });
    // The content is stored now; restic counts a file that it has to store again as one that it could not read.
    expect(await job(bench, "web", "phiward-backup")).toEqual({
      code: 1,
      sentence: expect.stringMatching(/offsite: some files could not be read; all others were saved/) as string,
    });
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
    await bench.must("web", "rm", "/srv/files/later.txt");
    await bench.restore({ what: "file:/srv/files/later.txt", from: "offsite" });
    expect(bench.read("web", "/srv/files/later.txt")).toBe(later);
    await atTheVault(bench, "restic check --read-data");
  });

  it("keeps no restore, backup, check or prune from its turn by snapshots as large as it likes", async (context) => {
    const bench = useIt(context);
    await forge(bench, "large");
    // Before the vault has seen them.
    await comesBack(bench);
    expect((await bench.restore({ what: "database:api", from: "offsite" })).run).not.toMatch(/^2099/);
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
    // Nobody is still writing them.
    const forged = readdirSync(`${bench.host("web").root}/srv/forged-large/snapshots`);
    await bench.must("vault", "touch", "-d", "-1 hour", ...forged.map((name) => `/srv/vault/web/restic/snapshots/${name}`));
    expect(await job(bench, "vault", "phiward-vault-check")).toEqual({
      code: 1,
      sentence: expect.stringMatching(/web: found 10 unexpected or unreadable files/) as string,
    });
    await areDone(bench);
    await comesBack(bench);
  });

  it("keeps the vault from no work by a path as deep as it likes", async (context) => {
    const bench = useIt(context);
    const deep = `/locks/${"a/".repeat(1200)}x`;
    expect(await bench.askVault([`POST ${deep}`], new Map([[`POST ${deep}`, Buffer.from("x")]]))).toEqual([`POST ${deep}: 200`]);
    expect((await job(bench, "vault", "phiward-vault-prune")).sentence).toMatch(/web: found 1 unexpected or unreadable files/);
    await areDone(bench);
  });
});

describe("what befalls a job", () => {
  it.for(["TERM", "KILL"])("leaves no temporary database, copy or password: %s", async (signal, context) => {
    const bench = useIt(context);
    await bench.must("web", "systemctl", "start", "--no-block", "phiward-restore-test.service");
    await bench.must("web", "timeout", "300", "sh", "-c", "until docker exec phiward-restore-test pg_isready -q; do sleep 0.1; done");
    await bench.must("web", "systemctl", "kill", "--kill-whom=main", `--signal=${signal}`, "phiward-restore-test.service");
    const settled = "until systemctl is-failed --quiet phiward-restore-test.service; do sleep 0.1; done";
    await bench.must("web", "timeout", "300", "sh", "-c", settled);
    expect(await bench.must("web", "docker", "ps", "--all", "--quiet", "--filter", "name=phiward-restore-test")).toBe("");
    expect(existsSync(`${bench.host("web").root}/run/phiward/restore-test.password`)).toBe(false);
  });

  it("begins no new repository where the known one is gone", async (context) => {
    const bench = useIt(context);
    const { told, begun } = await withRepositoryAway(bench, "true", async () => ({
      told: await job(bench, "web", "phiward-backup"),
      begun: existsSync(`${bench.host("web").root}/var/backups/phiward/restic/config`),
    }));
    expect(told.sentence).toMatch(/local: the repository that this host backed up to .* is gone; no new one was/);
    expect(begun).toBe(false);
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
  });

  it("goes to the vault all the same where the local repository's place is taken by a file, which is named at once", async (context) => {
    const bench = useIt(context);
    const sent = async (): Promise<string> => (await bench.must("web", "python3", "-c", LAST_SENT)).trim();
    const before = await sent();
    const told = await withRepositoryAway(bench, "touch restic", () => job(bench, "web", "phiward-backup"));
    expect(told.sentence).toMatch(/^phiward: local: \/var\/backups\/phiward\/restic is not a directory/);
    expect(await sent()).not.toBe(before);
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
  });

  it.for([
    ["room", "size=4m,mode=0700"],
    ["inodes", "size=64m,nr_inodes=100,mode=0700"],
  ])("says that the disk has no %s left, and the next one goes through", async ([, options], context) => {
    const bench = useIt(context);
    const small = `mkdir -p /srv/small && mount -t tmpfs -o ${options ?? ""} tmpfs /srv/small`;
    const fill = "head -c 8000000 /dev/urandom > /srv/files/large";
    await bench.must("web", "sh", "-c", `${small} && mount --bind /srv/small /var/backups/phiward && ${fill}`);
    await bench.must("web", ...PROGRAM, "backup", "new-repository", "local");
    const told = await job(bench, "web", "phiward-backup");
    await bench.must("web", "sh", "-c", "umount /var/backups/phiward /srv/small && rm /srv/files/large");
    expect(told).toEqual({ code: 1, sentence: expect.stringMatching(/local: .*No space left on device/) as string });
    await bench.must("web", ...PROGRAM, "backup", "new-repository", "local");
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
  });

  it("finds its records damaged, keeps them aside, and begins them anew", async (context) => {
    const bench = useIt(context);
    const damage = [
      "cd /var/lib/phiward/backup && truncate --size=20 manifest.json && echo '[7]' > repositories.json",
      "rm -f databases.json staged.json && mkdir databases.json staged.json && ln -sf /nowhere stopped.json",
      "rm -r ../status && touch ../status",
    ];
    await bench.must("web", "sh", "-c", damage.join(" && "));
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
    const kept = await bench.must("web", "sh", "-c", "cd /var/lib/phiward && ls -d *.damaged-* backup/*.damaged-* | sed 's/.damaged.*//'");
    expect(kept.trim().split("\n").sort()).toEqual(["backup/databases.json", "backup/repositories.json", "backup/staged.json", "status"]);
    // All three are due where there is no status, and then on record again.
    await bench.must("web", "systemctl", "start", "phiward-backup-first.service");
    expect((await bench.must("web", ...PROGRAM, "backup", "fresh")).trim()).toBe("fresh");
  });

  it("found damage, and nothing else is told until a check finds none", async (context) => {
    const bench = useIt(context);
    const fresh = (): Promise<{ code: number; stderr: string }> => bench.run("web", ...PROGRAM, "backup", "fresh", "check");
    const spoil = "for pack in restic/data/*/*; do chmod u+w $pack && printf X | dd of=$pack bs=1 seek=100 conv=notrunc status=none; done";
    const found = await withRepositoryAway(bench, `cp -a away restic && ${spoil}`, async () => {
      const { code } = await job(bench, "web", "phiward-backup-check");
      // A backup that succeeds says nothing of what is there already.
      await job(bench, "web", "phiward-backup");
      return { ...(await fresh()), check: code };
    });
    const told = /the last check failed at .*: local: the check found damage/;
    expect(found).toMatchObject({ check: 1, code: 1, stderr: expect.stringMatching(told) as string });
    expect(await job(bench, "web", "phiward-backup-check")).toEqual(SUCCEEDED);
    expect(await fresh()).toMatchObject({ code: 0 });
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
  });

  it("is a restore of a database whose server has another name by now, from the backup that is named", async (context) => {
    const bench = useIt(context);
    const { run } = await bench.restore({ what: "database:api", from: "local" });
    const renamed = (was: string, now: string): Promise<string> =>
      bench.must(
        "web",
        "sh",
        "-c",
        `docker rename ${was} ${now} && sed -i 's/"service": *"${was}"/"service":"${now}"/' /etc/phiward/backup.json`,
      );
    await renamed("db", "pg");
    try {
      await expect(bench.restore({ what: "database:api", from: "local" })).rejects.toThrow();
      expect((await bench.restore({ what: "database:api", from: "local", snapshot: run })).run).toBe(run);
    } finally {
      await renamed("pg", "db");
    }
    expect(await bench.notes("web")).toBe(notes);
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
  });

  it("is a restore that is killed: the old database stays, and it is on record, and the same again does it", async (context) => {
    const bench = useIt(context);
    const cut = bench.restore({ what: "database:api", from: "local" }).catch(String);
    // By one program, which is no slower than the restore is, and is not named by its own words.
    const kill = "until pgrep -x pg_restore >/dev/null; do sleep 0.02; done; pkill -KILL --full '[p]hiward.pyz backup restore'";
    await bench.must("web", "timeout", "300", "sh", "-c", kill);
    expect(await cut).toMatch(/web: /);
    expect(await bench.notes("web")).toBe(notes);
    expect(await job(bench, "web", "phiward-backup")).toEqual(SUCCEEDED);
    expect(await bench.query("web", "SELECT count(*) FROM pg_database WHERE datname = 'api_restored'")).toBe("0");
    // A lock that an application holds keeps nobody from its data.
    await bench.must(
      "web",
      "sh",
      "-c",
      `docker exec --detach db psql -U phiward_api -d api -c 'BEGIN; LOCK TABLE notes; SELECT pg_sleep(600)'`,
    );
    await bench.restore({ what: "database:api", from: "local" });
    expect(await bench.notes("web")).toBe(notes);
    const events = [...bench.read("web", "/var/log/phiward/restores.log").matchAll(/"event": "(\w+)"/g)].map(([, event]) => event);
    expect(events.slice(-5)).toEqual(["begun", "killed", "asked", "begun", "done"]);
  });
});
