// Which changes the type checker refuses in the changed file itself. One of each file is judged at a time, since files of rules and
// readers are many, and a check of the whole program takes seconds.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const ts = createRequire(import.meta.url)("typescript");

/** Ids of the changes that do not compile. */
export function notCompiling(changes) {
  const texts = new Map();
  const versions = new Map();
  const put = (path, text) => {
    texts.set(path, text);
    versions.set(path, (versions.get(path) ?? 0) + 1);
  };
  const service = serviceOf(texts, versions);
  const waiting = [...Map.groupBy(changes, ({ path }) => resolve(path))];
  const refused = new Set();
  while (waiting.some(([, left]) => left.length > 0)) {
    const round = waiting.flatMap(([path, left]) => left.splice(0, 1).map((change) => ({ path, change })));
    for (const { path, change } of round) put(path, changed(ts.sys.readFile(path), change));
    for (const { path, change } of round)
      if (service.getSyntacticDiagnostics(path).length + service.getSemanticDiagnostics(path).length > 0) refused.add(change.id);
    for (const { path } of round) put(path, undefined);
  }
  return refused;
}

function serviceOf(texts, versions) {
  const { fileNames, options } = ts.getParsedCommandLineOfConfigFile("test/mutants/policies.tsconfig.json", {}, ts.sys);
  const { directoryExists, fileExists, getDirectories, readDirectory } = ts.sys;
  const read = (path) => texts.get(path) ?? ts.sys.readFile(path);
  return ts.createLanguageService({
    directoryExists,
    fileExists,
    getDirectories,
    readDirectory,
    readFile: read,
    getCompilationSettings: () => options,
    getCurrentDirectory: () => process.cwd(),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => fileNames,
    getScriptVersion: (path) => String(versions.get(path) ?? 0),
    getScriptSnapshot: (path) => {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
  });
}

function changed(text, { location: { start, end }, replacement }) {
  const lines = text.split("\n");
  const at = ({ line, column }) => lines.slice(0, line).reduce((sum, { length }) => sum + length + 1, 0) + column;
  return text.slice(0, at(start)) + replacement + text.slice(at(end));
}
