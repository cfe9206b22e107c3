/** How a rule reads a component's arguments: no value that is unknown or of the wrong kind is ever passed over in silence. */

/** Stands for a value that is not known before the deploy. */
export const UNKNOWN: unique symbol = Symbol("not known before the deploy");

const NOTED: unique symbol = Symbol("noted at its parent");

/** What came up while a rule read its subject. */
export class Notes {
  /** Paths of values that are not known yet. */
  readonly unknown = new Set<string>();
  /** Paths of values of the wrong kind: what was found there, and what is allowed. */
  readonly malformed = new Map<string, { readonly found: string; readonly allowed: string }>();

  /** Takes over what came up elsewhere. */
  add({ unknown, malformed }: Notes): void {
    for (const path of unknown) this.unknown.add(path);
    for (const [path, kind] of malformed) this.malformed.set(path, kind);
  }
}

/** What readers found in one component, each with what came up: so that it is found once, however many rules ask for it. */
export type Facts = Map<unknown, { readonly fact: unknown; readonly notes: Notes }>;

/**
 * A value of the subject and its path. A reader returns undefined when the value is not known yet or not of the kind asked
 * for; either is noted, and becomes an advisory or a violation, so a rule may pass it over.
 */
export class Value {
  constructor(
    private readonly raw: unknown,
    private readonly notes: Notes,
    /** Where the value is, e.g. `settings.rules.0.port`. */
    readonly path = "arguments",
    private readonly facts: Facts = new Map(),
  ) {}

  /**
   * What `read` finds in the component's arguments: it is asked once for all rules, and each rule gets the notes. Only for the
   * arguments as a whole, and for facts in which no Value is left, since that would note for one rule alone.
   */
  once<Fact>(read: (unit: Value) => Fact): Fact {
    const known = this.facts.get(read);
    const notes = known?.notes ?? new Notes();
    // The key is the reader, so what is kept under it is what the reader gave.
    const fact = known === undefined ? read(new Value(this.raw, notes, this.path)) : (known.fact as Fact);
    this.facts.set(read, { fact, notes });
    this.notes.add(notes);
    return fact;
  }

  /** The value under `key` of a map. */
  at(key: string): Value {
    const path = this.path === "arguments" ? key : `${this.path}.${key}`;
    if (this.raw === UNKNOWN || this.raw === NOTED) return new Value(this.raw, this.notes, this.path);
    return new Value(isMap(this.raw) ? this.raw[key] : this.fault("a map"), this.notes, path);
  }

  /** Whether a map has something under `key`; true as well where that is unknown: it is noted when it is read. */
  has(key: string): boolean {
    return !isMap(this.raw) || (this.raw[key] !== undefined && this.raw[key] !== null);
  }

  /** Whether it is known, or known to be another thing than was asked for: notes nothing, for a rule that may leave it to the deploy. */
  isKnown(): boolean {
    return this.raw !== UNKNOWN;
  }

  /** Whether it is a list; false as well where that is unknown: it is noted when it is read. */
  isList(): boolean {
    return Array.isArray(this.raw);
  }

  /** Whether it is a map; false as well where that is unknown: it is noted when it is read. */
  isMap(): boolean {
    return isMap(this.raw);
  }

  /** The members of a list. */
  items(): readonly Value[] | undefined {
    const isList = (raw: unknown): raw is readonly unknown[] => Array.isArray(raw);
    return this.read("a list", isList)?.map((member, index) => new Value(member, this.notes, `${this.path}.${String(index)}`));
  }

  /** The names in a map. */
  keys(): readonly string[] | undefined {
    const map = this.read("a map", isMap);
    return map === undefined ? undefined : Object.keys(map);
  }

  /** A text. */
  text(): string | undefined {
    return this.read("text", (raw) => typeof raw === "string");
  }

  /** The members of a list of texts; undefined if one of them is not known. */
  texts(): readonly string[] | undefined {
    const members = this.items()?.map((member) => member.text());
    return members?.every((member) => member !== undefined) === true ? members : undefined;
  }

  /** A number. */
  number(): number | undefined {
    return this.read("a number", (raw): raw is number => typeof raw === "number" && Number.isFinite(raw));
  }

  /** What a provider knows a resource by: text or a number, as text. */
  id(): string | undefined {
    const isId = (raw: unknown): raw is string | number => typeof raw === "string" || (typeof raw === "number" && Number.isFinite(raw));
    const id = this.read("an id", isId);
    return id === undefined ? undefined : String(id);
  }

  /** True or false. */
  flag(): boolean | undefined {
    return this.read("true or false", (raw) => typeof raw === "boolean");
  }

  /** All of it as plain data, without what is nothing in its maps; undefined if anything in it is unknown or is no JSON. */
  plain(): unknown {
    if (Array.isArray(this.raw)) {
      const members = this.items()?.map((member) => member.plain());
      return members?.every((member) => member !== undefined) === true ? members : undefined;
    }
    if (!isMap(this.raw)) return this.read("JSON", (raw) => isScalar(raw));
    const entries = Object.keys(this.raw)
      .filter((key) => this.has(key))
      .map((key): [string, unknown] => [key, this.at(key).plain()]);
    return entries.every(([, value]) => value !== undefined) ? Object.fromEntries(entries) : undefined;
  }

  /** What a text of JSON stands for, as a value at the same path. A text of anything else is noted as malformed. */
  json(): Value {
    const text = this.text();
    if (text === undefined) return new Value(NOTED, this.notes, this.path);
    try {
      return new Value(JSON.parse(text), this.notes, this.path);
    } catch {
      this.notes.malformed.set(this.path, { found: "text", allowed: "JSON" });
      return new Value(NOTED, this.notes, this.path);
    }
  }

  private read<Kind>(allowed: string, isKind: (raw: unknown) => raw is Kind): Kind | undefined {
    if (isKind(this.raw)) return this.raw;
    if (this.raw === UNKNOWN) this.notes.unknown.add(this.path);
    else if (this.raw !== NOTED) this.fault(allowed);
    return undefined;
  }

  private fault(allowed: string): typeof NOTED {
    this.notes.malformed.set(this.path, { found: kindOf(this.raw), allowed });
    return NOTED;
  }
}

/** A text as a message may show it: word for word only if it is one of `harmless`, for it may be a secret in the wrong place. */
export function shown(text: string, harmless: readonly string[] = []): string {
  return harmless.includes(text) ? text : text === "" ? "an empty text" : `text of ${String(text.length)} characters`;
}

function isMap(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

function isScalar(raw: unknown): raw is string | number | boolean {
  return typeof raw === "string" || typeof raw === "boolean" || (typeof raw === "number" && Number.isFinite(raw));
}

function kindOf(raw: unknown): string {
  if (raw === undefined || raw === null) return "nothing";
  if (Array.isArray(raw)) return "a list";
  return KINDS.get(typeof raw) ?? "something else";
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ["object", "a map"],
  ["string", "text"],
  ["number", "a number"],
  ["boolean", "true or false"],
]);
