/** Archives of images on their way to a host: what `docker load` takes, named by the id of the image, whole or not at all. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { HostConfig } from "../../components/config/schema";
import { AGENT_COMMAND, envelope, type ImageArchive } from "../../components/plan/request";
import { ask } from "./agent";
import { OperatorError } from "./errors";
import { answerOf, start } from "./process";
import { type Tell, withProgress } from "./progress";
import { deployTarget, type Patience, type SshAnswer, type SshTarget, sshArgv } from "./ssh";
import { quotedLines } from "./terminal";

const answer = z.object({ present: z.boolean() });
const manifest = z.array(z.object({ Config: z.string() }));

/**
 * Copies archives of images to a host that was adopted, into /var/lib/phiward/images; what is there already stays. The unit
 * `docker` loads them. Throws OperatorError if one is no archive of an image, or does not arrive.
 */
export async function sendImages(
  host: HostConfig,
  files: readonly string[],
  patience: Patience,
  say: (line: string) => void,
): Promise<void> {
  if (host.kind !== "existing")
    throw new OperatorError(`${host.name}: found a droplet, allowed: an existing server; a droplet pulls its images from a registry`, 2);
  const target = deployTarget(host);
  const asked = await withProgress(`${host.name}: comparing images`, () =>
    Promise.all(
      files.map(async (file) => {
        const archive = await archiveOf(file);
        return { file, archive, ...(await ask(target, { mode: "images-ask", archive }, answer, patience)) };
      }),
    ),
  );
  for (const { file, archive, present } of asked) {
    if (!present) {
      const copying = `${host.name}: copying ${basename(file)}`;
      requireDelivered(host.name, file, await withProgress(copying, (tell) => deliver(target, patience, archive, file, tell)));
    }
    say(`${host.name}: image ${basename(file)}: ${present ? "there already" : "copied"} as sha256:${archive.name.slice(0, 64)}`);
  }
}

async function archiveOf(file: string): Promise<ImageArchive> {
  const id = await imageId(file);
  return { name: `${id}${/\.tar(\.[a-z0-9]+)?$/.exec(file)?.[0] ?? ".tar"}`, sha256: await sha256(file) };
}

/** The id of the image in an archive: 64 hexadecimal digits, the hash of its configuration. */
async function imageId(archive: string): Promise<string> {
  const { code, stdout } = await answerOf(["tar", "--occurrence=1", "-xOf", archive, "manifest.json"]);
  const parsed = manifest.safeParse(code === 0 ? JSON.parse(stdout) : []);
  const ids = (parsed.data ?? []).flatMap(({ Config }) => /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(Config)?.[1] ?? []);
  const [id] = ids;
  if (id === undefined || ids.length > 1)
    throw new OperatorError(
      `${archive}: found ${ids.length === 0 ? "no image" : `${String(ids.length)} images`}, allowed: an archive of one image; docker save --output=FILE.tar IMAGE creates one`,
      2,
    );
  return id;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function requireDelivered(host: string, file: string, { code, stderr }: SshAnswer): void {
  if (code !== 0) throw new OperatorError(`${host}: ${file}: not copied: ${stderr.trim() || `exit code ${String(code)}`}; run it again`, 2);
}

/** Sends the request and, behind it, the archive itself. */
async function deliver(target: SshTarget, patience: Patience, archive: ImageArchive, file: string, tell: Tell): Promise<SshAnswer> {
  const { size } = await stat(file);
  const sent = async function* (parts: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const part of parts) {
      yield part;
      bytes += part.length;
      tell(bytes / size);
    }
  };
  return new Promise((resolve) => {
    const ssh = start([...sshArgv(target, patience), AGENT_COMMAND], { stdio: ["pipe", "ignore", "pipe"] });
    let stderr = "";
    ssh.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
    ssh.on("close", (code) => {
      resolve({ code: code ?? 255, stdout: "", stderr: quotedLines(stderr) });
    });
    ssh.stdin.write(envelope({ mode: "images-receive", archive, size }).stdin);
    // The host may close early, having refused; its answer says why.
    pipeline(createReadStream(file), sent, ssh.stdin).catch(() => undefined);
  });
}
