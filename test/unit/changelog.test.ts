/** Fragments of the changelog: that each can be printed, and that a change an operator may notice has one. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fragments, withRelease } from "../../changelog.d/assemble";
import { runSync } from "../../ops/lib/process";

const ROOT = join(__dirname, "../..");
const WIDTH = 110;

// Where an operator's commands and settings are.
const NOTICED = /^(?:ops|components\/config)\//;

describe("the changelog's fragments", () => {
  it("can all be read, and say something in lines that fit a terminal", () => {
    for (const { file, text } of fragments(join(ROOT, "changelog.d"))) {
      expect(text, file).toMatch(/\.$/);
      expect(text, file).not.toMatch(/^#/m);
      for (const line of text.split("\n")) expect(line.length, `${file}: ${line}`).toBeLessThanOrEqual(WIDTH);
    }
  });

  it("become the newest section of the changelog, by kind", () => {
    const before = "# Changelog\n\nIntro.\n\n## 0.1.0, 2026-01-01\n\n### Added\n\n- All.\n";
    const changes = [
      { file: "b.added.md", kind: "added", text: "A verb,\nwith an option." },
      { file: "c.none.md", kind: "none", text: "Internal." },
      { file: "a.security.md", kind: "security", text: "- One.\n- Two." },
    ];
    expect(withRelease(before, "0.2.0", "2026-02-03", changes)).toBe(
      [
        "# Changelog\n\nIntro.\n",
        "## 0.2.0, 2026-02-03\n\n### Security\n\n- One.\n- Two.\n\n### Added\n\n- A verb,\n  with an option.\n",
        "## 0.1.0, 2026-01-01\n\n### Added\n\n- All.\n",
      ].join("\n"),
    );
  });

  const { changed, unknown } = changedSinceMain();
  it.skipIf(unknown !== undefined)(
    `have one for a branch that changes commands or settings${unknown === undefined ? "" : ` (skipped: ${unknown})`}`,
    () => {
      if (!changed.some((path) => NOTICED.test(path))) return;
      expect(
        changed.some((path) => /^changelog\.d\/.+\.[a-z]+\.md$/.test(path)),
        "add a fragment: changelog.d/README.md",
      ).toBe(true);
    },
  );
});

function git(...words: readonly string[]): string | undefined {
  const { status, stdout } = runSync(["git", ...words], { cwd: ROOT });
  return status === 0 ? stdout.trim() : undefined;
}

// A shallow clone has no common ancestor, an unpacked archive no git: then nobody can say what the branch changes.
function changedSinceMain(): { readonly changed: readonly string[]; readonly unknown?: string } {
  const base = git("merge-base", "HEAD", "origin/main") ?? git("merge-base", "HEAD", "main");
  if (base === undefined) return { changed: [], unknown: "no common ancestor with main is known here" };
  const changed = git("diff", "--name-only", "--diff-filter=d", base);
  const added = git("ls-files", "--others", "--exclude-standard");
  if (changed === undefined || added === undefined) return { changed: [], unknown: "git does not answer" };
  return { changed: `${changed}\n${added}`.split("\n").filter((path) => path !== "") };
}
