/** Which phiward this is. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { member } from "../../components/config/unknown";

/** The version in phiward's own package.json, which stands above this file, compiled or not. */
export function ownVersion(directory = __dirname): string {
  const file = join(directory, "package.json");
  const manifest: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  const version = member(manifest, "version");
  if (member(manifest, "name") === "phiward" && typeof version === "string") return version;
  if (dirname(directory) === directory) throw new Error("package.json: found none of phiward above its own files");
  return ownVersion(dirname(directory));
}
