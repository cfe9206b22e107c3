/**
 * The host programs as zip archives that Python runs as they are, without the words that are for people. The same source gives the
 * same bytes on every machine and every version of Node: a unit's generation is a hash over them.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ZippableFile, zipSync } from "fflate";
import { programText } from "./programText";

const PACKAGE = "phiward_host";
const SOURCE = join(__dirname, PACKAGE);
// What an apply needs. A backup program that changes is no reason for every unit of every host to be applied again.
const OF_AGENT = /^(?:__init__\.py$|common\/|agent\/)/;

// Fields of a zip have no time zone: noon stays the same day wherever this is built.
const ATTRIBUTES = { mtime: new Date(1980, 0, 1, 12), os: 3, attrs: (0o100644 << 16) >>> 0, level: 9 } as const;

/** The agent, which travels with each request and stays on the host to confirm and roll back: `agent.pyz confirm`. */
export function agentArchive(): Buffer {
  return ahead("agent") ?? archive((path) => OF_AGENT.test(path), "phiward_host.agent.words", "run_words");
}

/** Every program, for the host's own timers and for plans: `phiward.pyz PROGRAM WORDS…`. */
export function hostArchive(): Buffer {
  return ahead("host") ?? archive((path) => !path.startsWith(EVIDENCE), "phiward_host.__main__", "main");
}

const EVIDENCE = "evidence/";
// What it looks at a host with; the agent's own start is another one's here.
const OF_EVIDENCE = /^(?:__init__\.py$|(?:common|integrity|evidence)\/|agent\/(?!main\.py$))/;
const ANSWERS = "from phiward_host.evidence.main import answer_request as answer_request\n";

/**
 * What takes evidence of a host, and says what changed on it: it travels with each request, and no host holds a copy, so that whoever
 * changed a host has not changed what judges it.
 */
export function evidenceArchive(): Buffer {
  return ahead("evidence") ?? packedEvidence();
}

function packedEvidence(): Buffer {
  const files = sourceFiles()
    .filter((path) => OF_EVIDENCE.test(path))
    .map((path) => [`${PACKAGE}/${path}`, Buffer.from(programText(readFileSync(join(SOURCE, path), "utf8")))] as const);
  return zipped([...files, [`${PACKAGE}/agent/main.py`, Buffer.from(ANSWERS)]]);
}

// Packing takes a tenth of a second: where this is bundled, it was done then (ops/bundle.cjs).
function ahead(name: string): Buffer | undefined {
  const file = join(__dirname, `${name}.pyz`);
  return existsSync(file) ? readFileSync(file) : undefined;
}

// Trusted as the copy that confirms changes is: root alone can write it. Python is isolated, so nothing else is on its path.
const STAND_IN = `"""Runs the agent that the host holds, in place of one that is sent."""

import hashlib
import json
import sys

AGENT = "/var/lib/phiward/agent.pyz"
MISSING = "phiward: this host lacks the agent of the deploy; nothing was done. Run npx phiward up, which brings it"


def answer_request(body, digest):
    try:
        with open(AGENT, "rb") as agent:
            version = hashlib.sha256(agent.read()).hexdigest()
    except OSError:
        sys.exit(MISSING)
    if json.loads(body).get("version", version) != version:
        sys.exit(MISSING)
    for name in [name for name in sys.modules if name.partition(".")[0] == "${PACKAGE}"]:
        del sys.modules[name]
    sys.path[0] = AGENT
    from ${PACKAGE}.agent.main import answer_request as answer

    return answer(body, digest)
`;

/**
 * Travels in the agent's place to a host that holds the agent: a few hundred bytes which never change, so that a new version of the
 * agent is no change of each request.
 */
export function standInArchive(): Buffer {
  return ahead("stand-in") ?? packedStandIn();
}

function packedStandIn(): Buffer {
  const modules = { [`${PACKAGE}/__init__.py`]: "", [`${PACKAGE}/agent/__init__.py`]: "", [`${PACKAGE}/agent/main.py`]: STAND_IN };
  return zipped(Object.entries(modules).map(([path, text]) => [path, Buffer.from(text)] as const));
}

function archive(isWanted: (path: string) => boolean, module: string, entry: string): Buffer {
  const main = `"""Starts this archive's program."""\n\nimport sys\n\nfrom ${module} import ${entry}\n\nsys.exit(${entry}(sys.argv[1:]))\n`;
  const sources = sourceFiles().filter(isWanted);
  const files = [
    ["__main__.py", Buffer.from(main)] as const,
    ...sources.map((path) => [`${PACKAGE}/${path}`, Buffer.from(programText(readFileSync(join(SOURCE, path), "utf8")))] as const),
  ];
  return zipped(files);
}

function zipped(files: readonly (readonly [string, Buffer])[]): Buffer {
  const entries = files.map(([path, content]): [string, ZippableFile] => [path, [content, ATTRIBUTES]]);
  return Buffer.from(zipSync(Object.fromEntries(entries)));
}

/** Paths of the package's modules, sorted by their bytes: a locale's order differs between machines. */
function sourceFiles(): readonly string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".py"))
    .sort();
}
