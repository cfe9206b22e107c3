/** What a thief has of a stack's data: dumps, volumes, WAL, backups with their password, and the vault's disk; searched for a text and for keys. */
import { createDecipheriv, createHmac } from "node:crypto";
import { execInHost } from "../../sandbox/machines/exec";
import type { SandboxHost } from "../../sandbox/machines/inventory";
import { mustRun } from "../../sandbox/machines/run";

/** What opens a note, by what docs/data-protection.md says of it. */
interface PatientsKeys {
  readonly master: string;
  /** The data key as the server has it in its memory. */
  readonly data: Buffer;
}

/** What `encrypt_phi` has made, or how a master key has locked a data key: `head` bytes, the IV, ciphertext, and an HMAC of them. */
export function openBox(box: Buffer, head: number, key: Buffer): Buffer {
  const body = box.subarray(0, -32);
  const seal = createHmac("sha256", key.subarray(32)).update(body).digest();
  if (!seal.equals(box.subarray(-32))) throw new Error("the seal is another one");
  const cipher = createDecipheriv("aes-256-cbc", key.subarray(0, 32), body.subarray(head, head + 16));
  return Buffer.concat([cipher.update(body.subarray(head + 16)), cipher.final()]);
}

/** A data key, from the wrapped one and the master key. */
function dataKey(wrapped: Buffer, master: string): Buffer {
  const wrapping = Buffer.concat(["encrypt", "authenticate"].map((use) => createHmac("sha256", master).update(use).digest()));
  return openBox(wrapped, 4, wrapping);
}

async function must(host: SandboxHost, script: string, stdin = ""): Promise<string> {
  const { code, stdout, stderr } = await execInHost(host, ["sh", "-ec", script], { stdin });
  if (code !== 0) throw new Error(`${host.name}: ${script} exited ${String(code)}: ${stdout}${stderr}`);
  return stdout.trim();
}

/** The keys of a database of a host, in the clear. */
export async function patientsKeys(host: SandboxHost, database: string): Promise<PatientsKeys> {
  const sql = "SELECT encode(wrapped, 'hex') FROM phi.encryption_keys WHERE id = 1";
  const [master, wrapped] = await Promise.all([
    must(host, "cat /var/lib/phiward/secrets/phi-master-1.1"),
    must(host, `docker exec db psql -U phiward__phi -d ${database} -At -c "${sql}"`),
  ]);
  return { master, data: dataKey(Buffer.from(wrapped, "hex"), master) };
}

// Reads what is searched for as hexadecimal lines from standard input, so that no process has it among its arguments, and prints each
// file that has one of them. A text may lie where two blocks meet.
const SEARCH = `import os, stat, sys
wanted = [bytes.fromhex(line) for line in sys.stdin.read().split()]
overlap = max(map(len, wanted)) - 1
count = 0
for top in sys.argv[1:]:
    for here, _, names in os.walk(top):
        for name in names:
            path = os.path.join(here, name)
            before = b""
            try:
                if not stat.S_ISREG(os.lstat(path).st_mode):
                    continue
                count += 1
                with open(path, "rb") as file:
                    while block := file.read(1 << 22):
                        whole = before + block
                        if any(text in whole for text in wanted):
                            print(path)
                            break
                        before = whole[-overlap:]
            except FileNotFoundError:
                pass  # of a server that works, some files go meanwhile
print(count, "files", file=sys.stderr)`;

