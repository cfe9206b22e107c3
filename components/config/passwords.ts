/** Which users a route asks for, where the web server asks for passwords itself. */
import type { SiteConfig } from "./schema";

type Asking = Pick<SiteConfig, "basicAuth">;
type Route = Pick<SiteConfig["routes"][number], "basicAuth" | "basicAuthOff">;

/** What a route asks for: its own users, or its site's. */
export function passwordsOf(site: Asking, route: Route): SiteConfig["basicAuth"] {
  return route.basicAuthOff ? undefined : (route.basicAuth ?? site.basicAuth);
}

/** Whether passwords are sent with each request to any route of a site: to the web server, or to the service behind it. */
export function takesPasswords(site: Pick<SiteConfig, "basicAuth" | "routes">): boolean {
  return site.routes.some((route) => route.authentication === "basic" || passwordsOf(site, route) !== undefined);
}
