/** The rule files of UFW as a rule looks at them: iptables-restore(8) lines, so far as they let something through. */
import { filesWhere } from "./files";
import type { Value } from "./value";

/** A line that appends or inserts a rule. */
export interface NetfilterRule {
  /** Where it stands. */
  readonly at: string;
  readonly chain: string;
  readonly target: string;
  /** Destination ports, from and to; undefined if it is for every port, or if it is not recognised. */
  readonly ports?: readonly (readonly [number, number])[];
  /** Source network; undefined if it is for every address. */
  readonly source?: string;
  /** Whether it is for every packet. */
  readonly bare: boolean;
}

/** What the rule files say. */
export interface Netfilter {
  readonly rules: readonly NetfilterRule[];
  /** Built-in chains that let through what no rule decides. */
  readonly open: readonly { readonly at: string; readonly chain: string }[];
  /** Files with a line that is none of comment, table, chain, rule and end: what it does is unknown. */
  readonly strange: readonly string[];
}

/** Reads every rule file that the component would write. */
export function netfilter(unit: Value): Netfilter {
  const texts = filesWhere(unit, (path) => /^\/etc\/ufw\/.*\.rules$/.test(path)).files.flatMap(({ at, texts }) =>
    texts.map((text) => ({ at, lines: text.split("\n") })),
  );
  return {
    rules: texts.flatMap(({ at, lines }) => lines.flatMap((line) => netfilterRule(at, line))),
    open: texts.flatMap(({ at, lines }) =>
      lines.flatMap((line) => (/^\s*:(INPUT|FORWARD)\s+ACCEPT\b/.exec(line) ?? []).slice(1).map((chain) => ({ at, chain }))),
    ),
    strange: texts
      .filter(({ lines }) =>
        lines.some((line, index) => !/^\s*($|[#*:]|COMMIT\s*$|-[AI]|--(append|insert)\b)/.test(line) && !emptiesMangle(lines, index)),
      )
      .map(({ at }) => at),
  };
}

// Emptied before it is filled again. What this table lets through, the table filter still judges.
function emptiesMangle(lines: readonly string[], index: number): boolean {
  const table = lines.slice(0, index).findLast((line) => line.startsWith("*"));
  return table?.trim() === "*mangle" && lines[index]?.trim() === "-F FORWARD";
}

/** Whether the rule lets packets through. UFW's own end of a limit does too, but only what was sent there. */
export function letsThrough({ chain, target }: NetfilterRule): boolean {
  return (target === "ACCEPT" || target.endsWith("user-limit-accept")) && !chain.endsWith("user-limit-accept");
}

/** What a chain is for, by its name. */
export function direction(chain: string): "in" | "out" | "through" {
  if (/forward/i.test(chain) || chain === "DOCKER-USER") return "through";
  return /output/i.test(chain) ? "out" : "in";
}

function netfilterRule(at: string, line: string): readonly NetfilterRule[] {
  // An option and its value may be one word: `--dport=22`, `-jACCEPT`.
  const words = line
    .trim()
    .split(/\s+/)
    .flatMap((word) => /^(--[a-z-]+)=(.*)$/.exec(word)?.slice(1) ?? /^(-[AIgjs])(.+)$/.exec(word)?.slice(1) ?? [word]);
  const after = (...options: readonly string[]): string | undefined => {
    const index = words.findIndex((word) => options.includes(word));
    // A negation turns the match round: then it matches more than can be enumerated.
    return index < 0 || words[index - 1] === "!" ? undefined : words[index + 1];
  };
  const chain = after("-A", "--append", "-I", "--insert");
  if (chain === undefined) return [];
  const ports = portRanges(after("--dport", "--destination-port", "--dports", "--destination-ports"));
  const source = after("-s", "--source", "--src");
  return [
    {
      at,
      chain,
      target: after("-j", "--jump", "-g", "--goto") ?? "",
      bare: words.length === 4,
      ...(ports === undefined ? {} : { ports }),
      ...(source === undefined ? {} : { source }),
    },
  ];
}

function portRanges(text: string | undefined): readonly (readonly [number, number])[] | undefined {
  if (text === undefined || !/^\d+(:\d+)?(,\d+(:\d+)?)*$/.test(text)) return undefined;
  return text.split(",").map((range): readonly [number, number] => {
    const [from = "", to = from] = range.split(":");
    return [Number(from), Number(to)];
  });
}