/** Files below these directories of a host that hold one of the texts. Throws where nothing was there to be searched. */
async function holding(host: SandboxHost, texts: readonly Buffer[], ...tops: readonly string[]): Promise<readonly string[]> {
  const stdin = texts.map((text) => text.toString("hex")).join("\n");
  const { code, stdout, stderr } = await execInHost(host, ["python3", "-c", SEARCH, ...tops], { stdin });
  const count = Number(/^(\d+) files$/m.exec(stderr)?.[1] ?? 0);
  if (code !== 0 || count === 0) throw new Error(`${host.name}: ${tops.join(" ")}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

// Each as it is, and as programs write bytes.
function formsOf(note: string, { master, data }: PatientsKeys): readonly Buffer[] {
  const halves = [data.subarray(0, 32), data.subarray(32)];
  const written = [data, ...halves].flatMap((key) => [
    key,
    Buffer.from(key.toString("hex")),
    Buffer.from(key.toString("base64").slice(0, 40)),
  ]);
  return [Buffer.from(note), Buffer.from(note).subarray(0, 24), Buffer.from(master), ...written];
}

const DATA = "/var/lib/docker/volumes/phiward-db.data/_data";
// A segment of the log that no checkpoint needs any longer may be gone a moment later, as when a backup has its dump restored for a trial.
const LOG = `umask 077
rm -rf /root/stolen; mkdir -p /root/stolen/here /root/stolen/there
cp -r ${DATA}/pg_wal /root/stolen/pg_wal || true`;
// Everything that a backup of the database's host has, and what its server writes; logs and journals as they are read.
const STOLEN = `umask 077
docker exec db psql -U postgres -d postgres -qc CHECKPOINT
docker exec db pg_dump -U phiward_api -d api > /root/stolen/dump
docker exec db pg_dump -U phiward_api -d api --format=custom --compress=0 > /root/stolen/dump.custom
journalctl --output=export > /root/stolen/journal
`;
// The newest backup, with its password.
const OPENED = `export RESTIC_PASSWORD_FILE=/var/lib/phiward/secrets/backup.1
open() {
  restic --no-cache --no-lock --repo "$1" snapshots --latest 1 --json > /root/stolen/ids
  for id in $(grep -o '"short_id":"[^"]*"' /root/stolen/ids | cut -d'"' -f4); do
    restic --no-cache --no-lock --quiet --repo "$1" restore "$id" --target "/root/stolen/$2/$id"
  done
}
open /var/backups/phiward/restic here
open /root/stolen/vault there`;
const REPOSITORIES = "find /srv/vault -type d -name keys -printf '%h\\n'";
const JOURNALS = `umask 077; mkdir -p /root/stolen; journalctl --output=export > /root/stolen/journal
find /var/log/journal /srv -name '*.journal' -print0 | xargs -0 -r -n 1 journalctl --output=export --file >> /root/stolen/journal`;

/** Takes the write-ahead log of the database as it is now, for `stolenWith`: to be called when what is searched for was written last. */
export async function stealLog(web: SandboxHost): Promise<void> {
  await must(web, LOG);
}

/**
 * Files that hold the note or a key of it, of all that a thief may have; and the places in which the very same search misses the patient's
 * name, a plain column beside the note. Takes some seconds, and leaves nothing behind.
 */
export async function stolenWith(web: SandboxHost, vault: SandboxHost, note: string, patient: string): Promise<readonly string[]> {
  const keys = await patientsKeys(web, "api");
  const forms = formsOf(note, keys);
  try {
    await must(web, STOLEN);
    const [repository = "", ...more] = (await must(vault, REPOSITORIES)).split("\n");
    if (more.length > 0) throw new Error(`the vault has more than one repository: ${more.join(" ")}`);
    await mustRun(["cp", "-r", `${vault.root}${repository}`, `${web.root}/root/stolen/vault`]);
    await must(web, OPENED);
    await must(vault, JOURNALS);
    // The dump, the volume with its WAL, both repositories as they are and opened, and logs; the vault's disk as it is, and its journals.
    const own = ["/root/stolen", DATA, "/var/backups/phiward", "/var/log", "/var/lib/phiward/log", "/var/lib/phiward/backup"];
    const here = await holding(web, forms, ...own);
    const there = await holding(vault, forms, "/root/stolen", "/srv", "/var/lib/phiward", "/var/log", "/etc/phiward");
    const plain = await holding(web, [Buffer.from(patient)], "/root/stolen", DATA);
    const missed = PLACES.filter((place) => !plain.some((path) => place.test(path)));
    const itself = await holding(web, [Buffer.from(keys.master)], "/var/lib/phiward/secrets");
    return [...here, ...there, ...missed.map(String), ...(itself.length === 1 ? [] : ["the master key is not in its own file"])];
  } finally {
    await Promise.all([web, vault].map((host) => must(host, "rm -rf /root/stolen")));
  }
}

const PLACES = [
  /^\/root\/stolen\/dump$/,
  /^\/root\/stolen\/here\//,
  /^\/root\/stolen\/there\//,
  /_data\/base\//,
  /^\/root\/stolen\/pg_wal\//,
];
