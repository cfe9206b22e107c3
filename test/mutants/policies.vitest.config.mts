// How Stryker runs the policy tests: those that judge in their own process, and none that asks of every path of a stack, which take minutes.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/policy/{rules,cloud,hosts,kernel,network,readers,secretShapes,placed,dockerTypes,findings,madeAsDeclared}.test.ts"],
    // A file of findings that is not there is a failure, and is not written.
    update: "none",
    // Each file would load the policies anew, for every change.
    isolate: false,
    // On a machine with much else to do. What never ends, Stryker ends.
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
