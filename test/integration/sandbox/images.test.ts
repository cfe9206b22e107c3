import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureImages, type SandboxImage } from "../../../sandbox/images/images";
import { execInHost } from "../../../sandbox/machines/exec";
import type { SandboxHost } from "../../../sandbox/machines/inventory";
import { sandboxObstacle } from "../../../sandbox/machines/machine";
import { createSandbox, destroySandbox } from "../../../sandbox/machines/sandbox";
import { sandboxId } from "../runDirectory";
import { pause, waitFor } from "../waiting";

const obstacle = sandboxObstacle();
const id = sandboxId("images");

// As services run in production: nobody's root file system can be written, and nobody gains a privilege.
const HARDENED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=inside", "--restart=no"];
const POSTGRES = ["--user=999:999", "--tmpfs=/tmp:uid=999,gid=999", "--tmpfs=/run/postgresql:uid=999,gid=999,mode=0775"];
const POSTGRES_SETTINGS = ["--env=POSTGRES_USER=postgres", "--env=POSTGRES_DB=notes", "--env=POSTGRES_PASSWORD_FILE=/run/secrets/postgres"];

const REDIS_CONF = [
  ...["dir /data", "protected-mode no", 'save ""', "user default reset on nopass +ping"],
  "user api on >cache-secret ~session:* resetchannels -@all +ping +set +getex +del +hello +auth +client|setinfo",
];

