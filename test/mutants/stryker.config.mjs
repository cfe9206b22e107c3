// Mutation tests of the plan layer, by unit tests alone: `make mutants`, or `make mutants FILES=components/system/ufw/*.ts`.
import { fileURLToPath } from "node:url";

export default {
  mutate: ["components/{plan,system,containers,edge,backup,cloud}/**/*.ts", "components/config/network.ts"],
  testRunner: "vitest",
  vitest: { configFile: "test/mutants/vitest.config.mts", related: true },
  checkers: ["typescript"],
  plugins: ["@stryker-mutator/*", fileURLToPath(new URL("asTheyCome.mjs", import.meta.url))],
  // The root's says noCheck, for the sake of previews.
  tsconfigFile: "test/mutants/tsconfig.json",
  coverageAnalysis: "perTest",
  ignoreStatic: false,
  reporters: ["clear-text", "progress-append-only", "html", "as-they-come"],
  tempDirName: ".mutants",
  htmlReporter: { fileName: ".mutants.html" },
  clearTextReporter: { reportTests: false },
  concurrency: 2,
  timeoutMS: 60_000,
};
