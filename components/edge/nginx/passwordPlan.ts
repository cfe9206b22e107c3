/** How a host comes to the files of users: each password is handed over beside the plan, and hashed on the host. */
import { WEB_SERVER } from "../../config/names";
import { type AbsolutePath, type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import type { Check, Step } from "../../plan/types";
import type { UserFile } from "./passwordSettings";
import { USERS_DIRECTORY, usersPath } from "./passwordText";

/** Directory of the passwords, and of what says whose they are. No copy is kept of one that goes. */
const PASSWORDS: AbsolutePath = "/etc/phiward/basic-auth";
const OWNER = `root:${WEB_SERVER.account}` as const;

/** Both directories, also where no password is asked for: what was there goes. */
export function passwordDirectories(files: readonly UserFile[] = []): readonly PlanDirectory[] {
  return [
    { path: PASSWORDS, owner: "root:root", mode: "0700", exclusive: { noun: "passwords", keep: [], discard: true } },
    {
      path: USERS_DIRECTORY,
      owner: OWNER,
      mode: "0750",
      exclusive: { noun: "users", keep: files.map(({ name }) => name), discard: true },
    },
  ];
}

/** A file for each password, and one that says whose they are. */
export function passwordFiles(files: readonly UserFile[] = []): readonly PlanFile[] {
  if (files.length === 0) return [];
  const declared = files.map(({ name, users }) => ({
    path: usersPath(name),
    users: users.map((user) => ({ name: user.name, password: passwordPath(user.secret) })),
  }));
  const versions = new Map(files.flatMap(({ users }) => users.map(({ secret, version }) => [secret, version] as const)));
  return [
    textFile(`${PASSWORDS}/users.json`, `${JSON.stringify({ files: declared }, undefined, 2)}\n`, "0600"),
    ...[...versions].map(
      ([secret, version]): PlanFile => ({
        path: passwordPath(secret),
        owner: "root:root",
        mode: "0600",
        content: { kind: "secret", secret, version },
      }),
    ),
  ];
}

// No secret's name has a dot in it.
function passwordPath(secret: string): AbsolutePath {
  return `${PASSWORDS}/${secret}.password`;
}

/** Paths of what the host makes: put back as they were where a deploy is taken back. */
export function userPaths(files: readonly UserFile[] = []): readonly AbsolutePath[] {
  return files.map(({ name }) => usersPath(name));
}

/** Makes each hash whose password is another one. nginx reads the files with each request. */
export function passwordSteps(files: readonly UserFile[] = []): readonly Step[] {
  if (files.length === 0) return [];
  return [
    {
      id: "make-users",
      argv: programCommand("basic-auth", "make"),
      phase: "after",
      when: { kind: "state", unless: { argv: programCommand("basic-auth", "check"), expect: { kind: "exit", code: 0 } } },
      undo: { kind: "none" },
      advice: "set the secret that is named to a password that may be used, and deploy again",
      tells: true,
    },
  ];
}

/** That the files hold the declared users with their passwords, and nobody else reads or writes them. */
export function passwordFileChecks(files: readonly UserFile[] = []): readonly Check[] {
  if (files.length === 0) return [];
  const ask = { control: "TLS-26" } as const;
  return [
    { ...ask, id: "nginx-users-as-declared", argv: programCommand("basic-auth", "check"), expect: { kind: "exit", code: 0 } },
    {
      ...ask,
      id: "nginx-passwords-nowhere-off",
      argv: ["/usr/sbin/nginx", "-T", "-q"],
      expect: { kind: "lacks", pattern: '^\\s*auth_basic\\s+"?off' },
    },
    ...files.map(
      ({ name }, index): Check => ({
        ...ask,
        id: `nginx-users-${index + 1}-of-web-server-alone`,
        argv: ["stat", "--format=%F %a %U:%G", usersPath(name)],
        expect: { kind: "equals", text: `regular file 640 ${OWNER}` },
      }),
    ),
  ];
}
