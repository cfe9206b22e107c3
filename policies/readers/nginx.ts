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

/** Reads every file of nginx's that the component would write. */
export function nginx(unit: Value): Nginx {
  const { files, complete } = filesWhere(unit, (path) => path.startsWith("/etc/nginx/"));
  const unreadable: { at: string; found: string }[] = [];
  const count = Math.max(1, ...files.map(({ texts }) => texts.length));
  const versions = Array.from({ length: count }, (_, version) => {
    const read = new Map<string, { readonly at: string; readonly directives: readonly Directive[] }>();
    for (const { path, at, texts } of files) {
      const directives = nginxDirectives(texts[version] ?? texts.at(-1) ?? "");
      if (directives === undefined) unreadable.push({ at, found: "a file that nginx could not parse" });
      else read.set(path, { at, directives });
    }
    const main = read.get(MAIN);
    if (complete && main === undefined) unreadable.push({ at: "files", found: `no ${MAIN} that nginx could parse` });
    const place = (directives: readonly Directive[], at: string, depth: number): readonly Placed[] =>
      directives.flatMap(({ name, args, block }) => {
        if (name !== "include" || block !== undefined)
          return [{ name, args, at, inside: place(block ?? [], at, depth), isBlock: block !== undefined }];
        const pattern = globPattern(posix.resolve("/etc/nginx", args[0] ?? ""));
        const included = [...read].filter(([path]) => pattern.test(path));
        if (included.length === 0 && complete) unreadable.push({ at, found: "an include of a file that is not in `files`" });
        if (depth === DEEPEST) unreadable.push({ at, found: "an include that never ends" });
        return depth === DEEPEST ? [] : included.flatMap(([, file]) => place(file.directives, file.at, depth + 1));
      });
    return main === undefined ? [] : place(main.directives, main.at, 0);
  });
  return { versions, complete, unreadable };
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
  const within = (inside: readonly Placed[], around: readonly Placed[]): readonly Context[] =>
    inside.flatMap((block) => {
      if (!block.isBlock) return [];
      const deeper = within(block.inside, [...around, block]);
      return block.name === name ? [{ block, around }, ...deeper] : deeper;
    });
  return within(top, []);
}

/** All directives of a name, wherever they stand. */
export function everywhere(top: readonly Placed[], name: string): readonly Placed[] {
  return top.flatMap((directive) => [...(directive.name === name ? [directive] : []), ...everywhere(directive.inside, name)]);
}

/** The directives of a name that hold in a block: its own, else those of the nearest block around it that has any. */
export function holding({ block, around }: Context, name: string): readonly Placed[] {
  const nearest = [block, ...around.toReversed()].map(({ inside }) => inside.filter((directive) => directive.name === name));
  return nearest.find((own) => own.length > 0) ?? [];
}

/** Whether a server answers with TLS. */
export function isTls({ inside }: Placed): boolean {
  return inside.some(({ name, args }) => name === "listen" && args.slice(1).some((word) => word === "ssl" || word === "quic"));
}
