/** Files of a volume are overwritten by a compromised container, and the backups tried at the vault; the last good one brings all back. */
import { fingerprint } from "../../ops/commands/adopt";
import type { SshAnswer } from "../../ops/lib/ssh";
import { execInHost } from "../machines/exec";
import type { SandboxHost } from "../machines/inventory";
import type { RunResult } from "../machines/run";
import { type DrillBench, PATIENCE_SECONDS, until } from "./bench";
import { answersOutside, Drill, note, noteText, serves } from "./drill";
import type { DrillResult } from "./figures";
import { asPerson, FILES } from "./people";

const COUNT = 400;
// In the container, by the program that is there: as whoever took over the service.
const WRITE = `const fs=require("fs");for(let n=0;n<${String(COUNT)};n++)fs.writeFileSync("${FILES.path}/"+n+".txt","study "+n)`;
const ENCRYPT = `const fs=require("fs"),c=require("crypto");for(const f of fs.readdirSync("${FILES.path}"))fs.writeFileSync("${FILES.path}/"+f,c.randomBytes(64))`;

export async function ransomware(bench: DrillBench): Promise<DrillResult> {
  const drill = new Drill("ransomware", bench);
  const old = bench.web;
  await inService(bench, old, WRITE);
  const good = await filesOf(bench, old);
  const kept = await note(bench, "written before the attack");
  await bench.phiward("backup", "--host", "web");
  const stolen = await bench.session();
  await keepOut(bench);

  const at = await drill.attack();
  await inService(bench, old, ENCRYPT);
  const later = await note(bench, "written by whoever attacks");
  // Whoever is root makes backups as well, and dates them as they like.
  await bench.phiward("backup", "--host", "web");
  await bench.must(old, "sh", "-c", "rm -rf /var/backups/phiward/restic/snapshots; echo pay > /srv/readme.txt");
  // Whoever has an administrator's login as well brings tools of their own.
  await bench.asAlice(old, "sudo -n docker run --rm --volume phiward-api.files:/v ransom");
  // With all that root of the host has: its key, its password, and the programs that are there. It tries for most of a minute.
  const [forget] = await Promise.all([
    atVault(bench, old, "forget --keep-last 0 --unsafe-allow-remove-all --host web"),
    drill.detected("CONTAINER_BY_HAND"),
  ]);
  await drill.part("isolated", () => bench.phiward("isolate", "web", "--as", "alice", "--why", "drill: ransomware", "--yes"));
  drill.prove("nothing of the old host answers outsiders", !(await answersOutside(bench, old)));
  await drill.evidence();
  let said = "";
  await drill.part("recovered", async () => {
    said = await bench.recover(at, "drill: ransomware");
  });

  drill.prove("backups that came later are left alone", /[1-9]\d* that came later are left alone/.test(said), said);
  drill.prove("the clean host serves", await serves(bench));
  await proveKeptOut(drill, said);
  drill.prove(`${String(COUNT)} files of the volume are as they were backed up`, (await filesOf(bench, bench.web)) === good);
  drill.prove("the note of before the attack is there", (await noteText(bench, kept)) === "written before the attack");
  drill.prove(
    "the master key of patients' columns came back from its escrow",
    said.includes("phi-master-1 came back from its escrow"),
    said,
  );
  drill.prove("what the attack wrote is not", (await noteText(bench, later)) === undefined);
  drill.prove("the vault removed no backup", /403/.test(forget.stdout + forget.stderr), forget.stdout + forget.stderr);
  const again = await atVault(bench, old, "snapshots --no-lock");
  const isRefused = again.code !== 0 && /Permission denied|timed out|refused/.test(again.stderr);
  drill.prove("the old host gets nothing from the vault any more", isRefused, again.stderr);
  drill.prove("the new host shows another key and certificate", stolen.site.certificate !== (await bench.session()).site.certificate);
  const { address, formerHostKeys = [], closed } = bench.declared ?? {};
  const isNew = address === bench.web.address && formerHostKeys.includes(old.hostKey) && closed === false;
  drill.prove("the stack's file has the new server, and the old one's key as a former one", isNew, JSON.stringify(bench.declared));
  // The vault has backups of a password that the new server did not know when it tried first.
  await bench.heardOf("phiward-backup-first", at.getTime(), PATIENCE_SECONDS);
  drill.proves("a backup that the new server could not make arrived at whoever is on call");
  drill.prove(
    `the old server is kept, with its key ${fingerprint(old.hostKey)}`,
    (await execInHost(old, ["test", "-e", "/srv/readme.txt"])).code === 0,
  );
  return drill.result;
}

// The checks from outside ask as the third.
const BLOCKED = 1;
const WHY = ["--as", "alice", "--why", "drill: kept out before"] as const;

/** On all hosts, as without any incident: a person who left, and an address. */
async function keepOut(bench: DrillBench): Promise<void> {
  await bench.phiward("lock", "dave", ...WHY, "--yes");
  await bench.phiward("block", blockedAddress(bench), ...WHY);
}

function blockedAddress({ sandbox }: DrillBench): string {
  return sandbox.outsiders[BLOCKED]?.address ?? "";
}

/** After the deploys that a recovery ends with; undone, both are admitted again. */
async function proveKeptOut(drill: Drill, said: string): Promise<void> {
  const { bench } = drill;
  const dave = (): Promise<SshAnswer> => asPerson(bench.sandbox, bench.web, "dave", "true");
  const isSaid =
    / keep out again: dave is locked, as at store since /.test(said) && said.includes(`${blockedAddress(bench)}/32 is blocked`);
  drill.prove("who and what is kept out at the vault is named", isSaid, said);
  const { code, stderr } = await dave();
  drill.prove("dave, who was locked before, is refused by the clean host", code === 255 && stderr.includes("Permission denied"), stderr);
  // A busy server takes its time.
  await until("an answer to another address", PATIENCE_SECONDS, async () => (await answersOutside(bench, bench.web)) || undefined);
  const isAnswered = await answersOutside(bench, bench.web, BLOCKED);
  drill.prove("an address that was blocked before gets no answer of it, and another one does", !isAnswered);
  await bench.phiward("unlock", "dave", ...WHY);
  await bench.phiward("unblock", blockedAddress(bench), ...WHY);
  const again = await dave();
  drill.prove("dave is admitted again once that is undone", again.code === 0, again.stderr);
}

function inService(bench: DrillBench, host: SandboxHost, script: string): Promise<string> {
  const into = 'docker exec $(docker ps --quiet --filter label=phiward.service=api) /usr/bin/node -e "$0"';
  return bench.must(host, "sh", "-ec", into, script);
}

function filesOf(bench: DrillBench, host: SandboxHost): Promise<string> {
  return bench.must(host, "sh", "-ec", "cd /var/lib/docker/volumes/phiward-api.files/_data; ls | sort | xargs sha256sum");
}

function atVault({ vault }: DrillBench, host: SandboxHost, words: string): Promise<RunResult> {
  const options =
    "-T -i /etc/ssh/ssh_host_ed25519_key -o BatchMode=yes -o ConnectTimeout=10 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR";
  const program = `ssh ${options} vault-web@${vault.address}`;
  const restic = `timeout 60 restic --no-cache --repo rclone:vault: --option "rclone.program=${program}" --password-file /var/lib/phiward/secrets/backup.1 ${words}`;
  return execInHost(host, ["bash", "-c", restic]);
}
