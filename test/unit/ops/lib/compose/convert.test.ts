import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { imagesOf, importedCompose, type Surroundings } from "../../../../../ops/lib/compose/convert";
import { smallest } from "../../../components/examples";

const TEXT = readFileSync(join(__dirname, "clinic.yml"), "utf8");
const DIGEST = `sha256:${"ab".repeat(32)}`;
const around: Surroundings = {
  variables: { MAIL_API_KEY: "SG.0123456789abcdefghij" },
  envFile: (path) => (path === "portal.env" ? { THEME: "dark", SMTP_PASSWORD: "hunter3" } : undefined),
  pinned: (image) => (image.includes("@") ? image : `${image.replace(/:[^:/]*$/, "")}@${DIGEST}`),
  site: "portal.example.org",
};
const { sections, notes, secrets } = importedCompose("clinic.yml", TEXT, around);
const opened = Object.fromEntries([...secrets, "version-key"].map((name) => [name, { secure: "v1:x" }]));
const noted = (place: string): readonly string[] => notes.filter((note) => note.startsWith(`${place}: `));

/** Imports one service, as the file's only one. */
function one(service: Readonly<Record<string, unknown>>, extra: Readonly<Record<string, unknown>> = {}) {
  const health = { test: ["CMD", "/health"] };
  return importedCompose(
    "c.yml",
    JSON.stringify({ services: { app: { image: "app:1", healthcheck: health, ...service } }, ...extra }),
    around,
  );
}

