/** What databases and the web server of a host say of themselves, at its vault; and that who is asked can read nothing else. */
import { expect, it, type TestContext } from "vitest";
import { REDIS_CLIENT } from "../../components/containers/databases/redisFiles";
import { execInHost } from "../../sandbox/machines/exec";
import type { SandboxHost } from "../../sandbox/machines/inventory";
import { stopTimer } from "./timers";
import type { Stack } from "./useStack";
import { waitFor } from "./waiting";

const LOGIN = "phiward_host_metrics";

async function must(host: SandboxHost, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execInHost(host, argv);
  if (code !== 0) throw new Error(`${host.name}: ${argv.join(" ")} exited ${String(code)}: ${stdout}${stderr}`);
  return stdout;
}

/** What the vault has now, as one answer: the host brings other figures every 15 seconds. */
function taken({ store }: Stack): Promise<string> {
  return must(store, "curl", "--silent", "--fail", "--retry", "5", "--retry-connrefused", "http://127.0.0.1:9091/metrics");
}

/** What the vault has of one metric of the host web, by the labels that it has beside the host's. */
async function figures(stack: Stack, metric: string): Promise<ReadonlyMap<string, number>> {
  return figuresOf(await taken(stack), metric);
}

function figuresOf(text: string, metric: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line.startsWith(`${metric}{`) && line.includes('instance="web"'));
  return new Map(
    lines.map((line) => {
      const [, labels = "", value] = /\{(.*)\} (\S+)$/.exec(line) ?? [];
      return [labels.replace(/(?:^|,)(?:instance|job)="[^"]*"/g, "").replace(/^,/, ""), Number(value)];
    }),
  );
}

async function only(stack: Stack, metric: string): Promise<number | undefined> {
  return [...(await figures(stack, metric)).values()][0];
}

function psql(login: string, database: string, command: string): readonly string[] {
  return [
    "docker",
    "exec",
    "db",
    "psql",
    `--dbname=host=/run/postgresql user=${login} dbname=${database}`,
    "--tuples-only",
    `--command=${command}`,
  ];
}

