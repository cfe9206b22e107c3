import { writeFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type Reporter, type TestModule, type TestSpecification } from "vitest/node";

// A hook compiles the policy pack. By default Vitest leaves one of two cores to itself.
const quick = { testTimeout: 300_000, hookTimeout: 300_000, maxWorkers: "100%" };
// Hosts boot, are cut off and wait for a dead-man's switch. Three files at a time keep two cores busy; a fourth only makes all wait.
// The longest takes ten minutes on a machine that does as much again beside it.
const slow = { testTimeout: 1_800_000, hookTimeout: 1_800_000, maxWorkers: 3 };

// The files that take minutes, longest first: begun last, they would go on alone when all others have ended.
const LONG = [
  "stack",
  "drills",
  "faults/containers",
  "attacks/backups",
  "backup",
  "apps",
  "edge",
  "faults/faults",
  "upgrade",
  "records",
  "faults/removed",
  "freshMachine",
  "bypasses",
  "services",
  "isolation",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONG.findIndex((name) => moduleId.endsWith(`/test/integration/${name}.test.ts`));
      return index === -1 ? LONG.length : index;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

/** Writes the seconds of each test file, with its hooks, which the JSON report leaves out. */
class FileSeconds implements Reporter {
  readonly #path: string;
  constructor(path: string) {
    this.#path = path;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const seconds = modules.map((module) => {
      const { duration, collectDuration } = module.diagnostic();
      return { file: module.relativeModuleId, seconds: (duration + collectDuration) / 1000 };
    });
    writeFileSync(this.#path, JSON.stringify(seconds));
  }
}

// Where the gate wants its reports.
const reports = process.env["PHIWARD_REPORTS"];

export default defineConfig({
  test: {
    reporters:
      reports === undefined
        ? ["default"]
        : ["default", ["json", { outputFile: `${reports}.json` }], new FileSeconds(`${reports}.seconds.json`)],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // That package's maps name sources that it does not bring, of which each would be a warning.
        logLevel: "error",
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          // No test replaces a module, so all files of a worker share what they import: a third of the processor's time.
          isolate: false,
          // It imports JSON in a way that Node.js does not take.
          server: { deps: { inline: [/@actions\/workflow-parser/] } },
          ...quick,
        },
      },
      { test: { name: "policy", include: ["test/policy/**/*.test.ts"], ...quick } },
      {
        test: {
          name: "host",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: "test/integration/runDirectory.ts",
          ...slow,
        },
      },
    ],
  },
});
