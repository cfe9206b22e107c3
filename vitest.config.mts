import { defineConfig } from "vitest/config";

// A hook compiles the policy pack.
const quick = { testTimeout: 30_000, hookTimeout: 60_000 };
// Hosts boot, are cut off and wait for a dead-man's switch; two files at a time is what two cores bear.
const slow = { testTimeout: 300_000, hookTimeout: 600_000, maxWorkers: 2 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], ...quick } },
      { test: { name: "policy", include: ["test/policy/**/*.test.ts"], ...quick } },
      { test: { name: "host", include: ["test/integration/**/*.test.ts"], globalSetup: "test/integration/runDirectory.ts", ...slow } },
    ],
  },
});
