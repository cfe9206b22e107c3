import { type Check, FINGERPRINTS_DIRECTORY, SECRETS_DIRECTORY } from "../../plan/types";
import { type LaunchFile, pathId, type SecretsSettings, type ServiceFile, secretFilesDirectory, serviceFilePath } from "./files";

const ASK = { control: "SEC-09" } as const;

/** The answers never contain a secret. */
export function secretsChecks(settings: SecretsSettings): readonly Check[] {
  const services = [...new Set(settings.files.map(({ service }) => service))];
  return [
    closed("secrets-store-closed", SECRETS_DIRECTORY),
    ...services.map((service) => closed(`secrets-of-${service}-closed`, secretFilesDirectory(service))),
    {
      ...ASK,
      id: "secrets-store-owner-only",
      argv: ["find", SECRETS_DIRECTORY, "-type", "f", "(", "!", "-user", "root", "-o", "-perm", "/077", ")"],
      expect: { kind: "equals", text: "" },
    },
    ...settings.files.flatMap((file) => ("launcher" in file ? [] : [ownerOnly(file)])),
    ...settings.secrets.map(
      ({ id, epoch }): Check => ({
        control: "SEC-15",
        id: `secret-${id}-kept`,
        argv: ["sha256sum", "--check", "--strict", "--quiet", `${FINGERPRINTS_DIRECTORY}/${id}.${epoch}.sha256`],
        expect: { kind: "exit", code: 0 },
      }),
    ),
    ...settings.secrets
      .filter(({ recipients }) => recipients.length > 0)
      .map(
        ({ id, epoch }): Check => ({
          control: "SEC-14",
          id: `secret-${id}-escrowed`,
          argv: ["head", "--lines=1", `/var/lib/phiward/escrow/${id}.${epoch}.age`],
          expect: { kind: "equals", text: "-----BEGIN AGE ENCRYPTED FILE-----" },
        }),
      ),
  ];
}

function ownerOnly(file: Exclude<ServiceFile, LaunchFile>): Check {
  const what = "path" in file ? `configuration-${file.service}-${pathId(file)}` : `secret-${file.service}-${file.name}`;
  return {
    ...ASK,
    id: `${what}-owner-only`,
    argv: ["stat", "--format=%u:%g %a", serviceFilePath(file)],
    expect: { kind: "equals", text: `${file.owner} 400` },
  };
}

function closed(id: string, path: string): Check {
  return { ...ASK, id, argv: ["stat", "--format=%U:%G %a", path], expect: { kind: "equals", text: "root:root 700" } };
}
