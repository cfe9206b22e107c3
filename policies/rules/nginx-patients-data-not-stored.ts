import type { Finding, Rule } from "../engine/rule";
import { blocks, type Context, everywhere, holding, isTls, NGINX, nginx, type Placed } from "../readers/nginx";
import { withoutStream } from "../readers/nginxStream";
import type { Value } from "../readers/value";

const STATUSES = ["200", "201", "204", "206", "301", "304", "400", "401", "403", "404", "429", "500", "502", "504"];
const STORES = ["proxy", "fastcgi", "uwsgi", "scgi"].flatMap((kind) => [`${kind}_cache`, `${kind}_store`]);

/** What passes of patients is kept by nobody between the service and the reader's eyes. */
export const nginxPatientsDataNotStored: Rule = {
  id: "nginx-patients-data-not-stored",
  description: "Responses with patients' data forbid every cache to store them, and nginx stores none itself.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["TLS-11"],
  remedy: "send Cache-Control: no-store on each route that is not declared `data: public`, and leave nginx's caches off",
  appliesTo: [NGINX],
  judge(unit, report) {
    const open = publicPaths(unit.at("settings").at("sites"));
    const { versions, complete } = nginx(unit);
    for (const top of versions) {
      for (const name of STORES)
        for (const { at, args } of everywhere(top, name))
          if (args[0] !== "off") report({ at, found: `a ${name}, which writes responses to the disk`, allowed: "off" });
      if (!complete || open === undefined) continue;
      const maps = mapsOf(top);
      for (const server of blocks(withoutStream(top), "server").filter(({ block }) => isTls(block)))
        for (const location of locations(server)) {
          const names = server.block.inside.filter(({ name }) => name === "server_name").flatMap(({ args }) => args);
          const path = location.block.args.at(-1) ?? "";
          if (names.length > 0 && names.every((name) => open.has(`${name} ${bare(path)}`))) continue;
          judgeLocation(maps, location, report);
        }
    }
  },
};

/** The map block of each variable: of several, nginx takes the last one. */
type Maps = ReadonlyMap<string, Placed>;

function mapsOf(top: readonly Placed[]): Maps {
  return new Map(blocks(top, "map").map(({ block }): [string, Placed] => [block.args[1] ?? "", block]));
}

function judgeLocation(maps: Maps, location: Context, report: (finding: Finding) => void): void {
  const values = holding(location, "add_header").filter(({ args }) => args[0]?.toLowerCase() === "cache-control" && args[2] === "always");
  const forbids = (status: string): boolean => values.some(({ args }) => /\bno-store\b/.test(found(maps, location, args[1] ?? "", status)));
  const kept = STATUSES.filter((status) => !forbids(status));
  if (kept.length > 0)
    report({
      at: location.block.at,
      found: `a location of patients' data without no-store at status ${kept.join(", ")}`,
      allowed: "Cache-Control: no-store, always",
    });
}

/** What a text with at most one mapped variable in it becomes at this location and status. */
function found(maps: Maps, location: Context, text: string, status: string): string {
  const map = maps.get(text);
  if (map === undefined) return text.includes("$") ? "" : text;
  const set = [...location.around, location.block].flatMap(({ named }) => named.get("set") ?? []);
  const known = new Map([["$status", status], ...set.map(({ args: [name = "", value = ""] }): [string, string] => [name, value])]);
  const source = (map.args[0] ?? "").replace(/\$\w+/g, (name) => known.get(name) ?? name);
  // Words come before patterns, and of patterns the first that matches counts.
  const entries = map.inside
    .filter(({ name }) => name !== "default")
    .toSorted((a, b) => Number(a.name.startsWith("~")) - Number(b.name.startsWith("~")));
  return (entries.find(({ name }) => matches(name, source)) ?? map.inside.find(({ name }) => name === "default"))?.args[0] ?? "";
}

function matches(key: string, source: string): boolean {
  if (!key.startsWith("~")) return key.toLowerCase() === source.toLowerCase();
  try {
    return new RegExp(key.replace(/^~\*?/, ""), key.startsWith("~*") ? "i" : "").test(source);
  } catch {
    // A pattern that is not evaluated here: it may match.
    return true;
  }
}

function locations(server: Context): readonly Context[] {
  return blocks(server.block.inside, "location")
    .filter(({ block }) => passesOn(block))
    .map(({ block, around }) => ({ block, around: [...server.around, server.block, ...around] }));
}

function passesOn({ inside }: Placed): boolean {
  return inside.some((directive) => directive.name.endsWith("_pass") || (directive.name !== "location" && passesOn(directive)));
}

/** Names and paths of routes that are public; undefined if not all routes are known. */
function publicPaths(sites: Value): ReadonlySet<string> | undefined {
  const routes = sites.items()?.flatMap(routesOf);
  if (routes === undefined || routes.some(({ names, path, data }) => [names, path, data].includes(undefined))) return undefined;
  const places = (open: boolean): readonly string[] =>
    routes
      .filter(({ data }) => (data === "public") === open)
      .flatMap(({ names = [], path = "" }) => names.map((name) => `${name} ${bare(path)}`));
  const closed = new Set(places(false));
  return new Set(places(true).filter((place) => !closed.has(place)));
}

function routesOf(site: Value) {
  const names = site.at("names").texts();
  const routes = site
    .at("routes")
    .items()
    ?.map((route) => ({ names, path: route.at("path").text(), data: route.at("data").text() }));
  return routes ?? [{ names, path: undefined, data: undefined }];
}

function bare(path: string): string {
  return path.replace(/\/$/, "");
}
