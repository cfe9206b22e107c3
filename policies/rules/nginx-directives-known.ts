import type { Finding, Rule } from "../engine/rule";
import { type KnownLine, matcher, type Words } from "../readers/closedLines";
import { NGINX, nginx, type Placed } from "../readers/nginx";
import { MAIN } from "../readers/nginxKnown";
import { passwordWords } from "../readers/nginxKnownClients";
import type { Statements } from "../readers/nginxStatements";
import { listenerWords } from "../readers/nginxStream";
import { NONCE_WORDS, webWords } from "../readers/nginxWeb";
import type { Value } from "../readers/value";

type Report = (finding: Finding) => void;

/** nginx has hundreds of directives, and many of them send data elsewhere: each that is not known where it stands is refused. */
export const nginxDirectivesKnown: Rule = {
  id: "nginx-directives-known",
  description: "The web server has the directives that the rule lists, each in its place and within its bounds, and no other.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["TLS-19", "TLS-13", "TLS-14", "TLS-16"],
  remedy: "let the concern nginx write the server's files; what may be chosen is under sites in the stack's configuration",
  appliesTo: [NGINX],
  judge(unit, report) {
    const words = wordsOf(unit.at("settings"));
    const { versions, complete } = nginx(unit);
    if (words === undefined) return;
    for (const top of versions) judgeBlock("the top", top, MAIN, { words, complete, report });
  },
};

interface Asked {
  readonly words: Words;
  /** False if a file is not known: then nothing may be called absent. */
  readonly complete: boolean;
  readonly report: Report;
}

// Names and ports of the declared sites and services.
function wordsOf(settings: Value): Words | undefined {
  const upstreams = settings
    .at("upstreams")
    .items()
    ?.map((upstream) => ({ service: upstream.at("service").text(), port: upstream.at("port").number() }));
  const sites = settings
    .at("sites")
    .items()
    ?.map((site) => ({ name: site.at("name").text(), names: site.at("names").texts() }));
  const services = upstreams?.flatMap(({ service, port }) => (service === undefined || port === undefined ? [] : [service]));
  const ports = upstreams?.flatMap(({ port }) => (port === undefined ? [] : [String(port)]));
  const names = sites?.flatMap(({ name, names }) => (name === undefined || names === undefined ? [] : [name]));
  if (services?.length !== upstreams?.length || names?.length !== sites?.length) return undefined;
  const listeners = listenerWords(settings);
  if (services === undefined || ports === undefined || names === undefined || listeners === undefined) return undefined;
  const lists = sites?.map(({ names: own }) => (own ?? []).join(" ")) ?? [];
  const [web, networks] = [webWords(settings.at("sites")), networksOf(settings)];
  const proxies = settings.has("proxies") ? settings.at("proxies").texts() : [];
  const passwords = passwordWords(settings.at("sites"));
  if (web === undefined || passwords === undefined || networks === undefined || proxies === undefined) return undefined;
  return {
    services,
    ports,
    sites: names,
    names: lists,
    networks,
    proxies,
    ...listeners,
    ...web,
    ...passwords,
    ...NONCE_WORDS,
    "1,64": "{1,64}",
  };
}

// All that are declared, of sites and of their routes; the rule nginx-clients-as-declared asks which are where.
function networksOf(settings: Value): readonly string[] | undefined {
  const sites = settings.at("sites").items();
  const places = sites?.flatMap((site) => [site, ...(site.at("routes").items() ?? [undefined])]);
  const lists = places?.map((place) => (place?.has("allow") === false ? [] : place?.at("allow").texts()));
  return lists?.some((list) => list === undefined) === false ? lists.flatMap((list) => list ?? []) : undefined;
}

function judgeBlock(what: string, inside: readonly Placed[], known: Statements, asked: Asked): void {
  const { words, complete, report } = asked;
  const all = [...known.lines, ...(known.more ?? [])].map((line) => ({ line, matches: matcherOf(line, words) }));
  const met = new Set<KnownLine>();
  for (const directive of inside) {
    if (directive.isBlock) {
      judgeInner(directive, known, asked);
      continue;
    }
    const statement = [directive.name, ...directive.args].join(" ");
    const match = all.find(({ matches }) => matches(statement));
    if (match === undefined)
      report({ at: directive.at, found: `a directive in ${what} that is not known`, allowed: "those that the rule lists" });
    else met.add(match.line);
  }
  if (!complete) return;
  const at = inside[0]?.at ?? "files";
  for (const line of known.lines)
    if (!met.has(line)) report({ at, found: `${what} without a directive, or with another one`, allowed: line });
}

function judgeInner(block: Placed, known: Statements, asked: Asked): void {
  const { words, report } = asked;
  const head = [block.name, ...block.args].join(" ");
  const kind = (known.blocks ?? []).find(
    ({ head: wanted, holds }) => matcherOf(wanted, words)(head) && (holds === undefined || holds(block)),
  );
  if (kind === undefined) report({ at: block.at, found: "a block that is not known there", allowed: "those that the rule lists" });
  else judgeBlock(kind.name, block.inside, kind.inside, asked);
}

// A stack may have very many sites: a pattern is made once.
const made = new WeakMap<Words, Map<KnownLine, (line: string) => boolean>>();

function matcherOf(line: KnownLine, words: Words): (line: string) => boolean {
  const known = made.get(words) ?? new Map<KnownLine, (line: string) => boolean>();
  made.set(words, known);
  const matches = known.get(line) ?? matcher(line, words);
  known.set(line, matches);
  return matches;
}
