import tseslint from "typescript-eslint";

// strictTypeChecked is the only rule set that catches an Output in a template string: the Pulumi mistake.
export default tseslint.config(
  { ignores: ["node_modules", "policies/bin", "eslint.config.mjs"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-restricted-syntax": ["error", { selector: "ExportDefaultDeclaration", message: "named exports only" }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  {
    files: ["components/**/*.ts", "index.ts"],
    ignores: ["components/host/unit.ts"],
    rules: { "no-restricted-imports": ["error", { paths: [{ name: "@pulumi/command", message: "only components/host/unit.ts runs commands" }] }] },
  },
  {
    // Plans are pure: no Pulumi, clock, environment, file system or randomness.
    files: ["components/*/{state,plan,checks,rules}.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: ["@pulumi/*", "node:*"] }],
      "no-restricted-globals": ["error", "process"],
      "no-restricted-properties": ["error", { object: "Date", property: "now" }, { object: "Math", property: "random" }],
    },
  },
  { files: ["vitest.config.mts"], rules: { "no-restricted-syntax": "off" } },
);
