import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, PositionEncoding, Workspace } from "@astral-sh/ruff-wasm-nodejs";
import { describe, expect, it } from "vitest";
import { BANNED, FILE_MODULES, opens, REACH_FILES } from "../../../../components/host/fileRule";

const workspace = new Workspace({ lint: { select: ["TID251"], "flake8-tidy-imports": { "banned-api": BANNED } } }, PositionEncoding.Utf16);

describe("the rule of how host programs reach files", () => {
  it.each([
    'import os\nos.unlink("/x")\n',
    'import os as system\nsystem.open("/x", system.O_RDONLY)\n',
    'from os import walk\nwalk("/x")\n',
    'from os.path import exists\nexists("/x")\n',
    'import os.path\nos.path.isdir("/x")\n',
    'import shutil\nshutil.rmtree("/x")\n',
    'from pathlib import Path\nPath("/x").read_text()\n',
    'import glob\nglob.glob("/x/*")\n',
    'import io\nio.open("/x")\n',
    "import os\nlook = os.lstat\n",
  ])("refuses %j", (text) => {
    // The package declares no type for what its own documentation calls Diagnostic[].
    const found = workspace.check(text) as readonly Diagnostic[];
    expect(found.map(({ code, message }) => [code, message.includes(REACH_FILES)])).toContainEqual(["TID251", true]);
  });

  it("refuses the built-in open(), and nothing that only is called alike", () => {
    expect(opens('a = 1\nwith contextlib.closing(open("/x")) as file:\n    file.open()\n    reopen(1)\n')).toEqual([2]);
    expect(opens("class Log:\n    def open(self) -> None: ...\n")).toEqual([]);
  });

  it("names modules that exist", () => {
    expect(FILE_MODULES.filter((module) => !existsSync(join(__dirname, "../../../../components/host", module)))).toEqual([]);
  });
});
