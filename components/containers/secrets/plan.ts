import { type AbsolutePath, type FileContent, type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { type ConcernPlan, EMPTY_PLAN, SECRETS_DIRECTORY, type Step } from "../../plan/types";
import { SERVICES_DIRECTORY } from "../names";
import { secretsChecks } from "./checks";
import { type LaunchFile, type SecretsSettings, type ServiceFile, secretFilesDirectory, serviceFilePath } from "./files";
import { LAUNCHER_PACKAGE, LAUNCHER_PROGRAM, LAUNCHER_SCRIPT } from "./launcher";
import { phiMastersUpTo } from "./phiMaster";

/** Secrets of an earlier epoch stay, because they are in use until `retire`. */
export function secretsPlan(settings: SecretsSettings): ConcernPlan {
  return {
    ...EMPTY_PLAN,
    packages: ["age", ...(settings.files.some((file) => "launcher" in file) ? [LAUNCHER_PACKAGE] : [])],
    kept: settings.secrets.map((secret) => ({ ...secret, length: SECRET_LENGTH })),
    leavesFormerFiles: true,
    directories: secretDirectories(settings),
    files: settings.files.map(planFile),
    ...(settings.phiRetired === undefined ? {} : { steps: [unneededSteps(settings.phiRetired)] }),
    checks: secretsChecks(settings),
  };
}

// Before the database's server is started again without them.
function unneededSteps(retired: number): Step {
  const named = phiMastersUpTo(retired).flatMap((name, index) => (index === 0 ? ["-name", name] : ["-o", "-name", name]));
  return {
    id: "phi-keys-are-needed-by-no-row",
    argv: programCommand("phi", "retirable", String(retired)),
    phase: "before",
    when: {
      kind: "state",
      unless: { argv: ["find", SECRETS_DIRECTORY, "-mindepth", "1", "(", ...named, ")"], expect: { kind: "equals", text: "" } },
    },
    undo: { kind: "none" },
    tells: true,
  };
}

function planFile(file: ServiceFile): PlanFile {
  const path = serviceFilePath(file);
  if ("launcher" in file)
    return file.launcher === "busybox"
      ? { path, owner: "root:root", mode: "0755", content: { kind: "hostFile", hostFile: LAUNCHER_PROGRAM } }
      : textFile(path, LAUNCHER_SCRIPT, "0644");
  return { path, owner: file.owner, mode: "0400", content: contentOf(file) };
}

function contentOf(file: Exclude<ServiceFile, LaunchFile>): FileContent {
  if ("secret" in file) return { kind: "kept", kept: { ...file.secret, template: file.template } };
  if ("brought" in file) return { kind: "secret", secret: file.brought.name, version: file.brought.version };
  return { kind: "filled", filled: file.filled };
}

/** Letters and digits of a secret: 43 of them carry 250 bits. */
export const SECRET_LENGTH = 43;

/** The directories of secrets: the containers' ones are root's too, since what is bound into a container needs no way there. */
export function secretDirectories(settings: SecretsSettings): readonly PlanDirectory[] {
  const services = [...new Set(settings.files.map(({ service }) => service))];
  const paths: readonly AbsolutePath[] = [
    SECRETS_DIRECTORY,
    SERVICES_DIRECTORY,
    ...services.flatMap((service): readonly AbsolutePath[] => [`${SERVICES_DIRECTORY}/${service}`, secretFilesDirectory(service)]),
  ];
  return paths.map((path) => ({ path, owner: "root:root", mode: "0700" }));
}
