import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, describe, expect, it, vi } from "vitest";
import { outputOf } from "../../../../ops/lib/process";
import { openEscrows, openSealed } from "../../../../ops/lib/recovery";

describe("what was encrypted to the recovery key", () => {
  const directory = mkdtempSync(join(tmpdir(), "phiward-recovery-"));
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  async function key(name: string): Promise<{ readonly file: string; readonly recipient: string }> {
    const identity = await generateX25519Identity();
    const file = join(directory, name);
    writeFileSync(file, `# created: 2026-01-01T00:00:00Z\n# public key: age1…\n${identity}\n`);
    return { file, recipient: await identityToRecipient(identity) };
  }

  async function sealed(text: string, recipient: string): Promise<string> {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    return armor.encode(await encrypter.encrypt(text));
  }

  it("is opened by its age key, as age-keygen wrote the file, and by no other", async () => {
    const [own, other] = [await key("own"), await key("other")];
    const text = `${await sealed("a password\n", own.recipient)}\n`;
    expect(await openSealed(text, own.file)).toBe("a password");
    expect(await openSealed(text, other.file)).toBeUndefined();
    expect(await openSealed("not an age file", own.file)).toBeUndefined();
  });

  it("is opened for a host by name, or nothing is where the key is another one", async () => {
    const [own, other] = [await key("mine"), await key("theirs")];
    const escrows = { "phi-master-1": await sealed("first\n", own.recipient), "phi-master-2": await sealed("second\n", own.recipient) };
    expect(await openEscrows("web", escrows, own.file)).toEqual({ "phi-master-1": "first", "phi-master-2": "second" });
    const mixed = { ...escrows, "phi-master-2": await sealed("second\n", other.recipient) };
    await expect(openEscrows("web", mixed, own.file)).rejects.toThrow(/does not open the escrow of phi-master-2 in the backup of web/);
  });

  it("is refused a file that is missing, or holds no key, without showing what it holds", async () => {
    const file = join(directory, "none");
    await expect(openSealed("", file)).rejects.toThrow(`--recovery-key: cannot read ${file}, allowed: `);
    writeFileSync(file, "hunter2\n");
    await expect(openSealed("", file)).rejects.toThrow(
      `--recovery-key: found no key in ${file}, allowed: a file of age-keygen, not encrypted, or an SSH private key`,
    );
  });

  it("needs the program age where the key is one of SSH, and says which package has it", async () => {
    const file = join(directory, "ssh");
    outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file]);
    vi.stubEnv("PATH", "/nowhere");
    try {
      await expect(openSealed("", file)).rejects.toThrow(
        "age: found no such program on PATH, allowed: the one of Debian's package age; apt-get install age",
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
