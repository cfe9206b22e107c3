import type { AbsolutePath, PlanDirectory, PlanFile } from "../../plan/files";
import { type ConcernPlan, EMPTY_PLAN, SECRETS_DIRECTORY } from "../../plan/types";
import { SERVICES_DIRECTORY } from "../names";
import { secretsChecks } from "./checks";
import { type SecretsSettings, secretFilePath, secretFilesDirectory } from "./files";

/** Secrets of an earlier epoch stay, because they are in use until `retire`. */
export function secretsPlan(settings: SecretsSettings): ConcernPlan {
  return {
    ...EMPTY_PLAN,
    packages: ["age"],
    kept: settings.secrets.map((secret) => ({ ...secret, length: SECRET_LENGTH })),
    leavesFormerFiles: true,
    directories: secretDirectories(settings),
    files: settings.files.map(
      (file): PlanFile => ({
        path: secretFilePath(file),
        owner: file.owner,
        mode: "0400",
        content: { kind: "kept", kept: { ...file.secret, template: file.template } },
      }),
    ),
    checks: secretsChecks(settings),
  };
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
