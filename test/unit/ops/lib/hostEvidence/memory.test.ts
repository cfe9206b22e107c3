/** A host's memory among its evidence: as it is asked for, and as large as it may be. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { evidenceArchive } from "../../../../../components/host/archive";
import { phiward } from "../../../../../ops/cli";
import { memoryText } from "../../../../../ops/commands/evidenceTake";
import { followed } from "../../../../../ops/lib/hostEvidence/chain";
import { type Received, receive } from "../../../../../ops/lib/hostEvidence/receive";
import { type EvidenceQuestion, evidenceRequest } from "../../../../../ops/lib/hostEvidence/request";
import { freeBeside, Room, requireRoom, sized } from "../../../../../ops/lib/hostEvidence/room";
import { sha256 } from "../../../../../ops/lib/hostEvidence/statement";
import { runSync } from "../../../../../ops/lib/process";
import type { Runs } from "../../../../../ops/verbs/verb";
import { complete } from "../../../components/examples";

const directory = mkdtempSync(join(tmpdir(), "phiward-memory-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const MIB = 1024 ** 2;
// The host's own program, with parts so small that there are as many as of 80 GiB.
const PARTS = 20_500;
const TAKE = `
import sys
sys.path.insert(0, sys.argv[1])
from phiward_host.evidence import stream
stream.PART_BYTES = 8
out = sys.stdout.buffer
made = stream.Stream(out.write, lambda entry: None, "0" * 32)
made.begin("kernel-memory", "a test")
made.add(b"x" * (8 * int(sys.argv[2])))
made.end("whole")
said = {"format": stream.FORMAT, "mode": "evidence", "host": "web", "of": None, "by": "alice", "nonce": "0" * 32, "request": "1" * 64}
said |= {"items": made.count, "bytes": made.bytes, "head": made.head, "begun": 1.0, "ended": 2.0}
made.close(stream.canonical(said), b"")
`;

function archive(): Buffer {
  const program = join(directory, "evidence.pyz");
  writeFileSync(program, evidenceArchive());
  const { status, stdout } = runSync(["python3", "-I", "-c", TAKE, program, String(PARTS)]);
  expect(status).toBe(0);
  return Buffer.from(stdout, "latin1");
}

async function* once(content: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

describe("memory that is asked for", () => {
  it("is an option of the verb, off without it", async () => {
    const seen: unknown[] = [];
    const runs: Runs =
      () =>
      (...given) => {
        seen.push(given[1]);
        return Promise.resolve();
      };
    await phiward(runs).parseAsync(["evidence", "web", "--memory"], { from: "user" });
    await phiward(runs).parseAsync(["evidence", "web"], { from: "user" });
    expect(seen).toEqual([expect.objectContaining({ memory: true }), expect.not.objectContaining({ memory: true })]);
  });

  it("is in the request where it is, and else the request is as it was", () => {
    const config = parseConfig(complete());
    const question: EvidenceQuestion = { mode: "evidence", host: "web", since: new Date(0) };
    const bodyOf = (asked: EvidenceQuestion): unknown => JSON.parse(evidenceRequest(config, asked).stdin.split("\n")[1] ?? "");
    expect(bodyOf({ ...question, memory: true })).toMatchObject({ mode: "evidence", memory: true });
    expect(bodyOf(question)).not.toHaveProperty("memory");
    expect(bodyOf({ ...question, memory: false })).not.toHaveProperty("memory");
  });

  it("is said to be large and what is in it, with what is free here", () => {
    expect(memoryText(64 * 1024 ** 3)).toContain("minutes to hours, and as much room as it has RAM; 64.0 GiB are free here. Whatever");
    expect(memoryText(undefined)).toContain("as it has RAM. Whatever its programs work on is in it: data of patients");
  });
});

describe("an item of more than twenty thousand parts", () => {
  it("is followed to its end, and refused where a part has another's number", async () => {
    const whole = archive();
    let bytes = 0;
    const { entries } = await followed(once(whole), (step) => {
      if ("part" in step) bytes += step.part.content.length;
    });
    expect(bytes).toBe(8 * PARTS);
    expect(entries.map(({ item, parts, outcome }) => [item, parts, outcome])).toEqual([["000-kernel-memory", PARTS, "whole"]]);
    const last = `000-kernel-memory.${String(PARTS - 1)}`;
    expect(whole.indexOf(`${last}\0`)).toBeGreaterThan(0);
    const removed = Buffer.concat([whole.subarray(0, 3 * 1024), whole.subarray(4 * 1024)]);
    await expect(followed(once(removed))).rejects.toThrow("a part of 000-kernel-memory is missing before 000-kernel-memory.004");
  });
});

describe("what comes of a host", () => {
  async function received(name: string, most: number): Promise<Received> {
    const sent = join(directory, "sent");
    writeFileSync(sent, Buffer.concat([Buffer.from("age-encryption.org/v1\n"), Buffer.alloc(3 * MIB, 7)]));
    writeFileSync(join(directory, "ssh"), `#!/bin/sh\ncat >/dev/null\ncat ${sent}\nsleep 0.1\n`, { mode: 0o755 });
    vi.stubEnv("PATH", `${directory}:${String(process.env["PATH"])}`);
    const target = { address: "192.0.2.1", port: 22, user: "alice", hostKey: "ssh-ed25519 AAAA" };
    const options = { path: join(directory, name), recipient: "age1", patience: {}, most, onItem: () => undefined };
    return receive(target, { stdin: "", sha256: "", nonce: "" }, options);
  }

  it("is kept as far as it may be large, and said to be cut off", async () => {
    const found = await received("cut", MIB);
    expect(found.stopped).toBe("found more than 1024 KiB, allowed: as much");
    expect(found.bytes).toBeLessThanOrEqual(MIB);
    expect(found.bytes).toBeGreaterThan(0);
    expect(found.sha256).toBe(sha256(readFileSync(join(directory, "cut"))));
  });

  it("is all kept below that", async () => {
    const found = await received("whole", 4 * MIB);
    expect([found.stopped, found.bytes, found.code]).toEqual([undefined, 3 * MIB + 22, 0]);
  });
});

describe("room", () => {
  const file = join(directory, "evidence.tar.age");

  it("is looked at each 64 MiB, and none is filled to its end", () => {
    const looks: string[] = [];
    const room = new Room(file, (path) => {
      looks.push(path);
      return looks.length < 3 ? 128 * MIB : 100 * MIB;
    });
    expect([0, 63, 64, 65, 127, 128].map((written) => room.refusal(written * MIB))).toEqual(Array.from({ length: 6 }));
    expect(looks).toHaveLength(2);
    expect(room.refusal(192 * MIB)).toBe(`found 102400 KiB free at ${directory}, allowed: 131072 KiB at least`);
    expect(new Room(file, () => undefined).refusal(192 * MIB)).toBeUndefined();
  });

  it("has to be there for all of a large file before it is opened", () => {
    const output = join(directory, "looked-at");
    expect(() => {
      requireRoom(file, 64 * 1024 ** 3, output, () => 20 * 1024 ** 3);
    }).toThrow(`--output: found 20.0 GiB free at ${directory}, allowed: the 64.0 GiB of ${file}; nothing was opened`);
    for (const free of [64 * 1024 ** 3, undefined])
      expect(() => {
        requireRoom(file, 64 * 1024 ** 3, output, () => free);
      }).not.toThrow();
    expect(freeBeside(file)).toBeGreaterThan(0);
    expect(freeBeside("/nowhere/at/all")).toBeUndefined();
    expect([sized(12), sized(10_001), sized(64 * 1024 ** 3)]).toEqual(["12 B", "10 KiB", "64.0 GiB"]);
  });
});
