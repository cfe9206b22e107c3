import type { AbsolutePath, PlanDirectory } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { type ConcernPlan, EMPTY_PLAN, ESCROW_DIRECTORY, FINGERPRINTS_DIRECTORY, SECRETS_DIRECTORY, type Step } from "../../plan/types";
import { accountsRetireChecks, accountsRetireSteps } from "../accounts/retired";
import { plainRetireChecks, plainRetireSteps } from "../encryption";
import { mountsChecks, mountsSteps } from "../mounts";
import { SERVICES_DIRECTORY } from "../names";
import { BACKUP_SECRET, serviceFilePath } from "../secrets/files";
import { keptPhiMasters, PHI_MASTER } from "../secrets/phiMaster";
import { secretDirectories } from "../secrets/plan";
import { erasedChecks, eraseSteps } from "../serviceData";
import { noSecretsLeft, retireChecks } from "./checks";
import type { RetireSettings } from "./settings";

/** Leaves only secrets and accounts of this epoch. It is applied when nothing uses the old ones. */
export function retirePlan(settings: RetireSettings): ConcernPlan {
  return {
    ...EMPTY_PLAN,
    directories: exclusiveDirectories(settings),
    // Whatever is still mounted and no longer there was retired too; by now each container can log in with what is there.
    steps: [
      ...mountsSteps(settings.containers),
      ...accountsRetireSteps(settings.accounts),
      ...plainRetireSteps(settings.accounts.databases),
      ...eraseSteps(settings.data),
      ...pruneSteps(settings),
    ],
    checks: [
      ...retireChecks(settings),
      ...mountsChecks(settings.containers),
      ...accountsRetireChecks(settings.accounts),
      ...plainRetireChecks(settings.accounts.databases),
      ...erasedChecks(settings.data),
    ],
  };
}

// What a container has stays until the next deploy: Pulumi removes those of earlier versions last of all.
function pruneSteps({ images }: RetireSettings): readonly Step[] {
  const command = (action: "prune" | "pruned"): readonly string[] => programCommand("images", action, JSON.stringify(images));
  return Object.keys(images).length === 0
    ? []
    : [
        {
          id: "prune-images",
          argv: command("prune"),
          phase: "after",
          when: { kind: "state", unless: { argv: command("pruned"), expect: { kind: "exit", code: 0 } } },
          undo: { kind: "none" },
        },
      ];
}

// Nothing is kept of what goes: a retired secret that lies somewhere is a secret still.
function exclusiveDirectories({ secrets, services }: RetireSettings): readonly PlanDirectory[] {
  // The backups' password stays when backups are no longer declared: a repository that nobody can open is lost data.
  const current = [
    ...[...secrets.secrets.filter(({ id }) => id !== BACKUP_SECRET.id && !id.startsWith(PHI_MASTER)), BACKUP_SECRET].map(
      ({ id, epoch }) => `${SECRETS_DIRECTORY}/${id}.${String(epoch)}`,
    ),
    // And so do master keys of patients' columns, for rows and dumps that need them, but for those that are retired.
    ...keptPhiMasters(secrets.phiRetired ?? 0).map((name): AbsolutePath => `${SECRETS_DIRECTORY}/${name}`),
    ...secrets.files.map(serviceFilePath),
    ...services.map((service) => `${SERVICES_DIRECTORY}/${service}`),
  ];
  const names = namesByDirectory(current);
  // What is on record of retired master keys stays with their escrows, so that no other one is ever made by their names.
  const secretNames = [...(names.get(SECRETS_DIRECTORY) ?? []).filter((name) => !name.startsWith(PHI_MASTER)), `${PHI_MASTER}*`];
  return [
    ...secretDirectories(secrets)
      .filter(({ path }) => [SECRETS_DIRECTORY, SERVICES_DIRECTORY].includes(path) || path.endsWith("/secrets"))
      .map(
        (directory): PlanDirectory => ({
          ...directory,
          exclusive: { noun: "retired secret", keep: names.get(directory.path) ?? [], discard: true },
        }),
      ),
    // What is on record and not there is missed. Escrows stay, and the records of secrets without an epoch.
    {
      path: ESCROW_DIRECTORY,
      owner: "root:root",
      mode: "0700",
      exclusive: {
        noun: "record of a retired secret",
        keep: ["*.age", "*[!0-9].json", ...secretNames.map((name) => `${name}.json`)],
        discard: true,
      },
    },
    {
      path: FINGERPRINTS_DIRECTORY,
      owner: "root:root",
      mode: "0700",
      exclusive: { noun: "record of a retired secret", keep: secretNames.map((name) => `${name}.sha256`), discard: true },
    },
  ];
}

function namesByDirectory(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(paths, (path) => path.slice(0, path.lastIndexOf("/")));
  return new Map([...groups].map(([directory, own]) => [directory, own.map((path) => path.slice(directory.length + 1))]));
}

/** Takes down what services left, once the last service, site and backup are no longer declared. */
export const RETIRE_REMOVAL: ConcernPlan = {
  ...retirePlan({
    secrets: { secrets: [], files: [] },
    accounts: { databases: [], handovers: [] },
    services: [],
    data: { volumes: [], servers: [], removed: [] },
    containers: [],
    images: {},
  }),
  checks: [noSecretsLeft()],
};
