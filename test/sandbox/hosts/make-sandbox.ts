import { createSandbox } from "../../../sandbox/hosts/sandbox";

// A process of its own that makes a sandbox, for tests to interrupt it: make-sandbox.ts ID
createSandbox({ id: process.argv[2] ?? "", hosts: ["web", "db"], outsiders: 1, progress: () => undefined }).catch(() => {
  process.exitCode = 1;
});
