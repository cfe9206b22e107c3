/** What the SDK decodes of a request, kept for the policies that ask for it next. */
import { createRequire } from "node:module";
import { cameAs } from "./marks";

/** A request's properties, as the SDK reads them. */
interface Properties {
  readonly toJavaScript: () => object;
}

type Decode = (properties: Properties, proxySecrets: boolean) => object;

/**
 * Has the SDK decode the arguments of each resource once, and not again for each policy, which is a third of the pack's time. What
 * is decoded is the same for all of them: rules write to nothing. To be called before a request comes.
 */
export function decodeOnce(): void {
  const load = createRequire(createRequire(__filename).resolve("@pulumi/policy"));
  const sdk = load("./deserialize") as { deserializeProperties: Decode };
  sdk.deserializeProperties = onceEach(sdk.deserializeProperties);
}

/** `decode`, asked once for each message as long as that is kept. What is decoded is kept with its marks. */
export function onceEach(decode: Decode): Decode {
  const known = new WeakMap<object, object>();
  return (properties, proxySecrets) => {
    // Remediations are handed what they may write to.
    if (proxySecrets) return decode(properties, proxySecrets);
    const before = known.get(properties);
    if (before !== undefined) return before;
    const came = properties.toJavaScript();
    const decoded = decode({ toJavaScript: () => came }, proxySecrets);
    known.set(properties, decoded);
    cameAs(decoded, came);
    return decoded;
  };
}
