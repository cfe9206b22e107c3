// Mutation tests of the policies, by the policy tests that start no process: `make mutants PACK=1`, or with FILES=policies/rules/ssh-*.ts.
import plans from "./stryker.config.mjs";

export default {
  ...plans,
  mutate: ["policies/{rules,readers}/**/*.ts"],
  vitest: { configFile: "test/mutants/policies.vitest.config.mts", related: false },
  tsconfigFile: "test/mutants/policies.tsconfig.json",
  // What a rule says of itself is text, and what is made when a module is loaded is the same for all tests.
  ignoreStatic: true,
  tempDirName: ".mutants",
  dryRunTimeoutMinutes: 15,
  concurrency: Number(process.env.CONCURRENCY ?? 2),
};
