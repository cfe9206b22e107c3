import { IMAGE_ACCOUNT, type ImageRecipe } from "./recipe";

/** Redis 8 with the interface of the official image `redis:8`, as far as the project uses it. */
export function redisRecipe(): ImageRecipe {
  return {
    name: "redis",
    packages: ["redis-server", "base-files", "coreutils", "dash", "libc-bin"],
    without: ["etc/redis", "usr/bin/redis-benchmark"],
    account: { name: "redis", id: IMAGE_ACCOUNT, home: "/data" },
    directories: { data: 0o755 },
    programs: {},
    modules: {},
    copies: [],
    config: {
      User: `${String(IMAGE_ACCOUNT)}:${String(IMAGE_ACCOUNT)}`,
      Env: ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"],
      Cmd: ["redis-server"],
      WorkingDir: "/data",
      ExposedPorts: { "6379/tcp": {} },
      Volumes: { "/data": {} },
      StopSignal: "SIGTERM",
    },
  };
}
