// Writes each change's outcome as it comes, a line of JSON each: a run that is stopped before its end has said something too.
import { appendFileSync } from "node:fs";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";

class AsTheyCome {
  onMutantTested({ fileName, location, mutatorName, replacement, status, static: isStatic }) {
    const path = fileName.replace(/^.*\/(?=(components|policies)\/)/, "");
    appendFileSync(process.env.MUTANTS_LOG ?? ".mutants.jsonl", `${JSON.stringify({ path, location, mutatorName, replacement, status, isStatic })}\n`);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Reporter, "as-they-come", AsTheyCome)];
