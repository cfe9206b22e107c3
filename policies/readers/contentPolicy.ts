/** A content security policy (CSP level 3) as rules look at it: what in it is weaker than it may be, word for word where it is a word of CSP. */
import type { AtLeastOne } from "../../components/compliance/control";
import type { ControlId } from "../../components/compliance/controls";

/** What of a policy may not be. */
export interface PolicyFault {
  readonly found: string;
  readonly allowed: string;
  readonly controls: AtLeastOne<ControlId>;
  /** Only styles that stand in the page: for these there is a rule of their own. */
  readonly isStyle: boolean;
}

interface Directive {
  readonly name: string;
  readonly sources: readonly string[];
}

const STYLES = ["style-src", "style-src-elem", "style-src-attr"];
const SCRIPTS = ["script-src", "script-src-elem"];
const SOURCED = [
  ...["default-src", "child-src", "connect-src", "fenced-frame-src", "font-src", "frame-src", "img-src", "manifest-src", "media-src"],
  ...["object-src", "prefetch-src", "script-src-attr", "worker-src", "base-uri", "form-action", "frame-ancestors"],
  ...SCRIPTS,
  ...STYLES,
];
const OTHERS = ["sandbox", "upgrade-insecure-requests", "block-all-mixed-content", "require-trusted-types-for", "trusted-types"].concat([
  "report-uri",
  "report-to",
  "plugin-types",
  "navigate-to",
]);
// But for the first: what default-src does not stand in for. Without them anyone frames the page, its forms are sent anywhere, and its
// relative addresses lead there too.
const DEMANDED = ["default-src", "base-uri", "form-action", "frame-ancestors"];
// What a page makes itself and only shows, or asks only itself for. A script or a frame of it would run with the page's powers.
const SELF_MADE = ["img-src", "font-src", "media-src", "worker-src", "connect-src"];
const QUOTED = ["'none'", "'self'", "'strict-dynamic'", "'report-sample'", "'inline-speculation-rules'"];
const WEAK = ["'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "'unsafe-allow-redirects'", "'wasm-unsafe-eval'"];
const WHOLE = ["*", "https:", "http:", "ws:", "wss:", "data:", "blob:", "filesystem:", "mediastream:"];
const SERVICE_NONCE = /^('service-nonce'|\$service_nonce)$/;

/** Everything in a policy that may not be. Nothing of it is repeated but words that CSP itself has. */
export function policyFaults(policy: string): readonly PolicyFault[] {
  const directives = policy
    .split(";")
    .map((directive) => directive.trim().split(/\s+/))
    .filter(([name]) => name !== undefined && name !== "")
    .map(([name = "", ...sources]): Directive => ({ name: name.toLowerCase(), sources }));
  const missing = DEMANDED.filter((name) => directives.every((directive) => directive.name !== name));
  return [
    ...(missing.length === 0
      ? []
      : [fault(`a policy without ${missing.join(", ")}`, `${DEMANDED.join(", ")}: the last three are not covered by the first`)]),
    ...directives.flatMap(faultsOf),
  ];
}

function faultsOf({ name, sources }: Directive): readonly PolicyFault[] {
  if (![...SOURCED, ...OTHERS].includes(name)) return [fault("a directive that CSP does not have", "the directives of CSP level 3")];
  return sources.flatMap((source) => {
    const found = OTHERS.includes(name) ? faultOfOrigin(source, name) : faultOfSource(source.toLowerCase(), name);
    return found === undefined ? [] : [found];
  });
}

function faultOfSource(source: string, name: string): PolicyFault | undefined {
  if (SERVICE_NONCE.test(source))
    return [...SCRIPTS, ...STYLES].includes(name) ? undefined : fault(`a nonce in ${name}`, "one in script-src or style-src");
  if (QUOTED.includes(source) || /^'sha(256|384|512)-[a-z0-9+/_-]+={0,2}'$/.test(source)) return undefined;
  // It lets a page compile WebAssembly that it was allowed to fetch, and makes no script out of a text.
  if (source === "'wasm-unsafe-eval'" && name === "script-src") return undefined;
  if (WEAK.includes(source)) return weak(source, name);
  if (source.startsWith("'nonce-"))
    return fault(
      `a fixed nonce in ${name}`,
      "'service-nonce', which is the service's own of each answer, or a hash: whoever reads a page knows a fixed one",
    );
  if (source.startsWith("'"))
    return fault(`a word in quotes in ${name} that CSP does not have`, "'none', 'self', a hash or 'service-nonce'");
  if (["data:", "blob:"].includes(source) && SELF_MADE.includes(name)) return undefined;
  return faultOfOrigin(source, name);
}

function weak(source: string, name: string): PolicyFault {
  const isStyle = STYLES.includes(name) && source !== "'unsafe-eval'";
  const why = isStyle
    ? "hashes, 'service-nonce' or style sheets of their own: whoever gets a tag into the page can hide or imitate parts of it and send out what its fields hold"
    : "hashes, 'service-nonce' or scripts of their own: whoever gets a tag or text into the page runs as the person who reads it";
  return { ...fault(`${source} in ${name}`, why), isStyle };
}

// Whatever has a scheme, whatever has any name or port, whatever is below a domain of the highest level, and what comes unencrypted.
function faultOfOrigin(source: string, name: string): PolicyFault | undefined {
  if (source.includes("$")) return fault(`a variable in ${name}`, "words that are the same in every answer");
  const allowed = ["data:", "blob:"].includes(source.toLowerCase())
    ? `it in ${SELF_MADE.join(", ")} only`
    : "'self' or named origins with https://";
  if (WHOLE.includes(source.toLowerCase())) return fault(`${source.toLowerCase()} in ${name}`, allowed);
  if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return fault(`a whole scheme in ${name}`, allowed);
  if (/^([a-z]+:\/\/)?\*(:|\/|$)/i.test(source)) return fault(`any host in ${name}`, allowed);
  if (/^([a-z]+:\/\/)?\*\.[^.]+$/i.test(source)) return fault(`a whole top-level domain in ${name}`, allowed);
  if (/^(http|ws|ftp):\/\//i.test(source)) return fault(`an origin without TLS in ${name}`, allowed);
  return undefined;
}

function fault(found: string, allowed: string): PolicyFault {
  return { found, allowed, controls: ["TLS-09"], isStyle: false };
}
