/** A recorded session as it comes from a vault, where anyone with the public key may have made it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unpackSession } from "../../../ops/commands/session";
import { outputOf } from "../../../ops/lib/process";

const NAME = "alice-20261127T081500-k3T9aB";
let home = "";
let key = "";
let recipient = "";

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "phiward-session-"));
  key = join(home, "key");
  const identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  writeFileSync(key, `${identity}\n`, { mode: 0o600 });
  mkdirSync(join(home, NAME));
  writeFileSync(join(home, NAME, "ttyout"), "what was shown\n");
});

afterAll(() => {
  rmSync(home, { recursive: true });
});

async function sealed(content: Uint8Array): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(content));
}

function archive(...members: readonly string[]): Uint8Array {
  const file = join(home, "made.tar");
  outputOf(["tar", "--create", "--file", file, "--directory", home, ...members]);
  return gzipSync(readFileSync(file));
}

describe("a recorded session", () => {
  it("is unpacked into a new directory with its files alone", async () => {
    const directory = join(home, "good");
    await unpackSession(await sealed(archive(NAME)), key, directory);
    expect(readFileSync(join(directory, NAME, "ttyout"), "utf8")).toBe("what was shown\n");
    expect(existsSync(join(directory, "session.tar.gz"))).toBe(false);
  });

  it("is refused where it has a link, unpacks to more than a session can have, or is no archive", async () => {
    symlinkSync("/etc/passwd", join(home, "link"));
    const faulty = [archive(NAME, "link"), gzipSync(Buffer.alloc(129 * 1024 * 1024)), Buffer.from("no archive")];
    for (const [index, content] of faulty.entries()) {
      const directory = join(home, `faulty-${String(index)}`);
      await expect(unpackSession(await sealed(content), key, directory)).rejects.toThrow("the session is damaged");
      expect(existsSync(join(directory, "link"))).toBe(false);
      expect(existsSync(join(directory, "session.tar.gz"))).toBe(false);
    }
  });
});
