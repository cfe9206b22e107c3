/** Evidence of a host on which root planted what a rootkit plants, and of one that is half dead. */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, type TestContext } from "vitest";
import type { StackConfig } from "../../components/config/schema";
import { hostPlans } from "../../components/registry";
import { unpackEvidence } from "../../ops/commands/evidenceOpen";
import { evidenceVerifyCommand, verifyEvidence } from "../../ops/commands/evidenceVerify";
import { investigate, investigationText } from "../../ops/commands/investigate";
import type { ResolvedStack } from "../../ops/lib/command";
import { type Taken, takeEvidence } from "../../ops/lib/hostEvidence/take";
import { ensureRecoveryKey, recoveryKeyFile } from "../../sandbox/recoveryKey";
import type { Bench } from "./bench";
import { withoutMemory } from "./noMemory";
import { imageId, withServices } from "./servicesBench";

const MODULE = "/usr/lib/modules/$(uname -r)/extra/planted.ko";
// Each is named by what is on the right.
const PLANTED: readonly (readonly [string, string])[] = [
  [`docker run --detach --name planted --network none --entrypoint /bin/sleep IMAGE 3600`, "container: planted"],
  [
    "printf '[Timer]\\nOnCalendar=yearly\\n' > /etc/systemd/system/planted.timer && systemctl daemon-reload",
    "unit of systemd: /etc/systemd/system/planted.timer",
  ],
  [
    "mkdir -p -m 0700 /root/.ssh && echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzQ3Ksjb5PxAOA0y0DMVYBqLl7W+eFjjhInO9zisQkH x' > /root/.ssh/authorized_keys",
    "authorized keys: /root/.ssh/authorized_keys",
  ],
  ["cp /bin/true /opt/planted-suid && chmod 4755 /opt/planted-suid", "program with its owner's rights (SUID, SGID): /opt/planted-suid"],
  ["touch /etc/ld.so.preload && echo > /etc/ld.so.preload", "preloaded library: /etc/ld.so.preload"],
  [`mkdir -p "$(dirname ${MODULE})" && echo planted > ${MODULE}`, "/extra/planted.ko"],
  ["cp -a /etc/pam.d/sshd /run/kept-pam && echo 'auth sufficient pam_permit.so' >> /etc/pam.d/sshd", "/etc/pam.d/sshd"],
];
const REMOVE = [
  "docker rm --force --volumes planted",
  "rm -rf /etc/systemd/system/planted.timer /root/.ssh /opt/planted-suid /etc/ld.so.preload",
  `rm -rf "$(dirname ${MODULE})"`,
  "cp -a /run/kept-pam /etc/pam.d/sshd",
  "systemctl daemon-reload",
].join("; ");

/** Its incident key is one of age's, as a stack's mostly is: what the hosts of other tests have is the administrator's. */
async function keyed(bench: Bench): Promise<StackConfig> {
  const plain = withServices(bench);
  const config = { ...plain, audit: { ...plain.audit, sessionsKey: await ensureRecoveryKey(bench.sandbox) } };
  // Docker's plan has come after it here, and changes a package's file.
  await bench.inside("rm", "-f", "/var/lib/phiward/integrity/baseline.json");
  for (const plan of hostPlans(config, "web")) if (["sessions", "sealing", "integrity"].includes(plan.unit)) await bench.deploy(plan);
  return config;
}

function stackOf(bench: Bench, config: StackConfig): ResolvedStack {
  const { name, address, hostKey } = { ...bench.host, name: "web" };
  return {
    stack: "test",
    config,
    context: { file: "", patience: bench.patience, outside: [], scanRate: 30_000 },
    hosts: [{ name, address, hostKey }],
  };
}

async function take(bench: Bench, config: StackConfig, directory: string): Promise<Taken> {
  const stack = stackOf(bench, config);
  const [host] = stack.hosts;
  if (host === undefined) throw new Error("no host");
  const file = join(directory, "evidence.tar.age");
  const taken = await takeEvidence(stack, host, { person: "alice", file, since: new Date(Date.now() - 3_600_000) });
  const rows = taken.items.map(({ item, bytes, seconds, outcome }) => `${item} ${String(bytes)} ${seconds.toFixed(1)} ${outcome}`);
  console.log(`evidence complete in ${taken.seconds.toFixed(1)} s, ${String(taken.bytes)} bytes\n${rows.join("\n")}`);
  return taken;
}

