import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "../../ops/lib/root";
import type { Copy, ImageRecipe } from "./recipe";

const API = join(ROOT, "sandbox/api");
const NODE_MODULES = join(ROOT, "node_modules");

/** The API under sandbox/api with Node.js, and nothing else that could be run. */
export function apiRecipe(): ImageRecipe {
  const sources = readdirSync(API).filter((file) => file.endsWith(".ts"));
  const modules = sources.map((file): [string, string] => [`app/${file.replace(/ts$/, "js")}`, readFileSync(join(API, file), "utf8")]);
  return {
    name: "api",
    packages: ["base-files", "libc6", "libstdc++6", "libatomic1"],
    without: [],
    account: { name: "api", id: 10_001, home: "/app" },
    directories: {},
    programs: {},
    modules: Object.fromEntries(modules),
    copies: [nodeProgram(), ...closureOf(["pg", "@redis/client"])],
    config: {
      User: "10001:10001",
      Env: ["PATH=/usr/bin", "NODE_ENV=production", "PORT=8080"],
      Entrypoint: ["/usr/bin/node"],
      Cmd: ["/app/main.js"],
      WorkingDir: "/app",
      ExposedPorts: { "8080/tcp": {} },
      StopSignal: "SIGTERM",
    },
  };
}

/** Node.js in the version that the project itself runs on. */
export function nodeProgram(): Copy {
  return { from: join(NODE_MODULES, "node/bin/node"), to: "usr/bin/node", version: packageOf("node").version };
}

const names = z.record(z.string(), z.string()).default({});
const packageSchema = z.object({ version: z.string(), dependencies: names, optionalDependencies: names });

function packageOf(name: string): z.infer<typeof packageSchema> {
  return packageSchema.parse(JSON.parse(readFileSync(join(NODE_MODULES, name, "package.json"), "utf8")));
}

/** Returns these npm packages and all they need, as copies; what lies in a package's own node_modules goes with it. */
function closureOf(wanted: readonly string[]): readonly Copy[] {
  const found = new Map<string, Copy>();
  const queue = [...wanted];
  for (const name of queue) {
    if (found.has(name) || !existsSync(join(NODE_MODULES, name))) continue;
    const { version, dependencies, optionalDependencies } = packageOf(name);
    found.set(name, { from: join(NODE_MODULES, name), to: `app/node_modules/${name}`, version });
    queue.push(...Object.keys({ ...dependencies, ...optionalDependencies }));
  }
  return [...found.values()];
}
