/** Requests for restores over live data, with signatures of the real ssh-keygen. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { RESTORE_NAMESPACE, restoreConsent, signersText } from "../../../../components/backup/backup/restores";
import { parseConfig } from "../../../../components/config/faults";
import { runSync } from "../../../../ops/lib/process";
import { approvalOf, asker, keepRequest, requestText, signRequest } from "../../../../ops/lib/restoreRequests";
import { changed, complete, ed25519 } from "../../components/examples";

const HOST = { name: "web", address: "192.0.2.1", hostKey: ed25519(9) };
const directory = mkdtempSync(join(tmpdir(), "phiward-restores-"));
const keyOf = (name: string): string => join(directory, name);
for (const name of ["alice", "bob", "carol"]) runSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", keyOf(name)]);
const publicOf = (name: string): string => readFileSync(`${keyOf(name)}.pub`, "utf8").trim();
const CONFIG = parseConfig(
  changed(complete(), {
    people: [
      { name: "alice", keys: [publicOf("alice")], sudo: true },
      { name: "bob", keys: [publicOf("bob")], expires: "2099-01-31" },
      { name: "carol", keys: [publicOf("carol")] },
    ],
    "backup.restores": { approvers: ["bob"] },
  }),
);
const TEXT = [
  "A restore over live data",
  "host: web",
  `host key: ${HOST.hostKey}`,
  ...["what: all", "from: local", "snapshot: the newest complete run", "unsigned: refused", "why: ticket 4711", "who: alice"],
  `at: 2026-11-29T12:00:00Z\nnonce: ${"4f1c2a90".repeat(4)}\n`,
].join("\n");

const before = process.cwd();
let file = "";

afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true });
});

beforeEach(() => {
  process.chdir(mkdtempSync(join(directory, "here-")));
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  file = keepRequest(HOST, TEXT);
});

describe("a request for a restore over live data", () => {
  it("is kept as the host made it, and signed by a second person and who asks", () => {
    expect([file, readFileSync(file, "utf8")]).toEqual(["restore-web-4f1c2a90.txt", TEXT]);
    expect(requestText("web", file)).toContain(`--approval ${file}.sig`);
    expect(() => keepRequest(HOST, TEXT)).toThrow(/nothing is overwritten/);
    expect(signRequest(CONFIG, HOST, file, keyOf("bob"))).toBe(`${file}.sig`);
    const { text, signatures } = approvalOf(CONFIG, HOST, `${file}.sig`, keyOf("alice"));
    expect(text).toBe(TEXT);
    writeFileSync("signers", signersText(restoreConsent(CONFIG)));
    for (const [index, name] of ["alice", "bob"].entries()) {
      writeFileSync("one.sig", signatures[index] ?? "");
      const argv = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", name, "-n", RESTORE_NAMESPACE, "-s", "one.sig"] as const;
      expect(runSync(argv, { input: text }).status).toBe(0);
    }
  });

  it("is signed by the ssh-keygen of anybody as well", () => {
    runSync(["ssh-keygen", "-Y", "sign", "-n", RESTORE_NAMESPACE, "-f", keyOf("bob"), file]);
    expect(approvalOf(CONFIG, HOST, `${file}.sig`, keyOf("alice")).signatures[1]).toBe(readFileSync(`${file}.sig`, "utf8"));
  });

  it("is signed by no one for themselves, nor by who may not", () => {
    expect(() => signRequest(CONFIG, HOST, file, keyOf("alice"))).toThrow(/found a request of alice, and a key of alice/);
    expect(() => signRequest(CONFIG, HOST, file, keyOf("carol"))).toThrow(/found no key of a person of the stack/);
    expect(() => asker(CONFIG, keyOf("carol"))).toThrow(/found no key of a person/);
    expect(asker(CONFIG, keyOf("bob"))).toBe("bob");
    signRequest(CONFIG, HOST, file, keyOf("bob"));
    expect(() => approvalOf(CONFIG, HOST, `${file}.sig`, keyOf("bob"))).toThrow(/found no key of alice/);
  });

  it("is of this host, and holds nothing but what is shown", () => {
    expect(() => signRequest(CONFIG, { ...HOST, hostKey: ed25519(8) }, file, keyOf("bob"))).toThrow(/of a host with another key/);
    for (const text of ["", TEXT.replace("all", "a\u202ell"), `${TEXT}more: 1\n`, TEXT.replace("who: alice\n", ""), "x".repeat(9000)])
      expect(() => {
        writeFileSync("other.txt", text);
        signRequest(CONFIG, HOST, "other.txt", keyOf("bob"));
      }).toThrow(/found no request for a restore|more than 8192 characters/);
    expect(() => approvalOf(CONFIG, HOST, file, keyOf("alice"))).toThrow(/allowed: the signature FILE.sig/);
    expect(() => approvalOf(CONFIG, HOST, "missing.sig", keyOf("alice"))).toThrow(/cannot read missing.sig/);
  });
});
