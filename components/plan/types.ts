/**
 * What a concern wants of a host, as plain data. A plan is pure: it knows no Pulumi, clock, environment, file system or
 * randomness, and it holds no shell: every command is an argv, run without one. The agent (components/host/phiward_host/agent) carries it out.
 */
import type { ControlId } from "../compliance/controls";

/** How the answer of a command is judged. Text is compared after trailing white space is cut. */
export type Expectation =
  /** The exit code is `code`; what it prints does not matter. */
  | { readonly kind: "exit"; readonly code: number }
  /** Exit 0 and the whole output equals `text`. */
  | { readonly kind: "equals"; readonly text: string }
  /** Exit 0 and the whole output equals one of `texts`. */
  | { readonly kind: "oneOf"; readonly texts: readonly string[] }
  /** Exit 0 and each of `lines` is a line of the output, letter case aside (`sshd -T` prints option names in lower case). */
  | { readonly kind: "lines"; readonly lines: readonly string[] }
  /** Exit 0 and the lines of the output are exactly `lines`, in any order. */
  | { readonly kind: "set"; readonly lines: readonly string[] }
  /** Exit 0 and a line of the output matches the Python regular expression `pattern`. */
  | { readonly kind: "matches"; readonly pattern: string }
  /** Exit 0 or 1 (a search that finds nothing exits 1) and no line of the output matches `pattern`. */
  | { readonly kind: "lacks"; readonly pattern: string };

/** A question to the running host. */
export interface Probe {
  readonly argv: readonly string[];
  readonly expect: Expectation;
}

/** A claim about the running host, asked of its effective state and never of our own files. */
export interface Check extends Probe {
  /** The fact asserted, e.g. `ssh-no-root-login`. */
  readonly id: string;
  /** The control that it proves; what it supports follows from that. */
  readonly control: ControlId;
  /** Why the check cannot hold in a container that shares its machine's kernel; there it is skipped with this reason. */
  readonly skipInContainer?: string;
}

/** Picks a text by the version of a program found on the host. */
export interface VersionedText {
  /** Command that prints the version, on either output, e.g. `ssh -V`. */
  readonly argv: readonly string[];
  /** Python regular expression; its groups are the numbers of the version. */
  readonly pattern: string;
  /** Newest first; the first whose `atLeast` the host reaches is taken. */
  readonly cases: readonly { readonly atLeast: readonly number[]; readonly text: string }[];
  /** Taken when no case is reached or the version cannot be told: the oldest safe text. */
  readonly otherwise: string;
}

/** The content of a file: text, text by version, another file of the host, bytes, or a secret, handed over beside the plan or made on the host. */
export type FileContent =
  | { readonly text: string }
  | { readonly versioned: VersionedText }
  /** As a package ships it, e.g. under /usr/share. */
  | { readonly hostFile: string }
  /** Content that is no text, in base64. */
  | { readonly bytes: string }
  | { readonly secret: string }
  /** `template` with `{}` replaced by the value of a secret that is kept on the host (`KeptSecret`), of this plan or an earlier unit's. */
  | { readonly kept: { readonly id: string; readonly epoch: number; readonly template: string } };

/** A file as it must stand on the host. */
export interface PlanFile {
  readonly path: string;
  /** `user:group`, by name or number. */
  readonly owner: string;
  /** Octal, four digits, e.g. `0644`. */
  readonly mode: string;
  readonly content: FileContent;
}

/** A directory as it must stand on the host. */
export interface PlanDirectory {
  readonly path: string;
  readonly owner: string;
  readonly mode: string;
  /**
   * When given, every entry that the plan does not declare is removed, but for the names in `keep`. A copy is kept, unless `discard`:
   * of a secret that is retired nothing may be left.
   */
  readonly exclusive?: { readonly noun: string; readonly keep: readonly string[]; readonly discard?: true };
}

/** Files that must not exist, as a glob; a copy of each is kept on the host when it goes. */
export interface AbsentFiles {
  readonly noun: string;
  readonly glob: string;
}

/** A set on the host, other than files, of which only the declared members may be there. */
export interface ExclusiveSet {
  readonly id: string;
  /** What one member is called, e.g. `account`. */
  readonly noun: string;
  /** Lists what is there. */
  readonly list: readonly string[];
  /** Python regular expression; each match's first group is a member. */
  readonly pattern: string;
  readonly keep: readonly string[];
  /**
   * Run for each undeclared member, with `{}` replaced by it; a leading `-` on the program allows it to fail. What it writes is in
   * the plan's `writes`. Empty where the members go with a file of the plan: then the set only names them to who adopts a server.
   */
  readonly remove: readonly (readonly string[])[];
}

/** A file's own checker, run where the staged files are laid over /etc, before anything on the host is touched. */
export interface Validator {
  readonly id: string;
  readonly argv: readonly string[];
  /** Which of the plan's files it judges; it runs when one of them would change. */
  readonly files: readonly string[];
}

