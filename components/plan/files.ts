/** The files and directories of a plan. What a type here can say of them, no test has to look for. */

/** A path from the root, of something that root alone can change: `hostPlan` refuses any other. */
export type AbsolutePath = `/${string}`;

/** `user:group`, by name or number. */
export type Owner = `${string}:${string}`;

type Octal = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
type WithoutWrite = 0 | 1 | 4 | 5;

/** An octal mode that lets nobody but the owner write, e.g. `0644`; with a leading 2, what is made in a directory gets its group. */
export type Mode = `${0 | 2}${Octal}${WithoutWrite}${WithoutWrite}`;

/** Picks a text by the version of a program found on the host. */
export interface VersionedText {
  /** Command that prints the version, on either output, e.g. `ssh -V`. */
  readonly argv: readonly string[];
  /** Python regular expression; its groups are the numbers of the version. */
  readonly pattern: string;
  /** Newest first; the first whose `atLeast` the host reaches is taken. */
  readonly cases: readonly { readonly atLeast: readonly number[]; readonly text: string }[];
  /** Taken when no case is reached or the version is unknown: the oldest safe text. */
  readonly otherwise: string;
}

/** The content of a file. */
export type FileContent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "versioned"; readonly versioned: VersionedText }
  /** As a package ships it, e.g. under /usr/share. */
  | { readonly kind: "hostFile"; readonly hostFile: AbsolutePath }
  /** Content that is no text, in base64. */
  | { readonly kind: "bytes"; readonly bytes: string }
  /** A secret that is handed over beside the plan, by its name; `version` is another one for each value (`BroughtSecret`). */
  | { readonly kind: "secret"; readonly secret: string; readonly version: string }
  /** `template` with `{}` replaced by the value of a secret that is kept on the host (`KeptSecret`), of this plan or an earlier unit's. */
  | { readonly kind: "kept"; readonly kept: { readonly id: string; readonly epoch: number; readonly template: string } }
  /** These pieces, one after the other. */
  | { readonly kind: "filled"; readonly filled: readonly FilledPart[] };

/** A piece of a file's text: as it is, or a secret that is handed over beside the plan, or kept on the host. */
export type FilledPart =
  | { readonly text: string }
  | { readonly secret: string; readonly version: string }
  | { readonly kept: { readonly id: string; readonly epoch: number } };

/** A file as it must be on the host. */
export interface PlanFile {
  readonly path: AbsolutePath;
  readonly owner: Owner;
  readonly mode: Mode;
  readonly content: FileContent;
}

/** A directory as it must be on the host. */
export interface PlanDirectory {
  readonly path: AbsolutePath;
  readonly owner: Owner;
  readonly mode: Mode;
  /**
   * When given, every entry that the plan does not declare is removed, but for the names in `keep`. A copy is kept, unless `discard`:
   * of a secret that is retired nothing may be left.
   */
  readonly exclusive?: { readonly noun: string; readonly keep: readonly string[]; readonly discard?: true };
}

/** Files that must not exist, as a glob with wildcards in its last part alone; each is kept on the host when it goes. */
export interface AbsentFiles {
  readonly noun: string;
  readonly glob: AbsolutePath;
}

/** A file with text, owned by root and readable by all: what most configuration is. */
export function textFile(path: AbsolutePath, text: string, mode: Mode = "0644", owner: Owner = "root:root"): PlanFile {
  return { path, owner, mode, content: { kind: "text", text } };
}

/** A file whose text depends on the version of a program on the host. */
export function versionedFile(path: AbsolutePath, versioned: VersionedText, mode: Mode = "0644"): PlanFile {
  return { path, owner: "root:root", mode, content: { kind: "versioned", versioned } };
}

/** Names of the secrets that have to be handed over beside these files, each once. */
export function handedSecrets(files: readonly PlanFile[]): readonly string[] {
  const named = files.flatMap(({ content }) => {
    if (content.kind === "filled") return content.filled.flatMap((part) => ("secret" in part ? [part.secret] : []));
    return content.kind === "secret" ? [content.secret] : [];
  });
  return [...new Set(named)];
}

/** Every text that a content can come to on a host; none where it is not text of the plan. */
export function textsOf(content: FileContent): readonly string[] {
  switch (content.kind) {
    case "text":
      return [content.text];
    case "versioned":
      return [...content.versioned.cases.map(({ text }) => text), content.versioned.otherwise];
    case "hostFile":
    case "bytes":
    case "secret":
    case "kept":
      return [];
    case "filled":
      return content.filled.flatMap((part) => ("text" in part ? [part.text] : []));
  }
}
