import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../ops/lib/root";
import { IMAGE_ACCOUNT, type ImageRecipe } from "./recipe";

const DATA = "/var/lib/postgresql/data";

/** PostgreSQL 17 with the interface of the official image `postgres:17`, as far as the project uses it. */
export function postgresRecipe(): ImageRecipe {
  return {
    name: "postgres",
    packages: ["postgresql-17", "base-files", "coreutils", "dash", "libc-bin", "sed", "tzdata"],
    // The just-in-time compiler is three quarters of the package, and PostgreSQL goes on without where it is missing.
    without: [
      ...["usr/lib/x86_64-linux-gnu/libLLVM*", "usr/lib/aarch64-linux-gnu/libLLVM*", "usr/lib/llvm-19"],
      ...["usr/lib/postgresql/17/lib/llvmjit*", "usr/lib/postgresql/17/lib/bitcode", "usr/share/postgresql-common"],
    ],
    account: { name: "postgres", id: IMAGE_ACCOUNT, home: "/var/lib/postgresql" },
    directories: { "var/lib/postgresql": 0o755, "var/lib/postgresql/data": 0o700, "run/postgresql": 0o775 },
    programs: { "usr/local/bin/docker-entrypoint.sh": readFileSync(join(ROOT, "sandbox/images/postgres-entrypoint.sh"), "utf8") },
    modules: {},
    copies: [],
    config: {
      User: `${String(IMAGE_ACCOUNT)}:${String(IMAGE_ACCOUNT)}`,
      Env: [`PATH=/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin`, "LANG=C.UTF-8", "PG_MAJOR=17", `PGDATA=${DATA}`],
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["postgres"],
      WorkingDir: "/",
      ExposedPorts: { "5432/tcp": {} },
      Volumes: { [DATA]: {} },
      // SIGTERM would wait for clients to go; this ends their sessions and shuts down in order.
      StopSignal: "SIGINT",
    },
  };
}