describe.skipIf(obstacle !== undefined)(`the sandbox's images in a real Docker ${obstacle ?? ""}`, () => {
  let host: SandboxHost;
  let images: readonly SandboxImage[];
  let address = "";
  let cookie = "";

  const inside = async (...argv: string[]): Promise<string> => {
    const { code, stdout, stderr } = await execInHost(host, argv);
    if (code !== 0) throw new Error(`${argv.join(" ")} exited ${String(code)}: ${stderr}`);
    return stdout.trim();
  };
  const imageId = (name: string): string => images.find((image) => image.name === name)?.id ?? "";
  const secretFile = (name: string, owner: string): string => `--volume=/root/secrets/${owner}/${name}:/run/secrets/${name}:ro`;

  /** Asks the API as the proxy in front does, and returns status and body. */
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    more: readonly string[] = [],
  ): Promise<{ status: number; body: string }> => {
    const data = body === undefined ? [] : ["--data-binary", JSON.stringify(body)];
    const headers = [`Cookie: ${cookie}`, "X-Real-IP: 198.51.100.7", "X-Request-ID: test-1"].flatMap((header) => ["--header", header]);
    const curl = [
      "curl",
      "--silent",
      "--max-time",
      "20",
      "--request",
      method,
      "--write-out",
      "\n%{http_code}",
      ...headers,
      ...data,
      ...more,
    ];
    const lines = (await execInHost(host, [...curl, `http://${address}:8080${path}`])).stdout.split("\n");
    return { status: Number(lines.pop()), body: lines.join("\n") };
  };

  const logIn = async (): Promise<void> => {
    const { body } = await ask("POST", "/login", { user: "admin", password: "admin-secret" }, ["--dump-header", "-"]);
    cookie = /session=[\w-]{43}/.exec(body)?.[0] ?? "";
    expect(body).toMatch(/^Set-Cookie: session=[\w-]{43}; HttpOnly; Secure; SameSite=Strict; Path=\/\r$/m);
  };

  const startApi = async (): Promise<void> => {
    const variables = Object.entries({ DB_URL_FILE: "db", CACHE_URL_FILE: "cache", ADMIN_PASSWORD_FILE: "admin" });
    const settings = variables.flatMap(([name, file]) => [`--env=${name}=/run/secrets/${file}`, secretFile(file, "10001")]);
    await inside(
      "docker",
      "run",
      "--detach",
      "--name=api",
      "--user=10001:10001",
      "--env=NOTES=plain",
      ...HARDENED,
      ...settings,
      imageId("api"),
    );
    address = await inside("docker", "inspect", "--format={{.NetworkSettings.Networks.inside.IPAddress}}", "api");
  };

  const isHealthy = async (): Promise<boolean> =>
    (await execInHost(host, ["docker", "exec", "api", "/usr/bin/node", "/app/health.js"])).code === 0;

  beforeAll(async () => {
    const [built, sandbox] = await Promise.all([
      ensureImages(() => undefined),
      createSandbox({ id, hosts: ["web"], progress: () => undefined }),
    ]);
    images = built;
    const [first] = sandbox.hosts;
    if (first === undefined) throw new Error("the sandbox has no host");
    host = first;
    const install = ["apt-get", "install", "--yes", "--no-install-recommends", "docker.io", "docker-cli"];
    await inside("env", "DEBIAN_FRONTEND=noninteractive", ...install);
    const secrets = {
      999: { postgres: "postgres-secret", "redis.conf": REDIS_CONF.join("\n") },
      10001: {
        db: "postgresql://postgres:postgres-secret@postgres/notes",
        cache: "redis://api:cache-secret@redis/0",
        admin: "admin-secret",
      },
    };
    for (const [owner, files] of Object.entries(secrets)) {
      const directory = join(host.root, "root/secrets", owner);
      mkdirSync(directory, { recursive: true });
      for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), `${text}\n`, { mode: 0o400 });
      await inside("chown", "-R", `${owner}:${owner}`, `/root/secrets/${owner}`);
    }
  });
  afterAll(() => destroySandbox(id));

  it("are loaded under the ids that were told", async () => {
    for (const { name, archive } of images) {
      copyFileSync(archive, join(host.root, "root/image"));
      await inside("docker", "load", "--quiet", "--input", "/root/image");
      expect(await inside("docker", "image", "inspect", "--format={{.Id}}", `phiward/${name}:sandbox`)).toBe(imageId(name));
    }
  });

  it("start without root, privileges or a file system that can be written", async () => {
    await inside("docker", "network", "create", "--internal", "inside");
    const data = ["--volume=notes-data:/var/lib/postgresql/data", secretFile("postgres", "999")];
    const postgres = [...HARDENED, ...POSTGRES, ...POSTGRES_SETTINGS, ...data, imageId("postgres"), "-c", "max_connections=30"];
    await inside("docker", "run", "--detach", "--name=postgres", ...postgres);
    const redis = [
      ...HARDENED,
      "--user=999:999",
      secretFile("redis.conf", "999"),
      imageId("redis"),
      "redis-server",
      "/run/secrets/redis.conf",
    ];
    await inside("docker", "run", "--detach", "--name=redis", ...redis);
    await startApi();
    await waitFor("the API is healthy", isHealthy);
    expect(await inside("docker", "exec", "redis", "redis-cli", "-e", "ping")).toBe("PONG");
    const psql = ["docker", "exec", "postgres", "psql", "--no-psqlrc", "--tuples-only", "--no-align", "notes", "--command"];
    expect(await inside(...psql, "SELECT current_setting('data_checksums'), current_setting('max_connections')")).toBe("on|30");
    expect(await inside("docker", "top", "postgres", "-o", "pid,args")).toMatch(/\d+ +postgres -c max_connections=30/);
  });

  it("keep a note for who is logged in, and for nobody else", async () => {
    expect((await ask("POST", "/login", { user: "admin", password: "wrong" })).status).toBe(401);
    expect((await ask("GET", "/notes?patient=p1")).status).toBe(401);
    await logIn();
    const written = await ask("POST", "/notes", { patient: "p1", text: "Ängstlich, sonst wohlauf" });
    expect(written.status).toBe(201);
    const { id: note } = JSON.parse(written.body) as { id: string };
    expect(JSON.parse((await ask("GET", `/notes/${note}`)).body)).toMatchObject({
      patient: "p1",
      text: "Ängstlich, sonst wohlauf",
      author: "admin",
    });
    const log = await inside("docker", "logs", "api");
    expect(log).toContain(
      `"action":"note.create","object":"${note}","outcome":"success","status":201,"address":"198.51.100.7","request":"test-1"`,
    );
    expect(log).not.toMatch(/p1|ngstlich|secret|session=/);
  });

  it.each(["postgres", "redis"])("answer 503 while %s is gone, and recover without being started anew", async (service) => {
    const started = await inside("docker", "inspect", "--format={{.State.StartedAt}}", "api");
    await inside("docker", "kill", service);
    expect((await ask("GET", "/notes?patient=p1")).status).toBe(503);
    expect((await ask("GET", "/health")).status).toBe(503);
    expect(await isHealthy()).toBe(false);
    await inside("docker", "start", service);
    await waitFor("the API is healthy again", isHealthy);
    // This Redis keeps nothing on disk.
    if (service === "redis") await logIn();
    expect((await ask("GET", "/notes?patient=p1")).body).toContain("wohlauf");
    expect(await inside("docker", "inspect", "--format={{.State.StartedAt}}", "api")).toBe(started);
  });

  it("finish a request that has begun when the API is told to stop", async () => {
    const slow = ask("POST", "/notes", { patient: "p2", text: "x".repeat(60_000) }, ["--limit-rate", "20k"]);
    const connected = ["ss", "-Htn", "state", "established", `dst ${address}:8080`];
    await waitFor("the slow request", async () => (await inside(...connected)) !== "");
    await pause("the slow request is under way", 0.8);
    await inside("docker", "kill", "--signal=TERM", "api");
    await waitFor("the API takes no more requests", async () => (await ask("GET", "/health")).status === 0);
    expect((await slow).status).toBe(201);
    expect(await inside("docker", "wait", "api")).toBe("0");
  });

  it("shut down in order", async () => {
    await inside("docker", "stop", "--time=20", "postgres", "redis");
    expect(await inside("docker", "inspect", "--format={{.State.ExitCode}}", "postgres", "redis")).toBe("0\n0");
    expect((await execInHost(host, ["docker", "logs", "postgres"])).stderr).toMatch(
      /received fast shutdown request[^]*database system is shut down/,
    );
  });

  it("begin the first start of PostgreSQL again where it was cut off", async () => {
    const run = ["docker", "run", "--detach", "--name=second", ...HARDENED, ...POSTGRES, ...POSTGRES_SETTINGS];
    await inside(...run, "--volume=second-data:/var/lib/postgresql/data", secretFile("postgres", "999"), imageId("postgres"));
    await waitFor(
      "the first start has begun",
      async () => (await execInHost(host, ["ls", "/var/lib/docker/volumes/second-data/_data/.initdb/data"])).code === 0,
    );
    await inside("docker", "kill", "second");
    await inside("docker", "start", "second");
    await waitFor(
      "PostgreSQL answers",
      async () => (await execInHost(host, ["docker", "exec", "second", "pg_isready", "--host=127.0.0.1"])).code === 0,
    );
    const logs = await execInHost(host, ["docker", "logs", "second"]);
    expect(logs.stderr).toContain("the first start was cut off: beginning again");
  });
});