/** Items of a fresh directory with nothing but the evidence and the key: another machine. */
async function openElsewhere(bench: Bench, taken: Taken): Promise<(name: string) => readonly Record<string, unknown>[]> {
  const elsewhere = mkdtempSync(join(bench.sandbox.dir, "elsewhere-"));
  const [file, key] = [join(elsewhere, "evidence.tar.age"), join(elsewhere, "incident.key")];
  copyFileSync(taken.file, file);
  writeFileSync(key, readFileSync(recoveryKeyFile(bench.sandbox)), { mode: 0o600 });
  const found = await verifyEvidence(file, { recoveryKey: key, sha256: taken.sha256, hostKey: bench.host.hostKey });
  expect(found.items?.length).toBe(taken.items.length);
  const changed = readFileSync(file);
  changed[Math.floor(changed.length / 2)] = (changed[Math.floor(changed.length / 2)] ?? 0) ^ 1;
  writeFileSync(join(elsewhere, "changed.tar.age"), changed);
  await expect(evidenceVerifyCommand(join(elsewhere, "changed.tar.age"), { recoveryKey: key })).rejects.toThrow(
    /refused: it is cut off or/,
  );
  const output = join(elsewhere, "items");
  await unpackEvidence(file, key, output);
  return (name) => {
    const item = taken.items.find((each) => each.item.endsWith(`-${name}`))?.item ?? name;
    const lines = readFileSync(join(output, item), "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>); // an object a line
  };
}

function named(rows: readonly { readonly [name: string]: unknown }[]): readonly string[] {
  return rows.map((row) => `${String(row["kind"])}: ${String(row["path"])}`);
}

/** Tests of a file whose hosts have services. */
export function evidenceTests(running: (context: TestContext) => Promise<Bench>): void {
  it("give evidence that names what root planted, each of seven, and lists its own footprint", async (context) => {
    const bench = await running(context);
    const config = await keyed(bench);
    const clean = await take(bench, config, mkdtempSync(join(bench.sandbox.dir, "clean-")));
    expect([clean.trouble, named((await openElsewhere(bench, clean))("findings"))]).toEqual([undefined, []]);
    const image = imageId("redis");
    for (const [plant] of PLANTED) await bench.inside("sh", "-c", plant.replace("IMAGE", image));
    // Each hour the host itself writes what people may do.
    const kept = "find / -xdev -newer /run/kept-pam -type f -path '/var/lib/phiward/*' ! -path /var/lib/phiward/people.json";
    const before = await bench.inside("sh", "-c", kept);
    const taken = await take(bench, config, mkdtempSync(join(bench.sandbox.dir, "planted-")));
    expect(taken.trouble).toBeUndefined();
    expect(taken.seconds).toBeLessThan(300);
    const items = await openElsewhere(bench, taken);
    const found = named(items("findings"));
    expect(PLANTED.filter(([, name]) => !found.some((line) => line.includes(name))).map(([, name]) => name)).toEqual([]);
    console.log(found.join("\n"));
    const footprint = JSON.stringify(items("footprint"));
    for (const word of ["nft --stateless list ruleset", "journalctl", "SSH", "memfd", "sudo"]) expect(footprint).toContain(word);
    expect(JSON.stringify(items("processes"))).toContain("/bin/sleep");
    expect(await bench.inside("sh", "-c", kept)).toBe(before);
    expect(await bench.journal("--since=-1h", "--output=cat", "PHIWARD_ACT=operation")).toContain(taken.statement?.head);
    const live = await investigate(stackOf(bench, config), "web", { person: "alice", since: new Date(Date.now() - 3_600_000) });
    const text = investigationText(live);
    expect(PLANTED.filter(([, name]) => !text.includes(name)).map(([, name]) => name)).toEqual([]);
    const key = recoveryKeyFile(bench.sandbox);
    const later = await investigate(stackOf(bench, config), "web", { person: "alice", evidence: taken.file, recoveryKey: key });
    expect(named(later.found)).toEqual(found);
    console.log(text.slice(0, 6000));
    await bench.inside("sh", "-c", REMOVE);
  });

  it("give evidence with a full disk, a Docker that hangs and no free memory", async (context) => {
    const bench = await running(context);
    const config = await keyed(bench);
    const full = ["/tmp", "/var/tmp", "/var/log", "/home", "/var/lib/phiward/log"];
    for (const path of full) await bench.inside("sh", "-c", `mount -t tmpfs -o size=4k tmpfs ${path}; cat /dev/zero > ${path}/full; true`);
    await bench.inside("systemctl", "kill", "--signal=STOP", "docker.service");
    const taken = await withoutMemory(
      bench.host,
      (...words) => bench.inside(...words),
      () => take(bench, config, mkdtempSync(join(bench.sandbox.dir, "half-dead-"))),
    );
    await bench.inside("systemctl", "kill", "--signal=CONT", "docker.service");
    for (const path of full) await bench.inside("umount", path);
    expect(taken.trouble).toBeUndefined();
    expect(taken.seconds).toBeLessThan(300);
    const items = await openElsewhere(bench, taken);
    expect(JSON.stringify(items("container-files"))).toContain('"Name":"/db"');
    expect(items("processes").length).toBeGreaterThan(20);
  });
}
