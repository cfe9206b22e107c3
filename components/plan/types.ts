/**
 * What a concern wants of a host, as plain data. A plan is pure: it knows no Pulumi, clock, environment, file system or
 * randomness, and it holds no shell: every command is an argv, run without one. The agent (components/host/phiward_host/agent) carries it out.
 */
import type { ControlId } from "../compliance/controls";
import type { AbsentFiles, AbsolutePath, PlanDirectory, PlanFile } from "./files";

/**
 * How the answer of a command is judged. Text is compared after trailing white space is cut. A command that failed has not
 * answered: nothing holds for it, unless it is `refused`, or the kind says by which exit code it answers.
 */
export type Expectation =
  /** Exit 0; what it prints does not matter. */
  | { readonly kind: "exit"; readonly code: 0 }
  /** Exit 0 and the whole output equals `text`. */
  | { readonly kind: "equals"; readonly text: string }
  /** Exit 0 and the whole output equals one of `texts`. */
  | { readonly kind: "oneOf"; readonly texts: readonly string[] }
  /** Exit 0 and each of `lines` is a line of the output, letter case aside (`sshd -T` prints option names in lower case). */
  | { readonly kind: "lines"; readonly lines: readonly string[] }
  /** Exit 0 and the lines of the output are exactly `lines`, in any order. */
  | { readonly kind: "set"; readonly lines: readonly string[] }
  /**
   * Exit 0 and of each `KEY=VALUE` in `lines`, VALUE is what the output assigns to KEY last: of settings that many files may hold, of
   * which the last one wins. A failure names the file, where the command does (`systemd-analyze cat-config`).
   */
  | { readonly kind: "assigned"; readonly lines: readonly string[] }
  /** Exit 0 and a line of the output matches the Python regular expression `pattern`. */
  | { readonly kind: "matches"; readonly pattern: string }
  /** Exit 0 and no line of the output matches `pattern`. */
  | { readonly kind: "lacks"; readonly pattern: string }
  /** The search of grep(1) found nothing: exit 1 without any output. Its exit code for an error is another. */
  | { readonly kind: "nothingFound" }
  /**
   * Exit `code`, which is not 0, and a line of standard error matches `pattern`: the other side refused, by its own words. A program
   * that could not ask, such as of a server that does not run, exits in the same way and says something else.
   */
  | { readonly kind: "refused"; readonly code: number; readonly pattern: string };

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
  /**
   * A failure is told and fails no deploy, since others than the host decide it, such as a mail server that is away: whoever deploys
   * cannot put it right, and the deploy of the other hosts would end with it. `phiward verify` fails all the same.
   */
  readonly onlyWarns?: true;
  /**
   * No step of the unit brings it about: containers, which are made after their unit, or what others do on the host. Any other check
   * that fails has the unit applied again, with every step that waits for a change, although its files are as declared.
   */
  readonly outOfReach?: true;
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
  /** Which of the plan's files it judges, or directories that are emptied of all others; it runs when one of them would change. */
  readonly files: readonly (PlanFile | PlanDirectory)[];
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

/** Stands for any change that the plan makes in an apply. */
export const ANY = "*";

/** What a step can wait for: something of the same plan, by the very object that the plan holds, or any change. */
export type Cause = typeof ANY | PlanFile | PlanDirectory | AbsentFiles | Step;

/** When a step runs: unless the host answers `unless` already, or when one of `on` changed in this apply. */
export type When<On> = { readonly kind: "state"; readonly unless: Probe } | { readonly kind: "change"; readonly on: readonly On[] };

/** One command that brings the host closer to the plan. */
export interface Step {
  readonly id: string;
  /** A leading `-` on the program allows it to fail. */
  readonly argv: readonly string[];
  /** Before the files are swapped in (accounts that own them) or after (reloads). */
  readonly phase: "before" | "after";
  readonly when: When<Cause>;
  readonly undo: Undo;
  /** What the operator can do when it fails, as a clause that begins with a verb. */
  readonly advice?: string;
  /** Whoever deploys is told the sentence that it fails with: it runs a program of the host, whose own sentence repeats no secret. */
  readonly tells?: true;
  /** For how many seconds it is tried again while it fails, such as until a service that was just started listens; once without it. */
  readonly trySeconds?: number;
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
  /** What it opens: a command, and a pattern whose group in the answer is another one when another secret is in use. */
  readonly opens?: { readonly argv: readonly string[]; readonly pattern: string };
}

/** Directory of kept secrets on the host, readable by root alone: `<id>.<epoch>` each. */
export const SECRETS_DIRECTORY = "/var/lib/phiward/secrets";

/** What is on record of kept secrets: `<id>.<epoch>.sha256` each, as sha256sum(1) checks it. */
export const FINGERPRINTS_DIRECTORY = "/var/lib/phiward/fingerprints";

/** Where escrows are, and what is on record of each. */
export const ESCROW_DIRECTORY = "/var/lib/phiward/escrow";

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
  /** Whether programs of the host set it wherever it is used, so that another value may take the place of a lost one. */
  readonly replaceable?: true;
  /** A program of the host that fails, and says why, where something there is locked by a value that is gone: then no other one is made. */
  readonly newIf?: readonly string[];
}

/** A public value that was made on the host, such as a public key, and is told to whoever deploys: the text of a file. */
export interface Report {
  readonly id: string;
  readonly path: AbsolutePath;
}

/** Everything one concern wants of one host. What refers to a file or step of it refers to the object itself. */
export interface ConcernPlan {
  /** Systems it is proven on, as `ID VERSION_ID` of os-release; on any other it refuses to start. */
  readonly systems: readonly string[];
  readonly packages: readonly string[];
  readonly directories: readonly PlanDirectory[];
  readonly files: readonly PlanFile[];
  readonly absent: readonly AbsentFiles[];
  /** Files that steps and sets write, such as /etc/passwd: remembered before the first change and put back with the others. */
  readonly writes: readonly AbsolutePath[];
  readonly sets: readonly ExclusiveSet[];
  readonly made: readonly MadeSecret[];
  readonly kept: readonly KeptSecret[];
  /** Whether files of an earlier plan stay when this one no longer has them: something may still use them, and another unit retires them. */
  readonly leavesFormerFiles: boolean;
  readonly validators: readonly Validator[];
  readonly steps: readonly Step[];
  readonly checks: readonly Check[];
  readonly reports: readonly Report[];
}

/** A plan that wants nothing: the start of every real one, so that each states only what it uses. */
export const EMPTY_PLAN: ConcernPlan = {
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
};
