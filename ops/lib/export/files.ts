/** The files of an audit export; a pure function of what was asked. */
import { tally } from "../evidence/words";
import { safeJson } from "../terminal";
import { declaredAccess, undeclared } from "./access";
import type { Said } from "./asked";
import type { ExportParts } from "./parts";
import { readme } from "./readme";
import type { Files } from "./tar";

/** The files by name; the list of hashes and its signature come to them. */
export function exportFiles(parts: ExportParts): Files {
  const { config, stack, made, person, record, backups, access, report } = parts;
  const about = { stack, made: made.toISOString(), by: person, from: parts.from.toISOString(), to: parts.to.toISOString() };
  const found = access.flatMap((one) => ("said" in one ? [one.said] : []));
  const json = (value: unknown): string => `${safeJson(value)}\n`;
  const files: readonly (readonly [string, string])[] = [
    ["README.txt", readme(parts, missingOf(parts), tally(parts.evidence.controls.map(({ state }) => state)))],
    [
      "access.json",
      json({ ...about, declared: declaredAccess(config), hosts: access, undeclared: found.flatMap((one) => undeclared(config, one)) }),
    ],
    ["backups.json", json({ ...about, hosts: backups })],
    [
      "export.json",
      json({ ...about, host: parts.host ?? null, acts: record.acts.length, journals: record.hosts, missing: missingOf(parts) }),
    ],
    ...report,
  ];
  return new Map<string, Uint8Array>([
    ...files.map(([name, text]) => [name, Buffer.from(text)] as const),
    // Line by line: together they may be longer than a text can be.
    ["records.jsonl", Buffer.concat(record.acts.map((act) => Buffer.from(json(act))))],
  ]);
}

/** What an auditor would expect and does not find, a sentence each. */
export function missingOf({ config, host, record, backups, access, evidence }: ExportParts): readonly string[] {
  const names = config.hosts.map(({ name }) => name).filter((name) => host === undefined || name === host);
  const silent = (what: string, said: readonly Said<unknown>[]): readonly string[] =>
    said.flatMap((one) => ("unanswered" in one ? [`${one.host}: not asked for its ${what}: ${one.unanswered}`] : []));
  return [
    ...names
      .filter((name) => !Object.hasOwn(record.hosts, name))
      .map((name) => `${name}: no journal of it was found: nothing is said of what was done there`),
    ...silent("backups", backups),
    ...silent("accounts and keys", access),
    ...evidence.unanswered.filter((name) => names.includes(name)).map((name) => `${name}: did not answer its checks`),
  ];
}
