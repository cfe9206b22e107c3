/** The image of Directus, a content system with a web interface, as its makers publish it on npm. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeProgram } from "../../sandbox/images/api";
import type { ImageRecipe } from "../../sandbox/images/recipe";

const FILES = join(__dirname, "directus");

/** As `directus/directus` on Docker Hub, as far as the tests use it; the start is the one program, without a process manager. */
export function directusRecipe(): ImageRecipe {
  const read = (name: string): string => readFileSync(join(FILES, name), "utf8");
  return {
    name: "directus",
    packages: ["base-files", "libc6", "libstdc++6", "libatomic1", "ca-certificates"],
    without: [],
    account: { name: "directus", id: 10_002, home: "/app" },
    directories: { "app/uploads": 0o755, "app/extensions": 0o755 },
    programs: {},
    modules: {},
    copies: [nodeProgram()],
    npm: { manifest: read("package.json"), lockfile: read("package-lock.json"), to: "app" },
    config: {
      User: "10002:10002",
      Env: ["PATH=/usr/bin", "NODE_ENV=production"],
      Entrypoint: ["/usr/bin/node"],
      Cmd: ["/app/node_modules/directus/cli.js", "start"],
      WorkingDir: "/app",
      ExposedPorts: { "8055/tcp": {} },
      StopSignal: "SIGTERM",
    },
  };
}
