/** What of the alerts the owner sets. */
export interface Thresholds {
  /** Percent of a file system, and of memory, in use. */
  readonly diskPercent: number;
  readonly memoryPercent: number;
  /** Days before the end of a certificate. */
  readonly certificateDays: number;
  readonly vulnerabilities: {
    /** Days that an update may wait which mends what is grave, and any other one. */
    readonly graveDays: number;
    readonly otherDays: number;
    /** Points by which the index of lynis may fall within a week. */
    readonly indexDrop: number;
  };
  readonly rotation: {
    /** Days after which passwords, keys and what was brought are due, and days that what is due may be late. */
    readonly passwordDays: number;
    readonly keyDays: number;
    readonly broughtDays: number;
    readonly graceDays: number;
    /** Secrets of databases that programs of the host alone use, by their ids: nobody rotates them. */
    readonly fixed?: readonly string[];
  };
}
