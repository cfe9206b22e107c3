/** What a service gets of secrets: those that were brought, its configuration, and variables. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import type { StackConfig } from "../../../../../components/config/schema";
import { containersModel, stackModel } from "../../../../../components/containers/model";
import { retirePlan } from "../../../../../components/containers/retire/plan";
import { retireSettings } from "../../../../../components/containers/retire/settings";
import { secretsPlan } from "../../../../../components/containers/secrets/plan";
import { secretsSettings } from "../../../../../components/containers/secrets/settings";
import { serviceResources } from "../../../../../components/containers/services/dockerArguments";
import { createRequest } from "../../../../../components/containers/services/engineApiRequest";
import { handedSecrets, type PlanFile } from "../../../../../components/plan/files";
import { changed, complete } from "../../examples";

const VALUE = "hunter2-Zq7xW2mK9pLr";
const DIRECTORY = "/var/lib/phiward/services/notes-api/secrets";
const [DATABASE, CACHE, OWN] = ["db-notes-api", "cache-notes-api", "notes-api-admin-password"] as const;

function config(service: Readonly<Record<string, unknown>> = {}, value = VALUE): StackConfig {
  const mail = { name: "mail-key", from: "provider-key" };
  return parseConfig(
    changed(complete(), {
      ...Object.fromEntries(Object.entries(service).map(([key, entry]) => [`services.2.${key}`, entry])),
      "services.2.secrets.1": mail,
      secrets: { "provider-key": value, "version-key": "a-key-that-was-made-up-at-random-0123456789" },
    }),
  );
}

function filesOf(of: StackConfig): readonly PlanFile[] {
  return secretsPlan(secretsSettings(stackModel(of))).files;
}

function fileAt(of: StackConfig, target: string): PlanFile {
  const source = containerOf(of).mounts.find((mount) => mount.target === target)?.source;
  const found = filesOf(of).find(({ path }) => path === source);
  if (found === undefined) throw new Error(`${target}: no such file`);
  return found;
}

function containerOf(of: StackConfig) {
  const [container] = serviceResources(containersModel(of)).containers;
  if (container === undefined) throw new Error("no container");
  return container;
}

describe("a secret that was brought", () => {
  it("is a file of its one reader, which the plan names and has not", () => {
    const file = fileAt(config(), "/run/secrets/mail-key");
    expect(file).toEqual({
      path: expect.stringMatching(new RegExp(`^${DIRECTORY}/mail-key\\.[0-9a-f]{16}$`)) as string,
      owner: fileAt(config(), "/run/secrets/admin-password").owner,
      mode: "0400",
      content: { kind: "secret", secret: "provider-key", version: file.path.split(".").at(-1) },
    });
    expect(containerOf(config()).envs).toContain("MAIL_KEY_FILE=/run/secrets/mail-key");
    expect(handedSecrets(filesOf(config()))).toEqual(["provider-key"]);
    const all = stackModel(config());
    expect(JSON.stringify([all, secretsPlan(secretsSettings(all)), retirePlan(retireSettings(all))])).not.toContain(VALUE);
  });

  it("is another file of another container where its value is another one, and the old file stays until it is retired", () => {
    const [before, after] = [config(), config({}, `${VALUE}x`)];
    expect(containerOf(after).name).not.toBe(containerOf(before).name);
    const [old, next] = [fileAt(before, "/run/secrets/mail-key").path, fileAt(after, "/run/secrets/mail-key").path];
    expect(next).not.toBe(old);
    expect(secretsPlan(secretsSettings(stackModel(after))).leavesFormerFiles).toBe(true);
    const kept = retirePlan(retireSettings(stackModel(after))).directories.find(({ path }) => path === DIRECTORY)?.exclusive;
    expect(kept?.discard).toBe(true);
    expect(kept?.keep.filter((name) => name.startsWith("mail-key"))).toEqual([next.split("/").at(-1)]);
  });

  it("is nothing that the host makes, stores or escrows", () => {
    expect(secretsSettings(stackModel(config())).secrets).toEqual(secretsSettings(stackModel(parseConfig(complete()))).secrets);
  });
});

describe("a service that uses none of it", () => {
  it("is the container that it was before there was any", () => {
    const [container] = containersModel(parseConfig(complete())).services;
    expect(container?.definition).toBe("115308cf0aea65117d2152ba9ba61eee4358154e42a59a8bdf130300505f9397");
  });
});

describe("a database in parts", () => {
  it("is variables that say nothing secret, and a file with the password", () => {
    const of = config({ databaseParts: true });
    expect(containerOf(of).envs.filter((each) => /^(DB|CACHE)_/.test(each))).toEqual([
      "CACHE_CA_FILE=/run/phiward/authority/authority.pem",
      "CACHE_HOST=cache",
      "CACHE_NAME=0",
      "CACHE_PASSWORD_FILE=/run/secrets/cache-password",
      "CACHE_PORT=6380",
      "CACHE_URL_FILE=/run/secrets/cache-url",
      "CACHE_USER=notes-api_e3",
      "DB_CA_FILE=/run/phiward/authority/authority.pem",
      "DB_HOST=db",
      "DB_NAME=notes-api",
      "DB_PASSWORD_FILE=/run/secrets/db-password",
      "DB_PORT=5432",
      "DB_URL_FILE=/run/secrets/db-url",
      "DB_USER=notes-api_e2",
    ]);
    const kept = (id: string, epoch: number): object => ({ kind: "kept", kept: { id, epoch, template: "{}" } });
    expect(fileAt(of, "/run/secrets/db-password").content).toEqual(kept(DATABASE, 2));
    expect(fileAt(of, "/run/secrets/cache-password").content).toEqual(kept(CACHE, 3));
  });
});

describe("a file of configuration", () => {
  const content =
    "{{db.user}}:{{ db.password }}@{{db.host}}:{{db.port}}/{{db.name}} { {{secret:mail-key}} {{secret:admin-password}} {{{{x }}\n";
  const path = "/etc/app/app.conf";
  const at = (of: StackConfig): PlanFile => fileAt(of, path);
  const of = config({ configurationFiles: [{ path, content }] });

  it("is the service's own, with what the host fills in named", () => {
    expect(at(of)).toMatchObject({ owner: fileAt(of, "/run/secrets/mail-key").owner, mode: "0400" });
    const { content: filled } = at(of);
    expect(filled.kind === "filled" ? filled.filled : []).toEqual([
      ...[{ text: "notes-api_e2" }, { text: ":" }, { kept: { id: DATABASE, epoch: 2 } }, { text: "@" }, { text: "db" }, { text: ":" }],
      ...[{ text: "5432" }, { text: "/" }, { text: "notes-api" }, { text: " { " }],
      ...[{ secret: "provider-key", version: of.secrets[0]?.version }, { text: " " }, { kept: { id: OWN, epoch: 2 } }],
      ...[{ text: " " }, { text: "{{" }, { text: "x }}\n" }],
    ]);
    expect(containerOf(of).mounts.find(({ target }) => target === path)).toEqual({
      ...{ type: "bind", source: at(of).path, target: path, readOnly: true },
    });
  });

  it("is another file of another container with other text, and with another secret or epoch in it", () => {
    const others = [
      config({ configurationFiles: [{ path, content: `${content}#` }] }),
      config({ configurationFiles: [{ path, content }] }, `${VALUE}x`),
    ];
    const epoch = { ...of, services: of.services.map((entry) => (entry.name === "db" ? { ...entry, epoch: 9 } : entry)) };
    const paths = [of, ...others, epoch].map((each) => at(each).path);
    expect(new Set(paths).size).toBe(4);
    for (const each of paths) expect(each).toMatch(new RegExp(`^${DIRECTORY}/configuration\\.[0-9a-f]{8}\\.[0-9a-f]{16}$`));
  });
});

describe("a variable with a secret", () => {
  const of = config({ secretEnvironment: { API_KEY: "mail-key", DATABASE_URL: "db-url" } });

  it("is a file that a launcher reads: nothing of it is in the container's arguments", () => {
    const container = containerOf(of);
    expect(container.entrypoints).toEqual(["/run/phiward/busybox", "sh", "/run/phiward/launch"]);
    expect(container.command).toEqual(["/usr/bin/node", "/app/main.js"]);
    expect(container.envs.filter((each) => /^(API_KEY|DATABASE_URL)=/.test(each))).toEqual([]);
    expect(createRequest(container)).toMatchObject({ Entrypoint: container.entrypoints, Cmd: container.command });
    const sources = (target: string): unknown => container.mounts.find((mount) => mount.target === target)?.source;
    expect(sources("/run/phiward/environment/API_KEY")).toBe(sources("/run/secrets/mail-key"));
    expect(sources("/run/phiward/environment/DATABASE_URL")).toBe(sources("/run/secrets/db-url"));
  });

  it("brings Debian's static busybox with it, and only then", () => {
    expect(secretsPlan(secretsSettings(stackModel(of))).packages).toEqual(["age", "busybox-static"]);
    expect(fileAt(of, "/run/phiward/busybox")).toMatchObject({
      ...{ owner: "root:root", mode: "0755", content: { kind: "hostFile", hostFile: "/usr/bin/busybox" } },
    });
    expect(fileAt(of, "/run/phiward/launch")).toMatchObject({ owner: "root:root", mode: "0644" });
    expect(secretsPlan(secretsSettings(stackModel(config()))).packages).toEqual(["age"]);
    expect(containerOf(config()).entrypoints).toBeUndefined();
  });
});
