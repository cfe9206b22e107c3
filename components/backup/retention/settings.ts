import { hostDuties } from "../../config/duties";
import { lastingServiceName } from "../../config/names";
import type { StackModel } from "../../containers/model";
import { volumeName } from "../../containers/names";
import { keptSecretPath, SUBJECTS_SECRET } from "../../containers/secrets/files";

/** A table, and the server that it is in. */
interface TableSettings {
  readonly container: string;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

/** Who was erased, without a name; in the backups. */
export const SUBJECTS_REGISTER = "/var/lib/phiward/subjects/register.json";

type Anonymised = readonly { readonly column: string; readonly text: string | null }[];

/** What ends on a host, and what is kept; and where data of persons is. */
export interface RetentionSettings {
  /** Time of day, HH:MM, UTC. */
  readonly time: string;
  readonly rules: readonly (TableSettings & {
    readonly name: string;
    readonly timeColumn: string;
    readonly days: number;
    readonly batch: number;
    /** Columns with what they then hold; rows are deleted where there is none. */
    readonly anonymise: Anonymised;
  })[];
  readonly holds: readonly (TableSettings & {
    readonly name: string;
    readonly column: string | null;
    readonly value: string | null;
    readonly owner: string;
    /** The last day, UTC, as YYYY-MM-DD. */
    readonly until: string;
  })[];
  /** Databases of which nothing ends, by the name that each keeps. */
  readonly kept: readonly string[];
  /** Null where nothing is declared of persons. */
  readonly subjects: {
    /** File of the key of the register. */
    readonly key: string;
    readonly places: readonly (TableSettings & { readonly column: string; readonly anonymise: Anonymised })[];
    /** Files in volumes, each with Docker's name of its volume. */
    readonly files: readonly { readonly service: string; readonly volume: string; readonly name: string; readonly path: string }[];
  } | null;
}

/** Undefined where nothing is declared, and on hosts without databases. */
export function retentionSettings(model: StackModel, hostName: string): RetentionSettings | undefined {
  const { config } = model;
  const { retention, subjects } = config;
  if (retention === undefined || !hostDuties(config, hostName).databases) return undefined;
  const tableOf = ({ database, schema, table }: { readonly database: string; readonly schema: string; readonly table: string }) => {
    const lasting = lastingServiceName(config, database);
    return { container: containerOf(model, lasting), database: lasting, schema, table };
  };
  return {
    time: retention.time,
    rules: retention.rules.map((rule) => ({
      ...{ name: rule.name, ...tableOf(rule), timeColumn: rule.timeColumn, days: rule.days, batch: rule.batch },
      anonymise: anonymised(rule.anonymise),
    })),
    holds: retention.holds.map(({ name, column = null, value = null, owner, until, ...hold }) => ({
      ...{ name, ...tableOf(hold), column, value, owner, until },
    })),
    kept: retention.kept.map(({ database }) => lastingServiceName(config, database)),
    subjects:
      subjects === undefined
        ? null
        : {
            key: keptSecretPath(SUBJECTS_SECRET),
            places: subjects.places.map((place) => ({
              ...{ ...tableOf(place), column: place.column, anonymise: anonymised(place.anonymise) },
            })),
            files: subjects.files.map(({ service, volume, path }) => {
              const lasting = lastingServiceName(config, service);
              return { service: lasting, volume, name: volumeName(lasting, volume), path };
            }),
          },
  };
}

function anonymised(columns: readonly { readonly column: string; readonly text?: string | undefined }[]): Anonymised {
  return columns.map(({ column, text = null }) => ({ column, text }));
}

function containerOf({ containers }: StackModel, database: string): string {
  const found = containers.databaseSettings.find(({ kind, databases }) => kind === "postgres" && databases.includes(database));
  if (found === undefined) throw new Error(`retention: found no database ${database}`);
  return found.container;
}
