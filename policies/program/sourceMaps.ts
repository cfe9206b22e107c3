/** Lines of a program's own source, where what runs was made of it and says so by source maps. */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a file, counted from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const MARK = "//# sourceMappingURL=";
const INLINE = /^data:application\/json[^,]*;base64,/;

/** Reads each map once, and only those that are asked for: Node's own support reads those of every package, which takes a second. */
export class SourceMaps {
  private readonly maps = new Map<string, SourceMap | undefined>();

  /** Where a position comes from; the position itself where no map knows. */
  original(position: Position): Position {
    const map = this.mapOf(position.file);
    const found = map?.findOrigin(position.line, position.column);
    if (found === undefined || !("fileName" in found)) return position;
    return { file: pathOf(found.fileName, position.file), line: found.lineNumber, column: found.columnNumber };
  }

  private mapOf(file: string): SourceMap | undefined {
    if (!this.maps.has(file)) this.maps.set(file, readMap(file));
    return this.maps.get(file);
  }
}

// A map that is missing or broken costs a line in a report, and nothing else.
function readMap(file: string): SourceMap | undefined {
  try {
    const source = readFileSync(file, "utf8");
    const at = source.lastIndexOf(MARK);
    if (at === -1) return undefined;
    const address = source.slice(at + MARK.length).trim();
    const beside = resolve(dirname(file), address);
    const text = INLINE.test(address) ? Buffer.from(address.replace(INLINE, ""), "base64").toString() : textOf(beside);
    return text === undefined ? undefined : new SourceMap(JSON.parse(text) as SourceMapPayload);
  } catch {
    return undefined;
  }
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function pathOf(source: string, generated: string): string {
  return source.startsWith("file:") ? fileURLToPath(source) : resolve(dirname(generated), source);
}
