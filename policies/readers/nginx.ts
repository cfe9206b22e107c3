/** The web server's configuration as a rule looks at it: whole, with every file in the place where it is included. */
import { posix } from "node:path";
import { literal } from "../../components/plan/patterns";
import { filesWhere } from "./files";
import { type Directive, nginxDirectives } from "./nginxText";
import type { Value } from "./value";

/** Type token of the web server's component. */
export const NGINX = "phiward:host:Nginx";
const MAIN = "/etc/nginx/nginx.conf";
// So deep nobody includes; who includes himself never ends.
const DEEPEST = 10;

/** A directive where it stands. */
export interface Placed {
  readonly name: string;
  readonly args: readonly string[];
  /** Where it is in the arguments, with the path of its file. */
  readonly at: string;
  /** What is in it; none if it is no block. */
  readonly inside: readonly Placed[];
  /** The same by name: http has as many as there are sites, and every location asks. */
  readonly named: ReadonlyMap<string, readonly Placed[]>;
  readonly isBlock: boolean;
}

/** What nginx would read. */
export interface Nginx {
  /** The top of the main file, once for each version that its files come in. */
  readonly versions: readonly (readonly Placed[])[];
  /** False if a file is not known or malformed: then nothing may be called absent. */
  readonly complete: boolean;
  /** Files, and includes, that cannot be parsed. */
  readonly unreadable: readonly { readonly at: string; readonly found: string }[];
}

// Whoever includes one includes a file that is not there.
function isCertificate(path: string): boolean {
  return path.endsWith(".pem");
}

/** What nginx would read of the files that the component would write, found once for all rules. */
export function nginx(unit: Value): Nginx {
  return unit.once(readNginx);
}

const NOTHING: Pick<Placed, "inside" | "named"> = { inside: [], named: new Map() };

interface Parsed {
  readonly at: string;
  readonly directives: readonly Directive[];
}

function readNginx(unit: Value): Nginx {
  const { files, complete } = filesWhere(unit, (path) => path.startsWith("/etc/nginx/") && !isCertificate(path));
  const unreadable: { at: string; found: string }[] = [];
  // Most files have one text for all versions.
  const parsed = new Map<string, readonly Directive[] | undefined>();
  const parse = (text: string): readonly Directive[] | undefined => {
    if (!parsed.has(text)) parsed.set(text, nginxDirectives(text));
    return parsed.get(text);
  };
  const count = Math.max(1, ...files.map(({ texts }) => texts.length));
  const versions = Array.from({ length: count }, (_, version) => {
    const read = new Map<string, Parsed>();
    for (const { path, at, texts } of files) {
      const directives = parse(texts[version] ?? texts.at(-1) ?? "");
      if (directives === undefined) unreadable.push({ at, found: "a file that nginx could not parse" });
      else read.set(path, { at, directives });
    }
    const main = read.get(MAIN);
    if (complete && main === undefined) unreadable.push({ at: "files", found: `no ${MAIN} that nginx could parse` });
    const place = (directives: readonly Directive[], at: string, depth: number): readonly Placed[] =>
      directives.flatMap(({ name, args, block }) => {
        if (name !== "include" || block !== undefined) {
          const inside = block === undefined ? NOTHING.inside : place(block, at, depth);
          const named = block === undefined ? NOTHING.named : Map.groupBy(inside, (directive) => directive.name);
          return [{ name, args, at, inside, named, isBlock: block !== undefined }];
        }
        const included = includedBy(posix.resolve("/etc/nginx", args[0] ?? ""), read);
        if (included.length === 0 && complete) unreadable.push({ at, found: "an include of a file that is not in `files`" });
        if (depth === DEEPEST) unreadable.push({ at, found: "an include that never ends" });
        return depth === DEEPEST ? [] : included.flatMap((file) => place(file.directives, file.at, depth + 1));
      });
    return main === undefined ? [] : place(main.directives, main.at, 0);
  });
  return { versions, complete, unreadable };
}

// Each site's file is included by its path, which is looked up; a pattern is compared with every path.
function includedBy(glob: string, read: ReadonlyMap<string, Parsed>): readonly Parsed[] {
  const exact = read.get(glob);
  if (!glob.includes("*")) return exact === undefined ? [] : [exact];
  const pattern = globPattern(glob);
  return [...read].filter(([path]) => pattern.test(path)).map(([, file]) => file);
}

// Only `*`: whatever else glob(7) knows finds no file here, and is reported.
function globPattern(glob: string): RegExp {
  return new RegExp(`^${glob.split("*").map(literal).join("[^/]*")}$`);
}

/** A block, with the blocks that it stands in, outermost first. */
export interface Context {
  readonly block: Placed;
  readonly around: readonly Placed[];
}

/** All blocks of a name, wherever they stand. */
export function blocks(top: readonly Placed[], name: string): readonly Context[] {
  const found: Context[] = [];
  visit(top, [], (block, around) => {
    if (block.isBlock && block.name === name) found.push({ block, around });
  });
  return found;
}

/** All directives of a name, wherever they stand. */
export function everywhere(top: readonly Placed[], name: string): readonly Placed[] {
  const found: Placed[] = [];
  visit(top, [], (directive) => {
    if (directive.name === name) found.push(directive);
  });
  return found;
}

// In the order in which they stand, a block before what is in it.
function visit(inside: readonly Placed[], around: readonly Placed[], see: (directive: Placed, around: readonly Placed[]) => void): void {
  for (const directive of inside) {
    see(directive, around);
    if (directive.inside.length > 0) visit(directive.inside, [...around, directive], see);
  }
}

/** The directives of a name that hold in a block: its own, else those of the nearest block around it that has any. */
export function holding({ block, around }: Context, name: string): readonly Placed[] {
  return [block, ...around.toReversed()].find(({ named }) => named.has(name))?.named.get(name) ?? [];
}

/** Whether a server answers with TLS. */
export function isTls({ inside }: Placed): boolean {
  return inside.some(({ name, args }) => name === "listen" && args.slice(1).some((word) => word === "ssl" || word === "quic"));
}

/** Whether a server says how many connections nginx has, and answers this host alone, at the port that ordinary accounts cannot reach. */
export function isStatus({ inside }: Placed): boolean {
  const listens = inside.filter(({ name }) => name === "listen");
  return listens.length === 1 && listens.every(({ args }) => args.join(" ") === "127.0.0.1:9113");
}
