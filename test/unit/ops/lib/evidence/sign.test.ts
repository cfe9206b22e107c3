/** Signatures by the real ssh-keygen: whoever has the signer's public key verifies them without us. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { MANIFEST, manifestOf, SIGNATURE, SIGNATURE_NAMESPACE, type Signer, signerOf } from "../../../../../ops/lib/evidence/sign";
import { outputOf, runSync, start } from "../../../../../ops/lib/process";

const FILES = new Map([
  ["evidence.html", "<p>as it was found</p>\n"],
  ["evidence.json", "{}\n"],
]);

let directory = "";
const at = (name: string): string => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "phiward-sign-test-"));
  for (const name of ["alice", "mallory"]) outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", at(name)]);
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Writes a signed report of FILES, and whom an auditor expects it from. */
function report(signer: Signer, expected = signer.publicKey): void {
  const manifest = manifestOf(FILES);
  for (const [name, text] of [...FILES, [MANIFEST, manifest], [SIGNATURE, signer.sign(manifest)]] as const) writeFileSync(at(name), text);
  writeFileSync(at("allowed_signers"), `alice@clinic.example namespaces="${SIGNATURE_NAMESPACE}" ${expected}\n`);
}

/** What docs/operations.md has an auditor run. */
function isAuthentic(): boolean {
  const verify = [
    "-Y",
    "verify",
    "-f",
    at("allowed_signers"),
    "-I",
    "alice@clinic.example",
    "-n",
    SIGNATURE_NAMESPACE,
    "-s",
    at(SIGNATURE),
  ];
  const listed = outputOf(["cat", at(MANIFEST)]);
  const signed = runSync(["ssh-keygen", ...verify], { input: listed }).status === 0;
  return signed && runSync(["sha256sum", "--check", "--strict", MANIFEST], { cwd: directory }).status === 0;
}

describe("a signed report", () => {
  it("is authentic by its signer's public key alone", () => {
    report(signerOf(at("alice")));
    expect(isAuthentic()).toBe(true);
  });

  it.each([
    [
      "a changed byte of a file",
      () => {
        writeFileSync(at("evidence.html"), "<p>as it was founD</p>\n");
      },
    ],
    [
      "a missing file",
      () => {
        rmSync(at("evidence.json"));
      },
    ],
    [
      "a changed list of hashes",
      () => {
        writeFileSync(at(MANIFEST), manifestOf(new Map([["evidence.html", "<p>better</p>\n"]])));
      },
    ],
    [
      "a signature by someone else",
      () => {
        writeFileSync(at(SIGNATURE), signerOf(at("mallory")).sign(manifestOf(FILES)));
      },
    ],
  ])("is refused for %s", (_, spoil) => {
    report(signerOf(at("alice")));
    spoil();
    expect(isAuthentic()).toBe(false);
  });

  it("is refused where the same key signed the list for something else", () => {
    report(signerOf(at("alice")));
    rmSync(at(SIGNATURE));
    outputOf(["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", at("alice"), at(MANIFEST)]);
    expect(isAuthentic()).toBe(false);
  });

  it("is signed by the only Ed25519 key of an SSH agent", async () => {
    const socket = at("agent");
    const agent = start(["ssh-agent", "-D", "-a", socket], { stdio: "ignore" });
    try {
      vi.stubEnv("SSH_AUTH_SOCK", socket);
      await vi.waitUntil(() => runSync(["ssh-add", "-q", at("alice")]).status === 0, { timeout: 60_000 });
      const signer = signerOf(undefined);
      report(signer, signerOf(at("alice")).publicKey);
      expect(isAuthentic()).toBe(true);
      outputOf(["ssh-add", "-q", at("mallory")]);
      expect(() => signerOf(undefined)).toThrow("one Ed25519 key alone in the SSH agent, which has 2");
    } finally {
      agent.kill();
    }
  });
});

describe("a key that does not sign", () => {
  it("is another kind of key, or none at all", () => {
    outputOf(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", at("ecdsa")]);
    expect(() => signerOf(at("ecdsa"))).toThrow(/^--key: found another kind of key in .*, allowed: an Ed25519 key/);
    vi.stubEnv("SSH_AUTH_SOCK", at("no-agent"));
    expect(() => signerOf(undefined)).toThrow(
      /^--key: found neither it nor one Ed25519 key alone in the SSH agent, which has 0, allowed: /,
    );
    expect(() => signerOf(at("nothing"))).toThrow(/^--key: found no file /);
  });
});
