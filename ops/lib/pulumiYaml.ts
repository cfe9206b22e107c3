/** YAML as Pulumi reads it: by gopkg.in/yaml.v3, whose plain scalars differ from those of YAML 1.2 in a few spellings. */
import {
  type Document,
  type DocumentOptions,
  LineCounter,
  type ParseOptions,
  parse,
  parseDocument,
  type ScalarTag,
  type SchemaOptions,
  type ToJSOptions,
  YAMLParseError,
} from "yaml";
import { OperatorError } from "./errors";

/** Exit code of a configuration fault, so that CI can tell it from a failed deploy. */
export const CONFIG_FAULT = 3;

// Underscores between digits, and octal numbers that begin with 0.
const integer: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[1-9][0-9_]*|0)$/,
  resolve: (text) => {
    const digits = text.replaceAll("_", "").replace(/^[-+]/, "");
    const value = Number(digits.replace(/^0(?=[0-7])/, "0o"));
    return text.startsWith("-") ? -value : value;
  },
};

const float: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  test: /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/,
  resolve: (text) => Number(text.replaceAll("_", "")),
};

// A day or a point in time without quotation marks becomes a time, and Pulumi hands that over as Go prints it.
const TIME = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt ](\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?(?:Z|([-+]\d{2}):(\d{2}))?)?$/;

const timestamp: ScalarTag = {
  tag: "tag:yaml.org,2002:timestamp",
  default: true,
  test: TIME,
  resolve: (text) => {
    const [, year = "", month = "", day = "", hour = "0", minute = "0", second = "0", fraction = "", zone, minutes] = TIME.exec(text) ?? [];
    const two = (digits: string): string => digits.padStart(2, "0");
    const date = `${year}-${two(month)}-${two(day)}`;
    const time = `${two(hour)}:${two(minute)}:${two(second)}`;
    const point = new Date(`${date}T${time}Z`);
    // The thirtieth of February is a text.
    if (Number.isNaN(point.getTime()) || point.toISOString().slice(0, 19) !== `${date}T${time}`) return text;
    const offset = zone === undefined ? "+0000 UTC" : `${zone}${minutes ?? ""} ${zone}${minutes ?? ""}`;
    return `${date} ${time}${fraction.replace(/\.?0+$/, "")} ${offset}`;
  },
};

const OPTIONS: ParseOptions & DocumentOptions & SchemaOptions & ToJSOptions = {
  // Its warnings repeat parts of the file.
  logLevel: "error",
  merge: true,
  customTags: (tags) => [timestamp, integer, float, ...tags],
};

/** The same file with the places of all that is in it. It has been read before, so it has no faults. */
export function parsePlaces(text: string): { readonly document: Document; readonly lines: LineCounter } {
  const lines = new LineCounter();
  return { document: parseDocument(withoutMark(text), { ...OPTIONS, lineCounter: lines }), lines };
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}

/** The content of a YAML file. Throws OperatorError, which repeats nothing of it, if it is not YAML. */
export function parsePulumiYaml(path: string, text: string): unknown {
  try {
    return parse(withoutMark(text), OPTIONS) as unknown;
  } catch (error) {
    throw new OperatorError(`${path}: not valid YAML${yamlFault(error)}; correct it`, CONFIG_FAULT);
  }
}

// Where and of what kind: the parser's own words repeat parts of the file, and so perhaps a secret.
function yamlFault(error: unknown): string {
  if (!(error instanceof YAMLParseError)) return "";
  const [start] = error.linePos ?? [];
  return ` (${error.code}${start === undefined ? "" : ` at line ${String(start.line)}, column ${String(start.col)}`})`;
}
