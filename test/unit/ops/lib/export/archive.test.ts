/** Archives of exports: by tar(1), OpenSSH and coreutils as by phiward, and refused wherever one byte is another. */
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signerOf } from "../../../../../ops/lib/evidence/sign";
import { exportFiles } from "../../../../../ops/lib/export/files";
import { CHECK_COMMANDS } from "../../../../../ops/lib/export/readme";
import {
  EXPORT_MANIFEST,
  EXPORT_NAMESPACE,
  EXPORT_SIGNATURE,
  signedArchive,
  signersOf,
  verifiedArchive,
} from "../../../../../ops/lib/export/signed";
import { type Files, filesOf, MOST_BYTES, tarOf } from "../../../../../ops/lib/export/tar";
import { outputOf, runSync } from "../../../../../ops/lib/process";
import { parts } from "./parts";

let directory = "";
let archive: Buffer = Buffer.alloc(0);
const at = (name: string): string => join(directory, name);
const SMALL: Files = new Map([
  ["README.txt", Buffer.from("read me\n")],
  ["records.jsonl", Buffer.from("{}\n".repeat(400))],
]);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "phiward-export-test-"));
  for (const name of ["alice", "mallory"]) outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", at(name)]);
  archive = signed(SMALL);
  writeFileSync(at("signers"), signersOf({ people: [{ name: "alice", sudo: true, keys: [readFileSync(at("alice.pub"), "utf8")] }] }));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function signed(files: Files, who = "alice", namespace = EXPORT_NAMESPACE): Buffer {
  return signedArchive(files, signerOf(at(who), namespace));
}

function verify(bytes: Uint8Array) {
  writeFileSync(at("export.tar"), bytes);
  return verifiedArchive(at("export.tar"), at("signers"));
}

function makePipe(path: string): string {
  return outputOf(["python3", "-c", "import os, sys; os.mkfifo(sys.argv[1])", path]);
}

