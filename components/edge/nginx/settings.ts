import type { SiteConfig } from "../../config/schema";
import { type StackModel, upstreamPort } from "../../containers/model";
import { type NginxListener, nginxListeners } from "./listenerSettings";

/** One path that is passed on. */
export interface NginxRoute {
  readonly path: string;
  readonly match: "prefix" | "exact";
  readonly service: string;
  readonly methods: readonly string[];
  readonly data: "patients" | "public";
  readonly bodyKilobytes: number;
  readonly timeoutSeconds: number;
  readonly clientTimeoutSeconds: number;
  readonly webSocket: boolean;
  readonly webSocketIdleSeconds: number;
  /** Origins beside the site's own; `none` stands for requests without one. */
  readonly webSocketOrigins: readonly string[];
  readonly cacheSeconds?: number | undefined;
  readonly cacheImmutable: boolean;
  readonly compress: boolean;
}

/** One site of HTTPS. */
export interface NginxSite {
  readonly name: string;
  /** The site's name and its aliases. */
  readonly names: readonly string[];
  readonly routes: readonly NginxRoute[];
  /** Path that logins are posted to. */
  readonly login: string | undefined;
  readonly contentSecurityPolicy: string;
  readonly sameSite: "strict" | "lax" | "none";
  /** Cookies that scripts of the page may read. */
  readonly readableCookies: readonly string[];
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly connections: number;
}

/** A service, and the loopback port it answers on. */
export interface Upstream {
  readonly service: string;
  readonly port: number;
}

/** The web server of a host. */
export interface NginxSettings {
  readonly sites: readonly NginxSite[];
  readonly upstreams: readonly Upstream[];
  /** Left out where there are none. */
  readonly listeners?: readonly NginxListener[];
  /** Tries of a login that one address has at once, and how many a minute after that. */
  readonly login: { readonly atOnce: number; readonly aMinute: number };
}

/**
 * The web server's settings.
 *
 * Logins: nginx counts no slower than one request a minute, so that it alone cannot keep 5 tries in 15 minutes. It lets one
 * address have as many at once as `bans.maxRetry` says, and one a minute after that; the jail `nginx-login` counts failures
 * exactly as `bans` says. Between them nobody makes more failed tries than declared without a ban; who knows the password is
 * slowed down after the first few, and not shut out.
 */
export function nginxSettings(model: StackModel): NginxSettings {
  const { config, containers } = model;
  const services = [...new Set(config.sites.flatMap(({ routes }) => routes.map(({ service }) => service)))].sort();
  const { maxRetry, findTime } = config.bans;
  return {
    sites: config.sites.map(nginxSite),
    upstreams: services.map((service) => ({ service, port: upstreamPort(containers, service) })),
    ...nginxListeners(model),
    login: { atOnce: maxRetry, aMinute: Math.max(1, Math.floor((maxRetry * 60) / findTime)) },
  };
}

function nginxSite(site: SiteConfig): NginxSite {
  const { name, aliases, routes, login, contentSecurityPolicy, sameSite, readableCookies, requestsPerSecond, burst, connections } = site;
  const limits = { requestsPerSecond, burst, connections };
  return { name, names: [name, ...aliases], routes, login, contentSecurityPolicy, sameSite, readableCookies, ...limits };
}
