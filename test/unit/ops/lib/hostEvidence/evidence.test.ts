import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evidenceArchive } from "../../../../../components/host/archive";
import { unpackEvidence } from "../../../../../ops/commands/evidenceOpen";
import { verifyEvidence } from "../../../../../ops/commands/evidenceVerify";
import { followed } from "../../../../../ops/lib/hostEvidence/chain";
import { writeReceipt } from "../../../../../ops/lib/hostEvidence/receipt";
import { sha256 } from "../../../../../ops/lib/hostEvidence/statement";
import { outputOf, runSync } from "../../../../../ops/lib/process";

const directory = mkdtempSync(join(tmpdir(), "phiward-host-evidence-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

// The host's own program, of three items: one of two parts, one empty, one of a line.
const TAKE = `
import sys
sys.path.insert(0, sys.argv[1])
from phiward_host.common import paths
from phiward_host.evidence import sealing
from phiward_host.evidence.stream import FORMAT, PART_BYTES, Stream, canonical
paths.HOST_KEY = sys.argv[2]
out = sys.stdout.buffer
stream = Stream(out.write, lambda entry: None, "0" * 32)
for name, data in (("large", b"x" * (PART_BYTES + 5)), ("empty", b""), ("line", b"{}\\n")):
    stream.begin(name, "a test")
    stream.add(data)
    stream.end("whole")
said = {"format": FORMAT, "mode": "evidence", "host": "web", "of": None, "by": "alice", "nonce": "0" * 32, "request": "1" * 64}
statement = canonical({**said, "items": stream.count, "bytes": stream.bytes, "head": stream.head, "begun": 1.0, "ended": 2.0})
stream.close(statement, sealing.signature(statement))
`;

const BLOCK = 512;
let archive = Buffer.alloc(0);
let hostKey = "";
let keyFile = "";
let recipient = "";

beforeAll(async () => {
  const [program, key] = [join(directory, "evidence.pyz"), join(directory, "host_key")];
  writeFileSync(program, evidenceArchive());
  outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  hostKey = readFileSync(`${key}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  const { status, stdout } = runSync(["python3", "-I", "-c", TAKE, program, key]);
  expect(status).toBe(0);
  archive = Buffer.from(stdout, "latin1");
  const identity = await generateX25519Identity();
  keyFile = join(directory, "incident.key");
  writeFileSync(keyFile, `${identity}\n`, { mode: 0o600 });
  recipient = await identityToRecipient(identity);
});

/** A file as `phiward evidence` leaves it, in a directory of its own, of this archive. */
async function fileOf(name: string, content: Uint8Array): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const sealed = await encrypter.encrypt(content);
  const file = join(directory, `${name}.tar.age`);
  writeFileSync(file, sealed);
  return file;
}

/** The members of the archive, each with its header and padding. */
function pieces(): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; archive[at] !== 0; ) {
    const size = Number.parseInt(archive.toString("latin1", at + 124, at + 135), 8);
    const end = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    found.push(archive.subarray(at, end));
    at = end;
  }
  return found;
}

const END = Buffer.alloc(2 * BLOCK);

describe("evidence of a host", () => {
  it("is whole on another machine with the key alone, and says what it was held against", async () => {
    const file = await fileOf("whole", archive);
    const { statement } = await followed(once(archive));
    const found = await verifyEvidence(file, { recoveryKey: keyFile, hostKey, head: statement.head });
    expect(found.items?.map(({ item, bytes }) => [item, bytes])).toEqual([
      ["000-large", 4 * 1024 * 1024 + 5],
      ["001-empty", 0],
      ["002-line", 3],
    ]);
    expect(found.held).toEqual(["head of the chain by --head", expect.stringMatching(/^signature by the host's key SHA256:/)]);
    expect(found.open).toEqual(["the file's SHA-256 was not compared with the record's: --sha256"]);
  });

  it("is compared without a key by what is beside it, and refused where a byte of the file is another", async () => {
    const file = await fileOf("outer", archive);
    const { text, signature } = await followed(once(archive));
    const content = readFileSync(file);
    writeReceipt(file, { host: "web", hostKey, sha256: sha256(content), bytes: content.length, statement: text, signature });
    expect((await verifyEvidence(file, {})).held).toEqual([
      "SHA-256 of the file by what is beside it",
      expect.stringContaining("signature"),
    ]);
    content[content.length - 100] = (content.at(-100) ?? 0) ^ 1;
    writeFileSync(file, content);
    await expect(verifyEvidence(file, {})).rejects.toThrow(/refused: SHA-256 of the file/);
    rmSync(`${file}.json`);
    await expect(verifyEvidence(file, { recoveryKey: keyFile })).rejects.toThrow("it is cut off or changed");
  });

  it.for([
    ["a byte of an item", () => changed(pieces(), 0, BLOCK + 7), /000-large is not as it was taken/],
    ["a byte of an entry", () => changed(pieces(), 2, BLOCK + 9), /of another form|is not the item|does not follow|not as it was/],
    ["an item that was removed", () => pieces().toSpliced(3, 2), /002-line is not the item that comes here/],
    ["the last item removed", () => pieces().toSpliced(5, 2), /an item is missing at its end/],
    ["two that changed places", () => reordered(pieces()), /is not the item that comes here/],
    ["a part that is missing", () => pieces().toSpliced(0, 1), /a part of 000-large is missing/],
    ["an end without a signature", () => pieces().toSpliced(8, 1), /nothing closes it/],
    ["an end cut off", () => pieces().slice(0, 4), /nothing closes it/],
  ] as const)("is refused with %s", async ([name, change, words]) => {
    const file = await fileOf(`changed-${name.replaceAll(" ", "-")}`, Buffer.concat([...change(), END]));
    await expect(verifyEvidence(file, { recoveryKey: keyFile, hostKey })).rejects.toThrow(words);
  });

  it("is refused where another key signed it, or the record has another head", async () => {
    const file = await fileOf("other", archive);
    const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzQ3Ksjb5PxAOA0y0DMVYBqLl7W+eFjjhInO9zisQkH";
    await expect(verifyEvidence(file, { recoveryKey: keyFile, hostKey: other })).rejects.toThrow("not signed by the host's key");
    await expect(verifyEvidence(file, { recoveryKey: keyFile, head: "0".repeat(64) })).rejects.toThrow("head of the chain by --head");
  });

  it("has no paths: an item by any other name is refused, and nothing is written outside of the new directory", async () => {
    const output = join(directory, "opened");
    expect(await unpackEvidence(await fileOf("opened", archive), keyFile, output)).toBe(3);
    expect(readdirSync(output).toSorted()).toEqual(["000-large", "001-empty", "002-line", "entries.jsonl", "manifest.json"]);
    expect([statSync(output).mode & 0o777, statSync(join(output, "002-line")).mode & 0o777]).toEqual([0o700, 0o600]);
    const escaping = Buffer.from(archive);
    escaping.write("../../../../tmp/x", 0, "latin1");
    await expect(unpackEvidence(await fileOf("escaping", escaping), keyFile, join(directory, "other"))).rejects.toThrow("by another name");
    await expect(unpackEvidence(await fileOf("again", archive), keyFile, output)).rejects.toThrow("a directory that is not there");
  });
});

async function* once(content: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

function changed(all: readonly Buffer[], index: number, at: number): readonly Buffer[] {
  const piece = Buffer.from(all[index] ?? Buffer.alloc(0));
  piece[at] = (piece[at] ?? 0) ^ 1;
  return all.with(index, piece);
}

function reordered(all: readonly Buffer[]): readonly Buffer[] {
  return [...all.slice(0, 3), ...all.slice(5, 7), ...all.slice(3, 5), ...all.slice(7)];
}
