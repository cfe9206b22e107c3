import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { programText } from "../../../../components/host/programText";
import { outputOf } from "../../../../ops/lib/process";

const SOURCE = join(__dirname, "../../../../components/host/phiward_host");

const MODULE = `"""Says hello."""

import sys

NAMES = [
    "one",  # the first
    # and the last
    "two # of two",
]


def main() -> int:
    """Greets.

    # no comment
    """
    text = f"{NAMES[0]!r} # {'#'}"  # shown
    """Documents text."""
    return len(
        "a" 'b # c'
        """d
        # e

        f"""
    )
`;

// What documents is left out of both trees, as Python's own -OO does; all else must be the same program.
const SAME = `
import ast, json, sys

def tree(text):
    found = ast.parse(text)
    for node in ast.walk(found):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = ""
    return ast.dump(found)

print(json.dumps([name for name, before, after in json.load(sys.stdin) if tree(before) != tree(after)]))
`;

function different(modules: readonly (readonly [name: string, source: string])[]): unknown {
  const input = JSON.stringify(modules.map(([name, source]) => [name, source, programText(source)]));
  return JSON.parse(outputOf(["python3", "-I", "-c", SAME], { input }));
}

describe("the text of a host program", () => {
  it("has no comment, no documentation and no empty line, and keeps every string that it uses", () => {
    expect(programText(MODULE)).toBe(
      [
        '""',
        "import sys",
        "NAMES = [",
        '    "one",',
        '    "two # of two",',
        "]",
        "def main() -> int:",
        '    ""',
        "    text = f\"{NAMES[0]!r} # {'#'}\"",
        '    ""',
        "    return len(",
        "        \"a\" 'b # c'",
        '        """d\n        # e\n\n        f"""',
        "    )",
        "",
      ].join("\n"),
    );
    expect(different([["module", MODULE]])).toEqual([]);
  });

  it("is the same program as its source, of every module", () => {
    const names = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".py"));
    expect(names.length).toBeGreaterThan(100);
    expect(different(names.map((name) => [name, readFileSync(join(SOURCE, name), "utf8")]))).toEqual([]);
  });

  it("stays the same when words for people change, and is another when the program does", () => {
    const text = programText(MODULE);
    for (const [before, after] of [
      ["# the first", "# the first one"],
      ["# and the last\n", "# and the\n    # very last\n\n"],
      ["Greets.", "Greets whoever is there."],
      ["import sys\n", "# For later.\n\n\nimport sys  \n"],
    ] as const)
      expect(programText(MODULE.replace(before, after)), before).toBe(text);
    expect(programText(MODULE.replace("# of two", "# of three"))).not.toBe(text);
    expect(programText(MODULE.replace("        # e", "        # g"))).not.toBe(text);
  });
});
