import tseslint from "typescript-eslint";

// One list of programs, one place that starts them.
const ONE_STARTER = { name: "node:child_process", message: "only ops/lib/process.ts starts programs, those of ops/lib/programs.ts" };

// strictTypeChecked is the only rule set that catches an Output in a template string: the Pulumi mistake.
export default tseslint.config(
  { ignores: ["node_modules", "policies/bin*", "**/*.config.mjs", "test/mutants/*.mjs", ".mutants*"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-restricted-syntax": ["error", { selector: "ExportDefaultDeclaration", message: "named exports only" }],
      "@typescript-eslint/consistent-type-imports": "error",
      // A number in a text is what it looks like; an Output, which is not, is still refused.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    // What runs before anything is compiled, and before Node.js is known to be new enough.
    files: ["*.cjs", "ops/*.cjs", "policies/*.cjs", "sandbox/*.cjs"],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    files: ["sandbox/**/*.ts", "test/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { paths: [ONE_STARTER] }] },
  },
  {
    files: ["ops/**/*.ts"],
    ignores: ["ops/lib/process.ts"],
    rules: { "no-restricted-imports": ["error", { paths: [ONE_STARTER], patterns: [{ group: ["**/sandbox/**"], message: "the sandbox stands on the commands, not the other way round" }] }] },
  },
  {
    files: ["components/**/*.ts", "index.ts"],
    ignores: ["components/pulumi/agentCommand.ts"],
    rules: { "no-restricted-imports": ["error", { paths: [{ name: "@pulumi/command", message: "only components/pulumi/agentCommand.ts runs commands" }] }] },
  },
  {
    // Plans are pure: no Pulumi, clock, environment, file system or randomness.
    files: ["components/{config,compliance,plan,system,containers,edge,backup}/**/*.ts", "components/cloud/{volume,hostKey}/*.ts", "components/registry.ts"],
    ignores: ["**/index.ts", "**/program.ts", "**/programs.ts", "components/plan/request.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [{ group: ["@pulumi/*"] }, { regex: "^node:(?!net$|crypto$)", message: "of Node only what is pure: node:net reads addresses, node:crypto hashes" }] }],
      "no-restricted-globals": ["error", "process"],
      "no-restricted-properties": ["error", { object: "Date", property: "now" }, { object: "Math", property: "random" }],
    },
  },
  { files: ["**/*.config.mts"], rules: { "no-restricted-syntax": "off" } },
);