/** Defines the tests, on the stack that `useIt` gives. */
export function servedMetricsTests(useIt: (context: TestContext) => Stack): void {
  it("say how they are, by their declared names alone, with the values that they have", async (context) => {
    const stack = useIt(context);
    const up = async (): Promise<readonly number[]> => [...(await figures(stack, "phiward_database_up")).values()];
    await waitFor("both at the vault", async () => (await up()).filter((one) => one === 1).length === 2);
    expect(Object.fromEntries(await figures(stack, "phiward_database_up"))).toEqual({
      'database="cache",kind="redis"': 1,
      'database="db",kind="postgres"': 1,
    });
    expect(await only(stack, "phiward_nginx_up")).toBe(1);
    const [limit, reserved, superusers] = (
      await must(
        stack.web,
        ...psql(
          "postgres",
          "postgres",
          "SELECT setting FROM pg_settings WHERE name ~ '^max_conn|^(superuser_)?reserved_conn' ORDER BY name",
        ),
      )
    )
      .trim()
      .split("\n")
      .map(Number);
    expect(await only(stack, "phiward_postgres_connections_limit")).toBe((limit ?? 0) - (reserved ?? 0) - (superusers ?? 0));
    const size = Number(await must(stack.web, ...psql("postgres", "postgres", "SELECT pg_database_size('api')")));
    const sizes = await figures(stack, "phiward_postgres_size_bytes");
    expect([...sizes.keys()]).toEqual(['database="db",of="api"']);
    expect(Math.abs((sizes.get('database="db",of="api"') ?? 0) - size)).toBeLessThan(1 << 22);
    expect(await only(stack, "phiward_postgres_replication_slots")).toBe(0);
    expect(await only(stack, "phiward_redis_memory_limit_bytes")).toBeGreaterThan(8 << 20);
    expect(await only(stack, "phiward_redis_write_failing")).toBe(0);
    const text = await taken(stack);
    const [accepted, handled] = ["accepted", "handled"].map((which) => figuresOf(text, `phiward_nginx_connections_${which}_total`));
    expect([accepted?.size, accepted]).toEqual([1, handled]);
  });

  it("say of an open transaction and of a database that does not answer, and take it back", async (context) => {
    const stack = useIt(context);
    const began = Date.now();
    const url = (await must(stack.web, "sh", "-c", "cat $(ls /var/lib/phiward/services/api/secrets/db-url.* | tail -n 1)"))
      .trim()
      .replace(/\?.*/, "");
    const open = execInHost(stack.web, ["docker", "exec", "db", "psql", url, "--command=SELECT pg_sleep(100)"]);
    await waitFor("the transaction", async () => ((await only(stack, "phiward_postgres_oldest_transaction_seconds")) ?? 0) > 10);
    process.stdout.write(`an open transaction was at the vault after ${String(Math.round((Date.now() - began) / 1000))} s\n`);
    await open;
    await stopTimer((...words) => execInHost(stack.web, words), "phiward-watch");
    try {
      await must(stack.web, "docker", "pause", "cache");
      await waitFor(
        "the word of a Redis that does not answer",
        async () => (await figures(stack, "phiward_database_up")).get('database="cache",kind="redis"') === 0,
      );
      expect((await figures(stack, "phiward_redis_memory_limit_bytes")).size).toBe(0);
      expect((await figures(stack, "phiward_database_up")).get('database="db",kind="postgres"')).toBe(1);
    } finally {
      await must(stack.web, "docker", "unpause", "cache");
      await must(stack.web, "systemctl", "start", "phiward-watch.timer");
    }
    await waitFor(
      "the same Redis again",
      async () => (await figures(stack, "phiward_database_up")).get('database="cache",kind="redis"') === 1,
    );
  });

  it("are asked by logins that read nothing of a service", async (context) => {
    const { web } = useIt(context);
    const refused = async (database: string, command: string): Promise<string> => {
      const { code, stdout, stderr } = await execInHost(web, psql(LOGIN, database, command));
      expect(code, stdout).not.toBe(0);
      return stderr;
    };
    expect(await refused("api", "SELECT * FROM notes")).toMatch(/permission denied for database "api"/);
    expect(await refused("postgres", "SET ROLE api")).toMatch(/permission denied to set role/);
    expect(await refused("postgres", "SELECT rolpassword FROM pg_authid")).toMatch(/permission denied/);
    expect(await refused("postgres", "SELECT pg_read_file('/etc/passwd')")).toMatch(/permission denied/);
    expect(await refused("postgres", "CREATE TABLE public.mine (a int)")).toMatch(/permission denied/);
    // It is let in over the socket alone, and has no password.
    expect(
      (
        await execInHost(web, [
          "docker",
          "exec",
          "db",
          "psql",
          `--dbname=host=db user=${LOGIN} dbname=postgres password=x`,
          "-c",
          "SELECT 1",
        ])
      ).code,
    ).not.toBe(0);
    const script = `printf 'AUTH ${LOGIN} %s\\n' "$(cat /var/lib/phiward/secrets/cache-metrics.1)"; printf 'PING\\nGET x\\nKEYS *\\nCONFIG GET *\\nACL LIST\\nMONITOR\\nCLIENT LIST\\nSET x 1\\nINFO memory\\n'`;
    const said = await must(web, "sh", "-c", `{ ${script}; } | docker exec -i cache ${REDIS_CLIENT.join(" ")} --no-auth-warning`);
    expect(said).toMatch(/^OK\nPONG\n/);
    for (const command of ["get", "keys", "config|get", "acl|list", "monitor", "client|list", "set"])
      expect(said).toContain(`no permissions to run the '${command}' command`);
    expect(said).toContain("used_memory:");
  });

  it("have a web server that says it to this host's root alone", async (context) => {
    const { web, store } = useIt(context);
    const status = "http://127.0.0.1:9113/status";
    expect(await must(web, "curl", "--silent", "--fail", status)).toMatch(/^Active connections: \d+ \n/);
    for (const account of ["nobody", "deploy"])
      expect((await execInHost(web, ["runuser", "-u", account, "--", "curl", "--silent", "--max-time", "5", status])).code, account).toBe(
        7,
      );
    expect((await execInHost(store, ["curl", "--silent", "--max-time", "5", `http://${web.address}:9113/status`])).code).not.toBe(0);
    const host = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "http://127.0.0.1:9113/"];
    expect((await execInHost(web, host)).stdout).toBe("000");
    expect(await must(web, "ss", "--listening", "--tcp", "--numeric", "--no-header", "sport = :9113")).toMatch(
      /^LISTEN\s+\d+\s+\d+\s+127\.0\.0\.1:9113\s/,
    );
  });

  it("cost little", async (context) => {
    const { web } = useIt(context);
    const sample = async (): Promise<readonly number[]> => {
      const of = async (unit: string): Promise<number> =>
        Number((await must(web, "systemctl", "show", "--property=CPUUsageNSec", "--value", unit)).trim()) / 1e9;
      return [await of("phiward-metrics"), await of("prometheus-node-exporter"), await of("docker"), await of("nginx")];
    };
    const before = await sample();
    const began = Date.now();
    await waitFor("two minutes to pass", () => Date.now() - began > 120_000, 150);
    const after = await sample();
    const names = ["phiward-metrics", "prometheus-node-exporter", "docker", "nginx"];
    for (const [index, name] of names.entries())
      process.stdout.write(`${name}: ${(((after[index] ?? 0) - (before[index] ?? 0)) / 2).toFixed(2)} s of CPU a minute\n`);
    for (const [name, query] of [
      ["psql", psql(LOGIN, "postgres", "SELECT 1")],
      ["redis-cli", ["docker", "exec", "cache", ...REDIS_CLIENT, "ping"]],
    ] as const) {
      const { stderr } = await execInHost(web, ["bash", "-c", 'time "$@" >/dev/null', "time", ...query]);
      process.stdout.write(`one question by ${name}: ${stderr.trim().replaceAll(/\s+/g, " ")}\n`);
    }
    const resident: number[] = [];
    for (const unit of names.slice(0, 2)) {
      const pid = (await must(web, "systemctl", "show", "--property=MainPID", "--value", unit)).trim();
      const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(await must(web, "cat", `/proc/${pid}/status`))?.[1]);
      process.stdout.write(`${unit}: ${(kilobytes / 1024).toFixed(0)} MiB resident\n`);
      resident.push(kilobytes / 1024);
    }
    expect(resident.reduce((sum, one) => sum + one, 0)).toBeLessThan(150);
  });
}
