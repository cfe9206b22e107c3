/** Secrets that nobody rotates, but for the backups' own. */
import { lastingName } from "../../config/names";
import type { StackConfig } from "../../config/schema";
import { DATABASE_KINDS } from "../../config/sections/databaseKinds";
import { secretId } from "./files";

/** Those of database servers, by their ids: programs of the host alone log in by them, or nobody does once the server has its data. */
export function fixedSecrets({ services }: Pick<StackConfig, "services">): readonly string[] {
  return services.flatMap((service) => {
    if (service.kind === "container") return [];
    const { secrets, hostSecrets } = DATABASE_KINDS[service.kind];
    return [...secrets, ...hostSecrets].map((secret) => secretId(lastingName(service), secret));
  });
}