describe("the import of a Compose file", () => {
  it("gives sections that the schema takes as they are", () => {
    const config = parseConfig({ ...smallest(), ...sections, secrets: opened });
    expect(config.services.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "container portal",
      "container worker",
      "postgres notes-db",
      "redis cache",
    ]);
    expect(config.sites.map(({ name, routes }) => [name, routes[0]?.service])).toEqual([["portal.example.org", "portal"]]);
  });

  it("takes over what is allowed: command, variables, port, limits, health, databases, volumes and secrets", () => {
    expect(sections["services"]).toMatchObject([
      {
        name: "portal",
        image: `registry.example.org/clinic/portal@${DIGEST}`,
        command: ["serve", "--listen", "0.0.0.0", "--title=The clinic"],
        environment: { THEME: "dark", CACHE_HOST: "cache", LOG_LEVEL: "info", WORKERS: "4", UPLOADS: "$HOME/uploads" },
        port: 3000,
        memoryMegabytes: 768,
        health: {
          command: ["wget", "-q", "-O-", "http://localhost:3000/health"],
          ...{ everySeconds: 90, timeoutSeconds: 60, retries: 5, startSeconds: 40 },
        },
        uses: ["notes-db", "cache"],
        volumes: [
          { name: "uploads", path: "/data/uploads" },
          { name: "static", path: "/data/static" },
        ],
      },
      {
        name: "worker",
        user: "10500:10500",
        memoryMegabytes: 256,
        cpus: 1.5,
        health: { command: ["/bin/sh", "-c", "pgrep worker | grep -q ."] },
      },
      { kind: "postgres", image: `docker.io/library/postgres@${DIGEST}` },
      { kind: "redis", image: `docker.io/library/redis@${DIGEST}` },
    ]);
  });

  it("makes secrets of what is called or looks like one, and shows none of their values", () => {
    expect(secrets).toEqual([
      ...["smtp-password", "mail-api-key", "portal-session-secret", "sentry"],
      ...["worker-session-secret", "mail-password"],
    ]);
    const all = JSON.stringify({ sections, notes });
    for (const value of ["hunter", "correct-horse", "abc:def", "SG.0123"]) expect(all).not.toContain(value);
  });

  it.each([
    ["portal.environment.DATABASE_URL", "NOTES_DB_URL_FILE"],
    ["portal.environment.CACHE_HOST", "names the database cache"],
    ["portal.environment.SITE_URL", "found no value"],
    ["portal.ports", "a UDP port is not taken over"],
    ["portal.ports", "9090 is not taken over"],
    ["portal.depends_on", "worker: not taken over"],
    ["portal.healthcheck.timeout", "taken over as 60"],
    ["portal.volumes (/data/uploads)", "of this service alone"],
    ["portal.volumes (/data/static)", "no directory of the host is mounted"],
    ["portal.volumes (/etc/portal.conf)", "a file of configuration"],
    ["portal.volumes (/etc/localtime)", "time zone"],
    ["portal.volumes (/run/work)", "/tmp alone is in memory"],
    ["portal.tmpfs", "/tmp alone is in memory"],
    ["portal.user", "both numbers from 10000 to 29999"],
    ["portal.cap_add", "no capabilities"],
    ["worker.privileged", "root on the host"],
    ["worker.network_mode", "a network of its own"],
    ["worker.extends", "docker compose config"],
    ["worker.profiled", "not known"],
    ["worker.entrypoint", "not taken over"],
    ["worker.command", "one of the words is a secret"],
    ["worker.healthcheck.test", "a line for a shell"],
    ["worker.secrets", "/run/secrets/mail-password"],
    ["worker.deploy.replicas", "not taken over"],
    ["notes_db.name", "is notes-db here"],
    ["notes_db.image", "docker.io/library/postgres:17, the version that is proven here"],
    ["notes_db.shm_size", "not taken over"],
    ["cache.image", "another build of Redis"],
    ["search.service", "left out: a service reaches only PostgreSQL and Redis"],
    ["proxy.service", "left out: nginx on the host does this"],
    ["updater.service", "left out: whoever speaks to the Docker daemon is root"],
    ["tools.service", "left out: it belongs to a profile"],
    ["file.include", "docker compose config"],
  ])("says what becomes of %s", (place, sentence) => {
    expect(noted(place).join("\n")).toContain(sentence);
  });

  it("says that an image is missing, or has no digest, and leaves what the schema refuses in its place", () => {
    const built = one({ image: undefined, build: "." });
    expect(built.notes.join("\n")).toContain("app.image: found none, expected an image");
    const unknown = importedCompose("c.yml", "services: {app: {image: 'ghcr.io/o/app'}}", { ...around, pinned: () => undefined });
    expect(unknown.notes.join("\n")).toContain("docker buildx imagetools inspect ghcr.io/o/app");
    expect(unknown.notes.join("\n")).toContain("latest is whatever was pushed last");
    expect(unknown.notes.join("\n")).toContain("app.health: found no healthcheck");
    expect(() => parseConfig({ ...smallest(), ...unknown.sections })).toThrow(/services\.0\.image: [^]*services\.0\.health: found nothing/);
  });

  it("names the variables that have no value, and takes one with an empty tag for an image without", () => {
    const { notes: said, sections: found } = one({ image: "postgres:" + "${TAG}", environment: ["A=${A}", "B=${B:?needed}"] });
    expect(said.join("\n")).toContain("file.variables: found no value of TAG, A, B");
    expect(found["services"]).toMatchObject([{ kind: "postgres" }]);
  });

  it("publishes nothing without a site", () => {
    const { sections: found, notes: said } = importedCompose("c.yml", TEXT, { ...around, site: undefined });
    expect(Object.keys(found)).toEqual(["services"]);
    expect(said.join("\n")).toContain("portal.ports: not published: give --site NAME");
  });

  it("names what has a form that it does not read, in place of losing it", () => {
    const { notes: said } = one({
      ports: "80:8080",
      environment: 5,
      volumes: 7,
      healthcheck: "hunter2",
      secrets: {},
      deploy: 1,
      depends_on: "db",
    });
    for (const key of ["ports", "environment", "volumes", "healthcheck", "secrets", "deploy", "depends_on"])
      expect(said.filter((note) => note.startsWith(`app.${key}: not taken over: allowed is `))).toHaveLength(1);
    expect(said.join("\n")).not.toContain("hunter2");
    expect(importedCompose("c.yml", "services: { app: hunter2 }", around).notes[0]).toBe(
      "app.service: found no object, allowed: an object with the keys of a service",
    );
  });

  it("names networks of others, and no networks of its own", () => {
    const joined = (networks: unknown, declared: unknown) =>
      one({ networks }, { networks: declared }).notes.filter((note) => note.startsWith("app.networks: "));
    expect(joined(["corp"], { corp: { external: true } })).toHaveLength(1);
    expect(joined({ corp: { aliases: ["a"] } }, { corp: { external: { name: "theirs" } } })).toHaveLength(1);
    expect(joined(["own", "default"], { own: { external: false }, default: null })).toEqual([]);
  });

  it("gives names that are alike one of their own each, however many they are", () => {
    const many = Array.from({ length: 2000 }, (_, index) => `a-name-that-is-longer-than-it-may-be-${String(index)}`);
    const text = JSON.stringify({ services: Object.fromEntries(many.map((name) => [name, { image: "app:1", volumes: ["v:/data"] }])) });
    const services = importedCompose("c.yml", text, around).sections["services"];
    const names = Array.isArray(services) ? services.map((service: unknown) => String(Reflect.get(Object(service), "name"))) : [];
    expect([names[0], names[1], names[1999]]).toEqual([
      "a-name-that-is-longer-than-it-m",
      "a-name-that-is-longer-than-i-2",
      "a-name-that-is-longer-than-i-2000",
    ]);
    expect(new Set(names).size).toBe(2000);
  });

  it("refuses what is no YAML, and repeats nothing of it", () => {
    expect(() => importedCompose("c.yml", "services: {a: 'hunter2", around)).toThrow(/^c\.yml: not valid YAML(?![^]*hunter2)/);
  });

  it("asks for the digests of those images alone that will run", () => {
    expect(imagesOf("clinic.yml", TEXT, {})).toEqual([
      "registry.example.org/clinic/portal:2.4",
      `registry.example.org/clinic/worker@sha256:${"c".repeat(64)}`,
      "docker.io/library/postgres:17",
      "docker.io/library/redis:7",
    ]);
  });
});
