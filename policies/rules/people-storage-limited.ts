import type { Finding, Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { filesAt, type ShownFile } from "../readers/files";
import { shown } from "../readers/value";

const NAMESPACE = "/etc/security/namespace.conf";
const PAM_FILES = ["/etc/pam.d/sshd", "/etc/pam.d/systemd-user"];
// What Debian lets everybody write to.
const DIRECTORIES = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock"];
const THRESHOLDS = {
  temporaryMegabytes: {
    description: "the most megabytes of each temporary directory of a session",
    default: 256,
    minimum: 64,
    maximum: 256,
  },
};
const OPTIONS = ["nodev", "nosuid", "noexec"];

/** What is demanded of the directories: whose are as large as they like, and how large those of all others are. */
interface Demanded {
  readonly unlimited: readonly string[] | undefined;
  readonly most: number;
}

/** Whoever may log in and not become root can fill neither the disk of the data nor that of the records. */
export const peopleStorageLimited: Rule = {
  id: "people-storage-limited",
  description: "Homes have a size, and sessions of people without sudo have temporary directories of their own, small and in memory.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["FS-13"],
  remedy: "remove from the storage component whatever gives people more room",
  appliesTo: ["phiward:host:Storage"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const most = thresholdOf(THRESHOLDS, "temporaryMegabytes", configured);
    const size = unit.at("settings").at("homes").at("megabytes");
    const megabytes = size.number();
    if (megabytes !== undefined && (!Number.isInteger(megabytes) || megabytes < 128))
      report({ at: size.path, found: String(megabytes), allowed: "a whole number of at least 128" });
    const unlimited = unit.at("settings").at("unlimited").texts();
    for (const file of filesAt(unit, [NAMESPACE], report)) judgeNamespace(file, { unlimited, most }, report);
    for (const { at, texts } of filesAt(unit, PAM_FILES, report))
      for (const text of texts)
        if (!/^session\s+required\s+pam_namespace\.so\s*$/m.test(text))
          report({ at, found: "no session with pam_namespace.so, or one that may fail", allowed: "session required pam_namespace.so" });
  },
};

function judgeNamespace({ at, texts }: ShownFile, { unlimited, most }: Demanded, report: (finding: Finding) => void): void {
  for (const text of texts) {
    const lines = text.split("\n").flatMap((line) => (/^\s*(#|$)/.test(line) ? [] : [line.trim().split(/\s+/)]));
    for (const directory of DIRECTORIES) {
      const found = lines.filter(([path]) => path === directory);
      if (found.length === 0) report({ at, found: `no line for ${directory}`, allowed: "a line for it" });
      for (const [, , method = "", accounts = ""] of found) {
        for (const fault of optionFaults(method, most)) report({ at, found: `${directory} ${fault}`, allowed: allowedOptions(most) });
        for (const account of accounts.split(","))
          if (unlimited?.includes(account) === false)
            report({ at, found: `${directory}, and an account more: ${shown(account)}`, allowed: "accounts that may become root alone" });
      }
    }
  }
}

function optionFaults(method: string, most: number): readonly string[] {
  const [kind = "", ...flags] = method.split(":");
  const options = (flags.find((flag) => flag.startsWith("mntopts=")) ?? "").slice("mntopts=".length).split(",");
  const size = /^size=(\d+)m$/.exec(options.find((option) => option.startsWith("size=")) ?? "")?.[1];
  return [
    ...(kind === "tmpfs" ? [] : ["that is not in memory"]),
    ...(size !== undefined && Number(size) <= most && Number(size) > 0 ? [] : ["without a size, or with a larger one"]),
    ...(options.some((option) => /^nr_inodes=[1-9]\d{0,5}$/.test(option)) ? [] : ["without a limit of files"]),
    ...OPTIONS.filter((option) => !options.includes(option)).map((option) => `without ${option}`),
  ];
}

function allowedOptions(most: number): string {
  return `tmpfs with ${OPTIONS.join(", ")}, size of at most ${String(most)}m and nr_inodes`;
}
