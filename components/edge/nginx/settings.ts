import type { SiteConfig } from "../../config/schema";
import { type StackModel, upstreamPort } from "../../containers/model";
import { answersChallenges } from "../certificates/acme";
import { type NginxListener, nginxListeners } from "./listenerSettings";
import { type RoutePasswords, routePasswords, type UserFile, userFiles } from "./passwordSettings";

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
  /** Where the service asks for passwords by Basic authentication; left out elsewhere. */
  readonly authentication?: "basic";
  /** Whom nginx asks for a password; left out where it asks nobody. */
  readonly passwords?: RoutePasswords;
  /** Networks that may ask for it, where they are not the site's. */
  readonly allow?: readonly string[];
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
  /** Networks that may ask for it; absent: everyone may. */
  readonly allow?: readonly string[];
  /** Whether it answers an authority's challenges; left out where it does not. */
  readonly challenges?: true;
  /** Whether others issued its certificate, with a chain; left out of one of the host's own. */
  readonly chained?: true;
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
  /** The users of sites and routes; left out where nobody is asked for a password. */
  readonly userFiles?: readonly UserFile[];
  /** Networks that are believed when they say who asks; left out where there are none. */
  readonly proxies?: readonly string[];
  /** Whether the host is measured, and nginx says how many connections it has; left out where it is not. */
  readonly measured?: true;
  /** Tries of a login that one address has a minute once its logins are slowed down. */
  readonly slowedLogins: number;
}

// Of a WebSocket: three times what common libraries wait between pings.
const IDLE_SECONDS = 90;

/**
 * The web server's settings.
 *
 * Logins: nginx sees a login before anyone knows whether it fails, and everyone of a clinic has one address. So it lets sixty come
 * at once, and the jails count failures: after as many as `bans` says, in its time, the address has one login a minute,
 * and after three times as many none. Who guesses gets fifteen tries for each ban, and those that are under way while it is made.
 */
export function nginxSettings(model: StackModel): NginxSettings {
  const { config, containers } = model;
  const services = [...new Set(config.sites.flatMap(({ routes }) => routes.map(({ service }) => service)))].sort();
  const { maxRetry, findTime } = config.bans;
  return {
    sites: config.sites.map(nginxSite),
    upstreams: services.map((service) => ({ service, port: upstreamPort(containers, service) })),
    ...nginxListeners(model),
    ...userFiles(config),
    ...(config.trustedProxies.length === 0 ? {} : { proxies: config.trustedProxies }),
    ...(config.backup?.offsite === undefined ? {} : { measured: true as const }),
    // nginx counts no slower.
    slowedLogins: Math.max(1, Math.floor((maxRetry * 60) / findTime)),
  };
}

function nginxSite(site: SiteConfig): NginxSite {
  const { name, aliases, routes, login, contentSecurityPolicy, sameSite, readableCookies, requestsPerSecond, burst, connections } = site;
  return {
    ...{ name, names: [name, ...aliases], login, contentSecurityPolicy, sameSite, readableCookies },
    ...{ requestsPerSecond, burst, connections },
    routes: routes.map((route) => nginxRoute(site, route)),
    ...named(site.allow),
    ...(answersChallenges(site) ? { challenges: true } : {}),
    ...(site.certificate.kind === "selfSigned" ? {} : { chained: true }),
  };
}

function nginxRoute(site: SiteConfig, route: SiteConfig["routes"][number]): NginxRoute {
  const { path, match, service, methods, data, bodyKilobytes, timeoutSeconds, clientTimeoutSeconds } = route;
  const { webSocket, webSocketIdleSeconds = IDLE_SECONDS, webSocketOrigins, cacheSeconds, cacheImmutable, compress } = route;
  return {
    ...{ path, match, service, methods, data, bodyKilobytes, timeoutSeconds, clientTimeoutSeconds },
    ...{ webSocket, webSocketIdleSeconds, webSocketOrigins, cacheImmutable, compress },
    ...(cacheSeconds === undefined ? {} : { cacheSeconds }),
    ...(route.authentication === "basic" ? { authentication: route.authentication } : {}),
    ...routePasswords(site, route),
    ...named(route.allow),
  };
}

function named(allow: readonly string[]): { readonly allow?: readonly string[] } {
  return allow.length === 0 ? {} : { allow };
}
