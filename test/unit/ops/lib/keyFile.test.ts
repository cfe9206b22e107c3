import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireKeyFile } from "../../../../ops/lib/keyFile";
import { outputOf } from "../../../../ops/lib/process";
import { sshArgv } from "../../../../ops/lib/ssh";
import { ed25519 } from "../../components/examples";

const directory = mkdtempSync(join(tmpdir(), "phiward-keys-"));
const at = (name: string): string => join(directory, name);
const make = (name: string, ...words: readonly string[]): void => {
  outputOf(["ssh-keygen", "-q", "-f", at(name), ...words]);
};

beforeAll(() => {
  make("good", "-t", "ed25519", "-N", "");
  make("old", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "");
  make("locked", "-t", "ed25519", "-N", "a passphrase");
  make("locked-old", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "a passphrase");
  make("locked-8", "-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", "a passphrase");
  writeFileSync(at("open"), readFileSync(at("good")));
  chmodSync(at("open"), 0o644);
  writeFileSync(at("notes"), "no key\n", { mode: 0o600 });
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe("the key that an operator names", () => {
  it("is taken where ssh(1) can use it without asking, and where none is named", () => {
    for (const path of [at("good"), at("old"), undefined]) {
      expect(() => {
        requireKeyFile(path);
      }).not.toThrow();
    }
  });

  it.each([
    ["missing", /^--key: found no file .*\/missing, allowed: .*; correct the path, or leave --key out/],
    ["", /^--key: found .*, which cannot be read, allowed/],
    ["good.pub", /^--key: found a public key in .*good\.pub, .*; give the file without \.pub$/],
    ["notes", /^--key: found no private key in .*notes, /],
    ["open", /^--key: found .*open, which others can read, .*; chmod 600 '.*open'$/],
    ["locked", /^--key: found a key with a passphrase in .*; run ssh-add '.*locked', and leave --key out$/],
    ["locked-old", /^--key: found a key with a passphrase in /],
    ["locked-8", /^--key: found a key with a passphrase in /],
  ])("is refused, with what to do: %s", (name, words) => {
    expect(() => {
      requireKeyFile(at(name));
    }).toThrow(words);
  });

  it("is not repeated where it stands in the place of its path", () => {
    for (const text of [readFileSync(at("good"), "utf8"), "-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNzaA"])
      expect(() => {
        requireKeyFile(text);
      }).toThrow(/^--key: found a text that is not a path, allowed: /);
  });

  it.each(["a b", "a%d", 'a"b', "a\\b", "a'b", "a # b"])("is found by ssh(1) whatever its path: %s", (name) => {
    mkdirSync(at(name));
    const path = join(at(name), "key");
    make(join(name, "key"), "-t", "ed25519", "-N", "");
    const [program, ...args] = sshArgv({ address: "192.0.2.1", port: 1, user: "deploy", hostKey: ed25519(1) }, { identity: path });
    const shown = outputOf([program, "-G", ...args]);
    expect(shown.split("\n")).toContain(`identityfile ${path.replaceAll("%", "%%")}`);
  });
});
