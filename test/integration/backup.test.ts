import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openSealed } from "../../ops/lib/recovery";
import { powerOffHard, startHost } from "../../sandbox/machines/power";
import { recoveryKeyFile } from "../../sandbox/recoveryKey";
import { BackupBench, NOTES, VOLUMES } from "./backupBench";
import { useHosts } from "./useHosts";
import { waitFor } from "./waiting";

let notes = "";

/** Starts a job as its timer does; returns how it ended and its last sentence. */
async function job(bench: BackupBench, host: string, name: string): Promise<{ code: number; sentence: string }> {
  const { code } = await bench.run(host, "systemctl", "start", `${name}.service`);
  // Of what a job says last journald may have to write the last.
  await bench.must(host, "journalctl", "--sync");
  const said = await bench.must(
    host,
    "journalctl",
    `--unit=${name}.service`,
    "--identifier=python3",
    "--lines=1",
    "--output=cat",
    "--no-pager",
  );
  return { code, sentence: said.trim() };
}

function alertsOf(bench: BackupBench, unit: string): readonly unknown[] {
  return bench.alerts.filter((alert) => typeof alert === "object" && alert !== null && Reflect.get(alert, "unit") === unit);
}

const useIt = useHosts("backup", {
  hosts: ["web", "vault", "fresh"],
  make: (sandbox) => BackupBench.make(sandbox),
  begin: async (bench) => {
    await Promise.all([
      bench.adopt("vault").then(() => bench.deploy("vault", bench.vaultPlans())),
      bench.adopt("web").then(() => bench.database("web", true)),
      bench.adopt("fresh").then(() => bench.database("fresh", false)),
    ]);
    await bench.deploy("web", bench.webPlans());
    notes = await bench.notes("web");
  },
  end: (bench) => {
    bench.close();
  },
});

