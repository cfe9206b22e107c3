// How Stryker runs the tests: unit tests of components alone, and a golden file that is not there is a failure and is not written.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/unit/components/**/*.test.ts"], testTimeout: 30_000, update: "none" },
});