describe("an archive", () => {
  it("is one that tar(1) reads: the same files, each readable and writable by its owner alone", () => {
    writeFileSync(at("ours.tar"), tarOf(SMALL));
    const listed = outputOf(["tar", "--list", "--verbose", "--numeric-owner", "--file", at("ours.tar")])
      .trimEnd()
      .split("\n");
    expect(listed.map((line) => line.split(" ")[0])).toEqual([...SMALL.keys()].map(() => "-rw-------"));
    mkdirSync(at("in"));
    outputOf(["tar", "--extract", "--file", at("ours.tar"), "--directory", at("in")]);
    for (const [name, content] of SMALL) expect(readFileSync(join(at("in"), name)).equals(content), name).toBe(true);
    expect(filesOf(tarOf(SMALL))).toEqual(SMALL);
  });

  it("of a whole export is verified, with who signed it", () => {
    const { signer, files } = verify(signed(exportFiles(parts())));
    expect([signer, files.map(({ name }) => name)]).toEqual(["alice", [...exportFiles(parts()).keys()].sort()]);
  });

  it("is checked by OpenSSH and coreutils alone, by the lines of its README, which docs/operations.md has too", () => {
    writeFileSync(at("whole.tar"), archive);
    const lines = CHECK_COMMANDS.map((line) => line.replace("SIGNERS", at("signers")).replace("NAME", "alice"));
    const checked = (name: string, spoil: (path: string) => void = () => undefined): readonly (number | null)[] => {
      mkdirSync(at(name));
      outputOf(["tar", "--extract", `--file=${at("whole.tar")}`, `--directory=${at(name)}`]);
      spoil(at(name));
      return lines.map((line) => runSync(["sh", "-c", line], { cwd: at(name) }).status);
    };
    expect(checked("whole")).toEqual([0, 0, 0]);
    const changed = checked("changed", (path) => {
      writeFileSync(join(path, "README.txt"), "read mE\n");
    });
    const extra = checked("extra", (path) => {
      writeFileSync(join(path, "more.txt"), "");
    });
    const other = checked("other", (path) => {
      writeFileSync(join(path, EXPORT_MANIFEST), "");
    });
    expect([changed, extra, other.map((status) => status === 0)]).toEqual([
      [0, 1, 0],
      [0, 0, 1],
      [false, false, false],
    ]);
    const document = readFileSync("docs/operations.md", "utf8");
    const missing = CHECK_COMMANDS.map((line) =>
      line.replace("SIGNERS", "../allowed_signers").replace("NAME", "alice@clinic.example"),
    ).filter((line) => !document.includes(`${line}\n`));
    expect(missing).toEqual([]);
  });

  it("is refused after any one byte was changed", () => {
    // Refused by its form alone, or by what was signed: each byte of a small archive, of headers, contents and padding.
    const whole = verify(archive);
    expect(whole.files).toHaveLength(2);
    const passed: number[] = [];
    for (let index = 0; index < archive.length; index++) {
      const changed = Buffer.from(archive);
      changed[index] = (changed[index] ?? 0) ^ 1;
      if (sameFiles(changed)) passed.push(index);
    }
    expect(passed).toEqual([]);
  });

  // What is read of each file, without the signature that takes a process: files that differ are refused by it, as the next test says.
  function sameFiles(bytes: Buffer): boolean {
    try {
      const found = filesOf(bytes);
      return [...filesOf(archive)].every(([name, content]) => Buffer.from(content).equals(found.get(name) ?? Buffer.alloc(0)));
    } catch {
      return false;
    }
  }

  const changedFile = (name: string, change: (content: Buffer) => Uint8Array) => () =>
    tarOf(new Map([...filesOf(archive)].map(([each, content]) => [each, each === name ? change(Buffer.from(content)) : content] as const)));
  const flipped = (content: Buffer): Buffer => {
    content[40] = (content[40] ?? 0) ^ 1;
    return content;
  };
  const without = (name: string) => () => tarOf(new Map([...filesOf(archive)].filter(([each]) => each !== name)));

  it.each([
    ["a changed file", changedFile("records.jsonl", flipped), "records.jsonl: changed after the signature"],
    ["a changed list", changedFile(EXPORT_MANIFEST, flipped), "signed by no key"],
    ["a changed signature", changedFile(EXPORT_SIGNATURE, flipped), "signed by no key"],
    ["a longer list", changedFile(EXPORT_MANIFEST, (list) => Buffer.concat([list, Buffer.alloc(20_000, "x")])), "longer than any"],
    ["a missing file", without("README.txt"), "README.txt: on the signed list, and missing"],
    ["a missing list", without(EXPORT_MANIFEST), `it has no ${EXPORT_MANIFEST}`],
    ["a missing signature", without(EXPORT_SIGNATURE), `it has no ${EXPORT_SIGNATURE}`],
    ["an extra file", () => tarOf(new Map([...filesOf(archive), ["x.txt", Buffer.alloc(0)]])), "x.txt: not on the signed list"],
    ["another's signature", () => signed(SMALL, "mallory"), "signed by no key"],
    ["a signature for something else", () => signed(SMALL, "alice", "phiward-evidence"), "signed by no key"],
    ["no archive", () => Buffer.from("hello\n"), "other than an archive of tar"],
    ["an empty archive", () => Buffer.alloc(10_240), `it has no ${EXPORT_MANIFEST}`],
    ["an empty file", () => Buffer.alloc(0), "other than an archive of tar"],
    ["a cut end", () => archive.subarray(0, archive.length - 512), "cut off at its end"],
    ["a cut file", () => archive.subarray(0, 700), "cut off in README.txt"],
    ["another archive behind it", () => Buffer.concat([archive, archive]), "something follows"],
  ])("is refused for %s", (_, spoilt, words) => {
    expect(() => verify(spoilt())).toThrow(words);
  });

  it.each([
    [
      "a link",
      (from: string) => {
        symlinkSync("/etc/passwd", join(from, "README.txt"));
      },
    ],
    [
      "a hard link",
      (from: string) => {
        writeFileSync(join(from, "a"), "x");
        linkSync(join(from, "a"), join(from, "b"));
      },
    ],
    ["a device", (from: string) => makePipe(join(from, "README.txt"))],
    ["a directory", (from: string) => outputOf(["mkdir", join(from, "sub")])],
  ])("is refused for %s, of tar(1)'s own making", (kind, make) => {
    const from = at(kind.replaceAll(" ", "-"));
    mkdirSync(from);
    make(from);
    const form = ["--format=ustar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=0600", "--mtime=@0"];
    outputOf(["sh", "-c", 'cd "$1" && shift && exec tar --create "$@" *', "sh", from, `--file=${at("hostile.tar")}`, ...form]);
    expect(() => verify(readFileSync(at("hostile.tar")))).toThrow(/: refused: (?:the header of|it has a file by a name)/);
  });

  it.each(["../evil", "/etc/passwd", "a/../../b", ".", "..", "-rf", "", "a\nb", "x".repeat(100)])("is refused for the name %j", (name) => {
    const block = Buffer.from(tarOf(new Map([["A", Buffer.alloc(0)]])));
    block.write(name.padEnd(100, "\0"), 0, "latin1");
    const sum = block.subarray(0, 512).reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    expect(() => filesOf(block)).toThrow();
    expect(() => tarOf(new Map([[name, Buffer.alloc(0)]]))).toThrow();
  });

  it("is refused where a header says more than there is, more files than an export has, or one twice", () => {
    const one = tarOf(new Map([["A", Buffer.alloc(0)]])).subarray(0, 512);
    expect(() => filesOf(Buffer.concat([one, one, Buffer.alloc(10_240 - 1024)]))).toThrow("A comes twice or out of order");
    const many = Array.from({ length: 65 }, (_, index) =>
      tarOf(new Map([[`f${String(index).padStart(3, "0")}`, Buffer.alloc(0)]])).subarray(0, 512),
    );
    expect(() => filesOf(Buffer.concat(many))).toThrow("more than 64 files");
    const large = Buffer.from(tarOf(new Map([["A", Buffer.alloc(3)]])));
    large.write("77777777777", 124, "latin1");
    expect(() => filesOf(large)).toThrow();
  });

  it("is not read where it is larger than any, or no plain file", () => {
    copyFileSync(at("signers"), at("large.tar"));
    truncateSync(at("large.tar"), MOST_BYTES + 1);
    makePipe(at("pipe.tar"));
    for (const [name, words] of [
      ["large.tar", "found more than 512 MiB in"],
      ["pipe.tar", "found no plain file at"],
      ["in", "found no plain file at"],
      ["none.tar", "cannot read"],
    ] as const)
      expect(() => verifiedArchive(at(name), at("signers")), name).toThrow(words);
  });
});