describe("backups, here and off-site", () => {
  it("are made, checked and restored as a test by the first deploy, and all checks pass", async (context) => {
    const bench = useIt(context);
    for (const [host, plans] of [
      ["web", bench.webPlans()],
      ["vault", bench.vaultPlans()],
    ] as const) {
      for (const check of plans.flatMap((plan) => plan.checks).filter(({ control }) => control.startsWith("BKP"))) {
        const { code, stdout, stderr } = await bench.run(host, ...check.argv);
        if (check.expect.kind === "equals")
          expect([check.id, code, stdout.trimEnd(), stderr]).toEqual([check.id, 0, check.expect.text, ""]);
      }
    }
    expect(bench.read("web", "/var/lib/prometheus/node-exporter/phiward-backup.prom").match(/timestamp_seconds\{/g)).toHaveLength(6);
    expect(JSON.stringify(bench.alerts)).toBe("[]");
    expect(
      await bench
        .must("web", "grep", "--recursive", "--count", "--text", "PGDMP", "/var/backups/phiward/restic/data", "/var/lib/phiward/backup")
        .catch(String),
    ).toContain("exited 1");
  });

  it("bring a dropped database back by one command, row by row, and say who and why", async (context) => {
    const bench = useIt(context);
    await bench.must("web", "docker", "exec", "db", "dropdb", "-U", "postgres", "--force", "api");
    const answer = await bench.restore({ what: "database:api", from: "local", who: "alice", why: "dropped by mistake" });
    expect(answer.databases).toEqual({ api: { tables: 2, rows: NOTES + 1 } });
    expect(await bench.notes("web")).toBe(notes);
    expect(await bench.query("web", "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")).toBe("api");
    expect(await bench.query("web", "SELECT pg_get_userbyid(datdba), datacl FROM pg_database WHERE datname = 'api'")).toBe(
      "api|{api=CTc/api}",
    );
    const record = bench
      .read("web", "/var/log/phiward/restores.log")
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(record).toEqual([
      expect.objectContaining({ event: "asked", who: "alice", why: "dropped by mistake", what: "database:api", from: "local" }),
      expect.objectContaining({ event: "begun", who: "alice", why: "dropped by mistake", approvedBy: "bob", what: "database:api" }),
      expect.objectContaining({ event: "done", who: "alice", approvedBy: "bob", databases: answer.databases, run: answer.run }),
    ]);
  });

  it("bring everything back from the vault, and overwrite nothing", async (context) => {
    const bench = useIt(context);
    await bench.query("web", "DELETE FROM notes WHERE id > 7");
    await bench.must("web", "sh", "-c", "echo spoilt > /srv/files/a.txt && rm -r /srv/files/inner");
    const answer = await bench.restore({ what: "all", from: "offsite" });
    expect(await bench.notes("web")).toBe(notes);
    expect(bench.read("web", "/srv/files/a.txt") + bench.read("web", "/srv/files/inner/b.txt")).toBe("first\nsecond\n");
    expect((await bench.must("web", "stat", "--format=%u:%g", "/srv/files/a.txt")).trim()).toBe("1234:1234");
    const [database = "", directory = ""] = answer.kept;
    expect(await bench.query("web", "SELECT count(*) FROM notes", database)).toBe("7");
    expect(bench.read("web", `${directory}/srv/files/a.txt`)).toBe("spoilt\n");
  });

  it("bring nobody back who was erased, while rows whose time is over end once a person approved it", async (context) => {
    const bench = useIt(context);
    const program = ["python3", "-I", "/usr/local/lib/phiward/phiward.pyz"];
    const rows = "SELECT string_agg(patient || ' ' || number, ', ' ORDER BY patient, number) FROM visits";
    await bench.query("web", "CREATE TABLE visits (number serial PRIMARY KEY, patient text, at timestamptz, note text)");
    await bench.query(
      "web",
      "INSERT INTO visits (patient, at, note) VALUES ('p1', now(), 'one'), ('p2', now(), 'two'), ('held', now() - interval '100 days', ''), ('p3', now() - interval '100 days', '')",
    );
    const run = (): Promise<string> => bench.must("web", "systemctl", "start", "phiward-retention.service");
    await run();
    expect(await bench.query("web", rows)).toBe("held 3, p1 1, p2 2, p3 4");
    expect(JSON.parse(await bench.must("web", ...program, "retention", "show"))).toMatchObject({
      rules: [{ name: "visits", due: 1, held: 1, approved: null }],
      faults: [],
    });
    await bench.must("web", ...program, "retention", "approve", "visits");
    await run();
    expect(await bench.query("web", rows)).toBe("held 3, p1 1, p2 2");
    // By its key a backup of now lets nobody be erased in whom it has a row.
    await bench.query("web", "CREATE TABLE bills (visit int REFERENCES visits)");
    await bench.query("web", "INSERT INTO bills VALUES (1)");
    const [uploads] = VOLUMES;
    const listing = `cd /var/lib/docker/volumes/${uploads}/_data/scans; find . | sort | xargs`;
    const scans = (): Promise<string> => bench.must("web", "sh", "-ec", listing);
    await bench.inVolume(
      "web",
      uploads,
      "mkdir -p scans/p1/in scans/p2; echo x > scans/p1/in/a; ln -s ../p2 scans/p1/b; echo y > scans/p2/a",
    );

    expect(await job(bench, "web", "phiward-backup")).toMatchObject({ code: 0 });
    const ask = async (verb: string, ref: string): Promise<unknown> => {
      const question = JSON.stringify({ ref, why: "their letter of 3 May, for a test", recipient: bench.recipient });
      return JSON.parse(await bench.must("web", "sh", "-c", `printf %s "$1" | ${program.join(" ")} subjects ${verb}`, "sh", question));
    };
    const { sealed, ...counts } = z.object({ sealed: z.string(), rows: z.unknown(), files: z.unknown() }).parse(await ask("export", "p1"));
    expect(counts).toEqual({ rows: { "api: public.visits": 1 }, files: { "api/uploads: scans/{ref}/": 2 } });
    const opened = await openSealed(sealed, recoveryKeyFile(bench.sandbox));
    for (const words of ['"note": "one"', '"path": "scans/p1/in/a"', `"content": "${btoa("x\n")}"`]) expect(opened).toContain(words);
    const refused = await ask("erase", "held").catch(String);
    expect(refused).toContain("the hold case of alice keeps until 2099-01-01");
    await bench.query("web", "DELETE FROM bills");
    expect(await ask("erase", "p1")).toMatchObject({ rows: { "api: public.visits": 1 }, files: { "api/uploads: scans/{ref}/": 2 } });
    expect(await bench.query("web", rows)).toBe("held 3, p2 2");
    expect(await scans()).toBe(". ./p2 ./p2/a\n");
    await bench.inVolume("web", uploads, "rm scans/p2/a");
    expect(await bench.restore({ what: "volume:api/uploads", from: "local" })).not.toHaveProperty("returned");
    expect(await scans()).toBe(". ./p2 ./p2/a\n");
    await bench.inVolume("web", uploads, "rm -r scans");
    const what = { what: "database:api", from: "local" } as const;
    await expect(bench.restore(what)).rejects.toThrow(/cannot be erased again: .*23503.*nothing was replaced.*--without-erasures REASON/);
    const withoutErasures = "the backup is from before bills went, for a test";
    expect(await bench.restore({ ...what, withoutErasures })).toMatchObject({ returned: ["api"] });
    await waitFor("the alert", () => alertsOf(bench, "restore without erasures").length === 1);
    expect(await ask("list", "")).toMatchObject({ returned: ["api"] });
    expect(await ask("again", "")).toMatchObject({ rows: {}, left: { api: expect.stringContaining("23503") as string } });
    expect(await bench.query("web", rows)).toBe("held 3, p1 1, p2 2");
    await bench.query("web", "DELETE FROM bills");
    expect(await ask("again", "")).toEqual({ rows: { api: 1 }, files: {}, left: {} });
    expect(await bench.query("web", rows)).toBe("held 3, p2 2");
    expect(bench.read("web", "/var/lib/phiward/subjects/register.json")).toMatch(/^{"erased": {"[0-9a-f]{64}": [0-9.]+}, "begun": {}/);
    await bench.query("web", "DROP TABLE bills, visits");
    // It is made, and says so once.
    expect(await job(bench, "web", "phiward-backup")).toMatchObject({
      code: 1,
      sentence: expect.stringMatching(/table public\.visits with 3 rows is gone since the last backup/) as string,
    });
    expect(await bench.notes("web")).toBe(notes);
  });

  it("bring one file back into a directory beside it", async (context) => {
    const bench = useIt(context);
    expect(await bench.restore({ what: "file:/srv/files/a.txt", from: "local", into: "/root/found" })).toMatchObject({
      files: 1,
      kept: [],
    });
    expect(bench.read("web", "/root/found/srv/files/a.txt")).toBe("first\n");
    await expect(bench.restore({ what: "file:/etc/shadow", from: "local" })).rejects.toThrow(
      /\/etc\/shadow: not in this backup; nothing was replaced/,
    );
    await expect(bench.restore({ what: "all", from: "local", why: " " })).rejects.toThrow(/--why: found nothing/);
  });

  it("replace live data on the word of two people, once, or of one in an emergency, which everybody hears of", async (context) => {
    const bench = useIt(context);
    const what = "file:/srv/files/a.txt";
    const spoil = (): Promise<string> => bench.must("web", "sh", "-c", "echo spoilt > /srv/files/a.txt");
    await spoil();
    const text = await bench.askRestore({ what, from: "local" });
    if (typeof text !== "string") throw new Error("nobody has to sign it");
    expect(text).toContain(`\nhost: web\nhost key: ${bench.host("web").hostKey}\nwhat: ${what}\nfrom: local\n`);
    await expect(bench.carryOut(text, [])).rejects.toThrow(/no signature of alice, who asks/);
    await expect(bench.carryOut(text, ["alice", "alice"])).rejects.toThrow(/signatures of alice alone/);
    await expect(bench.carryOut(text, ["alice", "mallory"])).rejects.toThrow(/by a key that does not count here/);
    const another = text.replace("snapshot: the newest complete run", "snapshot: an older one");
    await expect(bench.carryOut(another, ["alice", "bob"])).rejects.toThrow(/a request that was changed/);
    const anothers = text.replace(/nonce: .*/, `nonce: ${"0".repeat(32)}`);
    await expect(bench.carryOut(anothers, ["alice", "bob"])).rejects.toThrow(/a request that this host does not know/);
    await expect(bench.askRestore({ what, from: "local", who: "mallory" })).rejects.toThrow(/--who: .*allowed: alice, bob;/);
    expect(bench.read("web", "/srv/files/a.txt")).toBe("spoilt\n");
    expect(await bench.carryOut(text, ["alice", "bob"])).toMatchObject({ files: 1 });
    expect(bench.read("web", "/srv/files/a.txt")).toBe("first\n");
    await expect(bench.carryOut(text, ["alice", "bob"])).rejects.toThrow(/a request that this host does not know \(any more\)/);

    await spoil();
    expect(JSON.stringify(bench.alerts)).not.toContain("emergency");
    expect(await bench.askRestore({ what, from: "local", emergency: true, why: "bob is away" })).toMatchObject({ files: 1 });
    expect(bench.read("web", "/srv/files/a.txt")).toBe("first\n");
    await waitFor("the alert", () => alertsOf(bench, "restore in an emergency").length === 1);
    const record = bench.read("web", "/var/log/phiward/restores.log");
    expect(record.match(/"event": "refused"/g)).toHaveLength(4);
    expect(record).toMatch(/"event": "done".*"why": "bob is away".*"emergency": true/);
  });

  it("hold a service still while a file that it has mounted comes back, and start it again", async (context) => {
    const bench = useIt(context);
    const started = (): Promise<string> =>
      bench.must(
        "web",
        "docker",
        "inspect",
        "--format={{.State.Running}} {{.HostConfig.RestartPolicy.Name}} {{.RestartCount}} {{.State.StartedAt}}",
        "reader",
      );
    const run =
      "docker run --detach --name reader --restart unless-stopped --stop-timeout 1 --entrypoint sleep --volume /srv/files:/files:ro";
    await bench.must("web", "sh", "-c", `${run} $(docker inspect --format={{.Image}} db) infinity`);
    const before = await started();
    await bench.must("web", "sh", "-c", "echo spoilt > /srv/files/inner/b.txt");
    expect(await bench.restore({ what: "file:/srv/files/inner/b.txt", from: "local" })).toMatchObject({ files: 1 });
    expect(bench.read("web", "/srv/files/inner/b.txt")).toBe("second\n");
    const after = await started();
    expect([before, after].map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(["true unless-stopped", "true unless-stopped"]);
    expect(after).not.toBe(before);
    await bench.must("web", "docker", "rm", "--force", "reader");
  });

  it("bring one volume back by its name in the file, with owners and modes, while what uses it is stopped, and no other", async (context) => {
    const bench = useIt(context);
    const [uploads, reports] = VOLUMES;
    // The image has no find(1).
    const list =
      "cd /var/lib/docker/volumes/$1/_data; find . -printf '%p %y %U:%G %m %Ts %l\\n' | sort; find . -type f | sort | xargs sha256sum";
    const look = (volume: string): Promise<string> => bench.must("web", "sh", "-ec", list, "sh", volume);
    const before = await look(uploads);
    expect(before).toMatch(/^\.\/studies\/one\/a f 10001:10001 640 /m);
    const users =
      "for name in uploads reports; do docker run --detach --name=uses-$name --restart=unless-stopped --stop-timeout=1 --entrypoint=sleep --volume=phiward-api.$name:/volume:nocopy $(docker inspect --format={{.Image}} db) infinity; done";
    await bench.must("web", "sh", "-ec", users);
    const starts = async (): Promise<readonly string[]> => {
      const format = "--format={{.State.Running}} {{.HostConfig.RestartPolicy.Name}} {{.State.StartedAt}}";
      return (await bench.must("web", "docker", "inspect", format, "uses-uploads", "uses-reports", "db")).trim().split("\n");
    };
    const running = await starts();
    await bench.inVolume("web", uploads, "rm -r studies; echo spoilt > b; chmod 0666 b; rm link; ln -s /etc/passwd link; echo new > c");
    await bench.inVolume("web", reports, "echo newer > b");
    const changed = await look(reports);
    const rows = await bench.notes("web");

    const answer = await bench.restore({ what: "volume:api/uploads", from: "offsite" });

    expect(answer).toMatchObject({ databases: {}, files: 3 });
    expect(await look(uploads)).toBe(before);
    expect([await look(reports), await bench.notes("web")]).toEqual([changed, rows]);
    const again = await starts();
    expect(again.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(Array(3).fill("true unless-stopped").with(2, "true always"));
    expect(again.map((line, index) => line === running[index])).toEqual([false, true, true]);
    // What was there is kept, for whoever restored the wrong one.
    const [directory = ""] = answer.kept;
    // Docker's directory is a file system of its own: what was replaced stays there, and a link leads to it.
    const kept = `${directory}/var/lib/docker/volumes/${uploads}/_data`;
    expect(await bench.must("web", "cat", `${kept}/b`, `${kept}/c`)).toBe("spoilt\nnew\n");
    await expect(bench.restore({ what: "volume:api/other", from: "local" })).rejects.toThrow(
      "--what: found a volume that is not declared, allowed: volume:api/uploads, volume:api/reports",
    );
    await bench.must("web", "docker", "rm", "--force", "uses-uploads", "uses-reports");
  });

  it("do not replace a database by one that is not what was backed up", async (context) => {
    const bench = useIt(context);
    const forge = [
      "set -e",
      "export RESTIC_REPOSITORY=/var/backups/phiward/restic RESTIC_PASSWORD_FILE=/var/lib/phiward/secrets/backup.1",
      'sed "s/\\"run\\": \\"[^\\"]*\\"/\\"run\\": \\"forged\\"/; s/100000/100001/" /var/lib/phiward/backup/manifest.json > /tmp/manifest.json',
      "mv /tmp/manifest.json /var/lib/phiward/backup/manifest.json",
      "restic dump --tag part=db/api latest /db.api.dump | restic backup --host web --tag run=forged --tag part=db/api --stdin --stdin-filename db.api.dump",
      "restic backup --host web --tag run=forged --tag part=files /var/lib/phiward/backup/manifest.json",
    ];
    await bench.must("web", "sh", "-c", forge.join("\n"));
    await expect(bench.restore({ what: "database:api", from: "local", snapshot: "forged" })).rejects.toThrow(
      /local: backup forged: it is not signed by this host/,
    );
    await expect(bench.restore({ what: "database:api", from: "local", snapshot: "forged", unsigned: true })).rejects.toThrow(
      /what was restored is not what was backed up: table public\.notes: found 100000 rows, backed up were 100001; nothing was replaced/,
    );
    expect(await bench.notes("web")).toBe(notes);
    expect(await bench.query("web", "SELECT count(*) FROM pg_database WHERE datname = 'api_restored'")).toBe("0");
    expect(await job(bench, "web", "phiward-restore-test")).toMatchObject({ code: 1 });
    await waitFor("the alert", () => alertsOf(bench, "phiward-restore-test.service").length > 0);
    expect(await job(bench, "web", "phiward-backup")).toMatchObject({ code: 0 });
  });

  it("survive a kill and a lost power supply in the middle of a backup", async (context) => {
    const bench = useIt(context);
    const underWay = async (): Promise<void> => {
      await bench.must("web", "systemctl", "start", "--no-block", "phiward-backup.service");
      await bench.must("web", "timeout", "300", "sh", "-c", "until pgrep -x pg_dump; do sleep 0.02; done");
    };
    const before = alertsOf(bench, "phiward-backup.service").length;
    await underWay();
    await bench.must("web", "systemctl", "kill", "--signal=KILL", "phiward-backup.service");
    await waitFor("the alert", () => alertsOf(bench, "phiward-backup.service").length > before);
    await underWay();
    await powerOffHard(bench.host("web"));
    await startHost(bench.host("web"));
    await bench.databaseReady("web");
    expect(await job(bench, "web", "phiward-backup")).toMatchObject({ code: 0 });
    expect(await job(bench, "web", "phiward-backup-check")).toMatchObject({ code: 0 });
    expect(await bench.notes("web")).toBe(notes);
  });

  it("leave the old database in place when the power goes in the middle of a restore", async (context) => {
    const bench = useIt(context);
    await bench.query("web", "INSERT INTO notes (text) VALUES ('written since')");
    const cut = bench.restore({ what: "database:api", from: "local" }).catch(String);
    await bench.must("web", "timeout", "300", "sh", "-c", "until pgrep -x pg_restore; do sleep 0.02; done");
    await powerOffHard(bench.host("web"));
    expect(await cut).toMatch(/the connection was cut/);
    await startHost(bench.host("web"));
    await bench.databaseReady("web");
    expect(await bench.query("web", "SELECT text FROM notes ORDER BY id DESC LIMIT 1")).toBe("written since");
    await bench.restore({ what: "database:api", from: "local" });
    expect(await bench.notes("web")).toBe(notes);
  });

  it("list what restores kept, each with the command that removes it", async (context) => {
    const bench = useIt(context);
    const kept = async (): Promise<readonly string[]> => {
      const status: unknown = JSON.parse(
        await bench.must("web", "python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "backup", "status"),
      );
      return z.object({ kept: z.array(z.string()).default([]) }).parse(status).kept;
    };
    const listed = await kept();
    expect(listed.filter((sentence) => /^database api_before_[0-9tz]+ in db, \d+ MB, kept by a restore; /.test(sentence))).not.toEqual([]);
    expect(listed.filter((sentence) => /^\/\S+\/restores\/[0-9tz]+, \d+ MB, kept by a restore; /.test(sentence))).not.toEqual([]);
    for (const sentence of listed) await bench.must("web", "sh", "-ec", sentence.split("; to remove it: sudo ")[1] ?? "exit 1");
    expect(await kept()).toEqual([]);
    expect(await bench.notes("web")).toBe(notes);
  });

  it("cannot be deleted or overwritten at the vault by the host that brought them", async (context) => {
    const bench = useIt(context);
    const kept = (): Promise<string> =>
      bench.must("vault", "sh", "-c", "cd /srv/vault/web && find . -type f -not -path './restic/locks/*' | sort | xargs sha256sum");
    const before = await kept();
    await bench.openVault();
    const [vault, options] = [`vault-web@${bench.host("vault").address}`, bench.vaultOptions()];
    const listed = JSON.parse((await bench.offsiteRestic("snapshots", "--json")).stdout) as { id: string }[]; // restic's own form
    expect(listed.length).toBeGreaterThan(1);
    const attempts: readonly (readonly string[])[] = [
      bench.vaultSsh("id"),
      bench.vaultSsh("sh -c id"),
      bench.vaultSsh("rclone purge /srv/vault/web"),
      bench.vaultSsh("'serve restic --stdio; id'"),
      ["sh", "-c", `echo 'rm restic/config' | sftp -b - ${options.join(" ")} ${vault}`],
      ["scp", ...options, "/etc/hostname", `${vault}:restic/config`],
      ["timeout", "5", "ssh", ...options, "-W", "127.0.0.1:22", vault],
      ["sh", "-c", `echo overwritten | ${bench.vaultSsh("seal").join(" ")}`],
    ];
    for (const argv of attempts) {
      const { code, stdout, stderr } = await bench.run("web", ...argv);
      expect([argv.join(" "), code === 0, stdout.includes("uid=") || stdout.includes("SSH-")]).toEqual([argv.join(" "), false, false]);
      expect(stderr).not.toMatch(/Connection refused|denied \(publickey\)/);
    }
    const snapshot = `/snapshots/${listed[0]?.id ?? ""}`;
    const requests = [
      ...["DELETE", "POST"].flatMap((method) => [`${method} ${snapshot}`, `${method} /config`]),
      `DELETE /locks/..${snapshot}`,
    ];
    expect(await bench.askVault(requests)).toEqual(requests.map((request) => `${request}: 403`));
    const forget = await bench.offsiteRestic("forget", listed[0]?.id ?? "");
    // restic itself ends with 0 all the same.
    expect(forget.stdout + forget.stderr).toContain("403 Forbidden");
    expect(await kept()).toBe(before);
  });

  it("wait for no lock of a job of the vault that was killed, and the next job does the work", async (context) => {
    const bench = useIt(context);
    for (const name of ["phiward-vault-check", "phiward-vault-prune"]) {
      await bench.must("vault", "systemctl", "start", "--no-block", `${name}.service`);
      await bench.must("vault", "timeout", "300", "sh", "-c", "until pgrep -x restic; do sleep 0.02; done");
      await bench.must("vault", "systemctl", "kill", "--signal=KILL", `${name}.service`);
      expect(await bench.must("vault", "ls", "/srv/vault/web/restic/locks"), name).toBe("");
    }
    expect(await job(bench, "web", "phiward-backup")).toMatchObject({ code: 0 });
    for (const name of ["phiward-vault-check", "phiward-vault-prune"]) expect(await job(bench, "vault", name)).toMatchObject({ code: 0 });
  });

  it("are not let go by the vault while one of them is dated in the future, and the vault says so", async (context) => {
    const bench = useIt(context);
    expect((await bench.must("vault", "systemctl", "start", "phiward-vault-prune.service", "phiward-vault-check.service")).trim()).toBe("");
    // What an intruder adds to obstruct restic is quarantined, and reported.
    expect(await bench.askVault(["POST /locks/../foreign"])).toEqual(["POST /locks/../foreign: 200"]);
    expect(await job(bench, "vault", "phiward-vault-prune")).toEqual({
      code: 1,
      sentence: expect.stringMatching(/web: found 1 unexpected or unreadable files in its repository/) as string,
    });
    expect(await job(bench, "vault", "phiward-vault-prune")).toMatchObject({ code: 0 });
    // Of a name that restic would give it, one such file keeps restic from all others.
    const sum = createHash("sha256").update("garbage").digest("hex");
    const bring = `cd /srv/vault/web/restic && for file in keys/${"0".repeat(64)} index/${sum} snapshots/${sum}; do
      install --owner=vault-web --group=vault-web --mode=0600 /dev/null $file && printf garbage > $file && touch --date='1 hour ago' $file; done`;
    await bench.must("vault", "sh", "-c", bring);
    expect(await job(bench, "vault", "phiward-vault-check")).toEqual({
      code: 1,
      sentence: expect.stringMatching(
        /web: found 3 unexpected or unreadable files in its repository.*the check succeeded without them/,
      ) as string,
    });
    expect(await job(bench, "vault", "phiward-vault-check")).toMatchObject({ code: 0 });
    await bench.openVault();
    const forged = await bench.offsiteRestic(
      "backup",
      "--time",
      "2099-01-01 00:00:00",
      "--host",
      "web",
      "--tag",
      "run=forged",
      "--tag",
      "part=files",
      "/etc/hostname",
    );
    expect([forged.code, forged.stderr]).toEqual([0, ""]);
    const before = alertsOf(bench, "phiward-vault-prune.service").length;
    expect(await job(bench, "vault", "phiward-vault-prune")).toEqual({
      code: 1,
      sentence: expect.stringMatching(/dated in the future.*Nothing was pruned/) as string,
    });
    await waitFor("the alert", () => alertsOf(bench, "phiward-vault-prune.service").length > before);
  });

  it("are noticed to be damaged, and the alert arrives", async (context) => {
    const bench = useIt(context);
    const spoil =
      "for pack in /var/backups/phiward/restic/data/*/*; do printf X | dd of=$pack bs=1 seek=100 conv=notrunc status=none; done";
    await bench.must("web", "sh", "-c", `chmod -R u+w /var/backups/phiward/restic/data; ${spoil}`);
    expect(await job(bench, "web", "phiward-backup-check")).toEqual({
      code: 1,
      sentence: expect.stringMatching(/^phiward: local: the check found damage/) as string,
    });
    await waitFor("the alert", () => alertsOf(bench, "phiward-backup-check.service").length > 0);
    expect(alertsOf(bench, "phiward-backup-check.service")).toEqual([
      {
        host: "web",
        unit: "phiward-backup-check.service",
        result: "exit-code",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      },
    ]);
  });

  it("bring a lost host back on an empty one, from the vault and the recovery key alone", async (context) => {
    const bench = useIt(context);
    const key = bench.read("web", "/var/lib/phiward/services/api/secrets/master-key.1");
    await powerOffHard(bench.host("web"));
    await bench.deploy("vault", bench.vaultPlans("fresh"), "fresh");
    await bench.deploy("fresh", bench.webPlans("fresh"), "fresh");
    const { sentence } = await job(bench, "fresh", "phiward-backup");
    expect(sentence).toMatch(
      /offsite: the vault holds backups of web under another password, so this is a new host: nothing was added to them\. Restore first/,
    );

    const start = Date.now();
    const answer = await bench.restore({ what: "all", from: "offsite", recoveryKey: recoveryKeyFile(bench.sandbox) }, "fresh");
    process.stdout.write(
      `a lost host is back in ${String((Date.now() - start) / 1000)} s, of which the host took ${String(answer.seconds)} s\n`,
    );
    expect(await bench.notes("fresh")).toBe(notes);
    expect(bench.read("fresh", "/srv/files/inner/b.txt")).toBe("second\n");
    expect(bench.read("fresh", "/var/lib/phiward/services/api/secrets/master-key.1")).toBe(key);
    expect((await bench.run("fresh", "grep", "--recursive", "AGE-SECRET", "/run/phiward", "/var/lib/phiward", "/var/log")).code).toBe(1);

    await bench.must("vault", "sh", "-c", "rm -f /srv/vault/web/restic/snapshots/$(ls -t /srv/vault/web/restic/snapshots | head -1)");
    expect(await job(bench, "fresh", "phiward-backup")).toMatchObject({ code: 0 });
    expect((await bench.restore({ what: "database:api", from: "offsite" }, "fresh")).databases).toEqual({
      api: { tables: 2, rows: NOTES + 1 },
    });
  });
});
