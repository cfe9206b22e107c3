/** Archives of images on their way to a host: what `docker load` takes, named by the id of the image, whole or not at all. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { HostConfig } from "../../components/config/schema";
import { OperatorError } from "./errors";
import { answerOf, start } from "./process";
import { withProgress } from "./progress";
import { deployTarget, overSsh, type Patience, type SshAnswer, type SshTarget, sshArgv } from "./ssh";

// Constant, free of single quotes, and the same for question and delivery: it reads one line, which says what is coming. What
// arrives is written beside its place and put there when its length and hash are right.
const RECEIVE = `sudo -n /usr/bin/python3 -I -c '${[
  "import hashlib,json,os,sys",
  "source=sys.stdin.buffer",
  "wanted=json.loads(source.readline())",
  'home="/var/lib/phiward/images"',
  "os.umask(0o077)",
  "os.makedirs(home,mode=0o700,exist_ok=True)",
  'path=os.path.join(home,wanted["name"])',
  'new=os.path.join(home,".new-"+wanted["name"])',
  'digest=lambda stream: hashlib.file_digest(stream,"sha256").hexdigest()',
  'there=os.path.exists(path) and digest(open(path,"rb"))==wanted["sha256"]',
  'wanted["ask"] and (print("there" if there else "missing"),sys.exit(0))',
  'target=open(new,"wb")',
  'all(target.write(part) for part in iter(lambda: source.read(1048576),b""))',
  "target.flush()",
  "os.fsync(target.fileno())",
  'right=digest(open(new,"rb"))==wanted["sha256"]',
  "os.replace(new,path) if right else os.unlink(new)",
  'right or sys.exit("the archive arrived incomplete; nothing was kept")',
].join(";")}'`;

const manifest = z.array(z.object({ Config: z.string() }));

/**
 * Copies archives of images to a host that was adopted, into /var/lib/phiward/images; what is there already stays. The unit
 * `docker` loads them. Throws OperatorError if one is no archive of an image, or does not arrive.
 */
export async function sendImages(
  host: HostConfig,
  archives: readonly string[],
  patience: Patience,
  say: (line: string) => void,
): Promise<void> {
  if (host.kind !== "existing")
    throw new OperatorError(`${host.name}: found a droplet, allowed: an existing server; a droplet pulls its images from a registry`, 2);
  const target = deployTarget(host);
  for (const archive of archives) {
    const name = `${await imageId(archive)}${/\.tar(\.[a-z0-9]+)?$/.exec(archive)?.[0] ?? ".tar"}`;
    const wanted = { name, sha256: await sha256(archive) };
    const asked = await overSsh(target, RECEIVE, `${JSON.stringify({ ...wanted, ask: true })}\n`, patience);
    const there = answered(host.name, archive, asked).trim() === "there";
    if (!there) {
      const header = `${JSON.stringify({ ...wanted, ask: false })}\n`;
      const delivered = await withProgress(`${host.name}: copying ${basename(archive)}`, () => deliver(target, patience, header, archive));
      answered(host.name, archive, delivered);
    }
    say(`${host.name}: image ${basename(archive)}: ${there ? "there already" : "copied"} as sha256:${name.slice(0, 64)}`);
  }
}

/** The id of the image in an archive: 64 hexadecimal digits, the hash of its configuration. */
async function imageId(archive: string): Promise<string> {
  const { code, stdout } = await answerOf(["tar", "-xOf", archive, "manifest.json"]);
  const parsed = manifest.safeParse(code === 0 ? JSON.parse(stdout) : []);
  const ids = (parsed.data ?? []).flatMap(({ Config }) => /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(Config)?.[1] ?? []);
  const [id] = ids;
  if (id === undefined || ids.length > 1)
    throw new OperatorError(
      `${archive}: found ${ids.length === 0 ? "no image" : `${String(ids.length)} images`}, allowed: an archive of one image; docker save --output=FILE.tar IMAGE makes one`,
      2,
    );
  return id;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function answered(host: string, archive: string, { code, stdout, stderr }: SshAnswer): string {
  if (code === 0) return stdout;
  throw new OperatorError(`${host}: ${archive}: not copied: ${stderr.trim() || `exit code ${String(code)}`}; run it again`, 2);
}

function deliver(target: SshTarget, patience: Patience, header: string, archive: string): Promise<SshAnswer> {
  return new Promise((resolve) => {
    const ssh = start([...sshArgv(target, patience), RECEIVE], { stdio: ["pipe", "ignore", "pipe"] });
    let stderr = "";
    ssh.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
    ssh.on("close", (code) => {
      resolve({ code: code ?? 255, stdout: "", stderr });
    });
    ssh.stdin.write(header);
    // The host may close early, having refused; its answer says why.
    pipeline(createReadStream(archive), ssh.stdin).catch(() => undefined);
  });
}
