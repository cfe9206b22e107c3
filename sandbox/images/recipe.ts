/** How a container of an image is run by default: the fields of the image's configuration (OCI image-spec, config.md). */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly ExposedPorts: Readonly<Record<string, Record<string, never>>>;
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly StopSignal: string;
}

/** A file or directory of this machine that an image gets a copy of. */
export interface Copy {
  readonly from: string;
  readonly to: string;
  /** What identifies its version, such as a package's version. */
  readonly version: string;
}

/** What npm installs into an image, exactly as a lockfile names it. No script of a package is run. */
export interface NpmInstall {
  /** The text of its package.json. */
  readonly manifest: string;
  /** The text of its package-lock.json, which has a hash of each package. */
  readonly lockfile: string;
  /** The directory that then has node_modules. */
  readonly to: string;
}

/** All that decides what is in an image. Paths inside of it are relative to its root. */
export interface ImageRecipe {
  readonly name: string;
  /** Debian packages, which are unpacked with all they depend on, but not configured. */
  readonly packages: readonly string[];
  /** What of them is left out, beyond what no image needs; a star at the end of a name stands for any rest. */
  readonly without: readonly string[];
  /** Files of them that are kept, although no other image needs what is beside them. */
  readonly kept?: readonly string[];
  /** The one account beside root, by name, with the user and group id that both have. */
  readonly account: { readonly name: string; readonly id: number; readonly home: string };
  /** Directories that belong to the account, by path with their mode. */
  readonly directories: Readonly<Record<string, number>>;
  /** Symbolic links, by path with what they point to. */
  readonly links?: Readonly<Record<string, string>>;
  /** Programs, by path with their text. */
  readonly programs: Readonly<Record<string, string>>;
  /** TypeScript files that become JavaScript, by the path they then have. */
  readonly modules: Readonly<Record<string, string>>;
  readonly copies: readonly Copy[];
  readonly npm?: NpmInstall;
  readonly config: ImageConfig;
}

/** User and group of the servers in the official images, and in ours; containers run as others. */
export const IMAGE_ACCOUNT = 999;
