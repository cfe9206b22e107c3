import type { Finding, Rule } from "../engine/rule";
import { blocks, isTls, NGINX, nginx, type Placed } from "../readers/nginx";
import type { Value } from "../readers/value";

// Said here again, and not read from the plan: what is weakened there is refused here.
const USERS_DIRECTORY = "/etc/nginx/phiward-users";

type Report = (finding: Finding) => void;

/** Who may ask for a site or a route is written where nginx looks: networks, and users with their passwords. */
export const nginxClientsAsDeclared: Rule = {
  id: "nginx-clients-as-declared",
  description:
    "Where a site or a route names networks, nginx admits exactly these and denies all others; where a route asks for passwords, nginx asks for those of its users.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["NET-06", "TLS-26"],
  remedy:
    "declare networks by allow, and users by basicAuth, under sites in the stack's configuration, and let the concern nginx write its files",
  appliesTo: [NGINX],
  judge(unit, report) {
    const { versions, complete } = nginx(unit);
    const sites = unit.at("settings").at("sites").items();
    if (sites === undefined || !complete) return;
    for (const top of versions) for (const site of sites) judgeSite(site, top, report);
  },
};

function judgeSite(site: Value, top: readonly Placed[], report: Report): void {
  const name = site.at("name").text();
  const routes = site.at("routes").items();
  if (name === undefined || routes === undefined) return;
  const server = blocks(top, "server").find(({ block }) => isTls(block) && wordsOf(block, "server_name").includes(name))?.block;
  // Without its server the site answers nobody.
  if (server === undefined) return;
  demandNetworks(site, server, report);
  for (const route of routes) {
    const path = route.at("path").text();
    if (path === undefined) continue;
    for (const location of server.inside.filter((block) => block.name === "location" && wordsOf(block, "set")[1] === path)) {
      demandNetworks(route, location, report);
      demandPasswords(route, location, report);
    }
  }
}

// A location has all of it itself: what stands around it is inherited as long as nobody adds a line.
function demandPasswords(route: Value, location: Placed, report: Report): void {
  const [realm, file, cleared] = ["auth_basic", "auth_basic_user_file", "set"].map((name) => wordsOf(location, name));
  const clears = cleared?.includes("$route_password") === true;
  if (!route.has("passwords")) {
    if ((realm ?? []).length > 0 || (file ?? []).length > 0)
      report({ at: location.at, found: "a password that no setting asks for", allowed: "none" });
    return;
  }
  const passwords = route.at("passwords");
  const [wanted, users] = [passwords.at("realm").text(), passwords.at("users").text()];
  const passed = passwords.has("passed") ? passwords.at("passed").flag() : false;
  if (wanted === undefined || users === undefined || passed === undefined) return;
  if (realm?.join(" ") !== wanted || wanted === "off" || file?.join(" ") !== `${USERS_DIRECTORY}/${users}`)
    report({
      at: passwords.path,
      found: "other users in nginx's files than in its settings, or none",
      allowed: "auth_basic with the realm, and the file of the users",
    });
  if (!passed && !clears)
    report({ at: passwords.path, found: "a service that gets passwords which nginx asks for", allowed: "set $route_password asked" });
}

// In a location without one of its own, what the server says holds.
function demandNetworks(place: Value, block: Placed, report: Report): void {
  const declared = place.has("allow") ? place.at("allow").texts() : [];
  if (declared === undefined) return;
  const allowed = wordsOf(block, "allow");
  const denied = wordsOf(block, "deny");
  const at = declared.length === 0 ? block.at : place.at("allow").path;
  const same = allowed.length === declared.length && declared.every((network) => allowed.includes(network));
  const last = block.inside.filter((line) => line.name === "allow" || line.name === "deny").at(-1);
  const closes = declared.length === 0 ? denied.length === 0 : denied.join(" ") === "all" && last?.name === "deny";
  if (!same || !closes)
    report({
      at,
      found: "other networks in nginx's files than in its settings",
      allowed: "allow for each declared network, then deny all",
    });
}

function wordsOf(block: Placed, name: string): readonly string[] {
  return block.inside.filter((directive) => directive.name === name).flatMap(({ args }) => args);
}
