import { accountOf, IMAGE_ACCOUNT } from "../../components/containers/databases/engine";
import { ENGINES } from "../../components/containers/databases/engines";
import type { ImageRecipe } from "./recipe";

/** Redis 8 with the interface of the official image `redis:8`, as far as the project uses it. */
export function redisRecipe(): ImageRecipe {
  return {
    name: "redis",
    packages: ["redis-server", "base-files", "coreutils", "dash", "libc-bin"],
    without: ["etc/redis", "usr/bin/redis-benchmark"],
    account: { name: "redis", id: IMAGE_ACCOUNT.uid, home: "/data" },
    directories: { data: 0o755 },
    programs: {},
    modules: {},
    copies: [],
    config: {
      User: accountOf(ENGINES.redis),
      Env: ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"],
      Cmd: ["redis-server"],
      WorkingDir: "/data",
      ExposedPorts: { "6379/tcp": {} },
      Volumes: { "/data": {} },
      StopSignal: "SIGTERM",
    },
  };
}