/** How a step is taken back. */
export type Undo =
  /** These commands, in order. A leading `-` on the program allows it to fail. */
  | { readonly kind: "run"; readonly commands: readonly (readonly string[])[] }
  /** `restore`, which reads what `save` printed before the step. */
  | { readonly kind: "snapshot"; readonly save: readonly string[]; readonly restore: readonly string[] }
  /** The same command again, after the files are back: what a reload needs. */
  | { readonly kind: "again" }
  /** Nothing: what it leaves does no harm, e.g. a locked group. */
  | { readonly kind: "none" };

/** One command that brings the host closer to the plan. */
export interface Step {
  readonly id: string;
  /** A leading `-` on the program allows it to fail. */
  readonly argv: readonly string[];
  /** Before the files are swapped in (accounts that own them) or after (reloads). */
  readonly phase: "before" | "after";
  /**
   * When it runs. A `state` step runs unless its probe holds; a `change` step when one of `on` (paths of files, ids of earlier
   * steps, or `*` for any change of the unit) changed in this apply.
   */
  readonly when: { readonly kind: "state"; readonly unless: Probe } | { readonly kind: "change"; readonly on: readonly string[] };
  readonly undo: Undo;
  /** What the operator can do when it fails, as a clause that begins with a verb. */
  readonly advice?: string;
  /** Left out in a container, whose kernel is its machine's. */
  readonly notInContainer?: true;
}

/** A secret that is made on the host, sent nowhere in the clear, and escrowed to the owner's recovery key; not kept in the clear. */
export interface MadeSecret {
  readonly id: string;
  /** Raise it to have the secret made anew. */
  readonly epoch: number;
  /** Number of letters and digits; 32 of them carry 190 bits. */
  readonly length: number;
  /** The age recipient (or SSH public key) it is encrypted to. */
  readonly recipient: string;
  /** Where it goes: a command which reads `stdin`, with `{}` replaced by the secret. */
  readonly use: { readonly argv: readonly string[]; readonly stdin: string };
}

/** Directory of kept secrets on the host, readable by root alone: `<id>.<epoch>` each. */
export const SECRETS_DIRECTORY = "/var/lib/phiward/secrets";

/**
 * A secret that is made on the host and kept there, in SECRETS_DIRECTORY; other units' files and programs take it from there. A
 * new epoch is made beside the old one, which stays until a unit retires it.
 */
export interface KeptSecret {
  readonly id: string;
  readonly epoch: number;
  /** Number of letters and digits; 32 of them carry 190 bits. */
  readonly length: number;
  /** age recipients that it is escrowed to, before it is first used; none where it need not survive the host. */
  readonly recipients: readonly string[];
}

/** A public value that was made on the host, such as a public key, and is told to whoever deploys: the text of a file. */
export interface Report {
  readonly id: string;
  readonly path: string;
}

/** Everything one concern wants of one host. */
export interface HostPlan {
  /** The unit's name, unique on its host, e.g. `ssh`. */
  readonly unit: string;
  /** Systems it is proven on, as `ID VERSION_ID` of os-release; on any other it refuses to start. */
  readonly systems: readonly string[];
  readonly packages: readonly string[];
  readonly directories: readonly PlanDirectory[];
  readonly files: readonly PlanFile[];
  readonly absent: readonly AbsentFiles[];
  /** Files that steps and sets write, such as /etc/passwd: remembered before the first change and put back with the others. */
  readonly writes: readonly string[];
  readonly sets: readonly ExclusiveSet[];
  readonly made: readonly MadeSecret[];
  readonly kept: readonly KeptSecret[];
  /** Whether files of an earlier plan stay when this one no longer has them: something may still use them, and another unit retires them. */
  readonly leavesFormerFiles: boolean;
  readonly validators: readonly Validator[];
  readonly steps: readonly Step[];
  readonly checks: readonly Check[];
  readonly reports: readonly Report[];
  /** Seconds until an unconfirmed change is taken back; `null` where the unit cannot cut us off. */
  readonly deadManSeconds: number | null;
}

/** A plan as its concern states it: the unit's name and the deadline for a confirmation follow from the concern's declaration. */
export type ConcernPlan = Omit<HostPlan, "unit" | "deadManSeconds">;

/** A plan that wants nothing: the start of every real one, so that each states only what it uses. */
export const EMPTY_PLAN: Omit<HostPlan, "unit"> = {
  systems: ["debian 13"],
  packages: [],
  directories: [],
  files: [],
  absent: [],
  writes: [],
  sets: [],
  made: [],
  kept: [],
  leavesFormerFiles: false,
  validators: [],
  steps: [],
  checks: [],
  reports: [],
  deadManSeconds: null,
};

/** A file with text, owned by root and readable by all: what most configuration is. */
export function textFile(path: string, text: string, mode = "0644", owner = "root:root"): PlanFile {
  return { path, owner, mode, content: { text } };
}
