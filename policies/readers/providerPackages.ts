/** What has been decided about provider packages: nobody has looked at any other, nor at a type of these that is not here. */
import type { Decision } from "./cloudTypes";

const OF_OTHER_RULES = "has a decision about each of its types in another rule";
const SECRET_OUTPUT = "makes a secret that Pulumi marks as one, and encrypts in the state";
const PLAIN = "makes a value that needs no protection";
const KEY_IN_STATE = "keeps a private key in the state, where whoever opens the state has it";
const TIME = "keeps a point in time";

/** Decisions about a package as a whole, or about each of its types by token. */
type Package = Decision | Readonly<Record<string, Decision>>;

/** Packages by the name of their provider. */
export const PROVIDER_PACKAGES: ReadonlyMap<string, Package> = new Map<string, Package>([
  ["command", { notJudged: OF_OTHER_RULES }],
  ["digitalocean", { notJudged: OF_OTHER_RULES }],
  ["docker", { notJudged: OF_OTHER_RULES }],
  ["pulumi", { notJudged: "is Pulumi itself: the stack, and what another stack exports" }],
  ["pulumi-nodejs", { notJudged: OF_OTHER_RULES }],
  [
    "random",
    {
      "random:index/randomBytes:RandomBytes": { notJudged: SECRET_OUTPUT },
      "random:index/randomId:RandomId": { notJudged: PLAIN },
      "random:index/randomInteger:RandomInteger": { notJudged: PLAIN },
      "random:index/randomPassword:RandomPassword": { notJudged: SECRET_OUTPUT },
      "random:index/randomPet:RandomPet": { notJudged: PLAIN },
      "random:index/randomShuffle:RandomShuffle": { notJudged: PLAIN },
      "random:index/randomString:RandomString": { notJudged: PLAIN },
      "random:index/randomUuid:RandomUuid": { notJudged: PLAIN },
      "random:index/randomUuid4:RandomUuid4": { notJudged: PLAIN },
      "random:index/randomUuid7:RandomUuid7": { notJudged: PLAIN },
    },
  ],
  [
    "time",
    {
      "time:index/offset:Offset": { notJudged: TIME },
      "time:index/rotating:Rotating": { notJudged: TIME },
      "time:index/sleep:Sleep": { notJudged: TIME },
      "time:index/static:Static": { notJudged: TIME },
    },
  ],
  [
    "tls",
    {
      "tls:index/certRequest:CertRequest": { refused: KEY_IN_STATE },
      "tls:index/locallySignedCert:LocallySignedCert": { refused: KEY_IN_STATE },
      "tls:index/privateKey:PrivateKey": { refused: KEY_IN_STATE },
      "tls:index/selfSignedCert:SelfSignedCert": { refused: KEY_IN_STATE },
    },
  ],
]);

/** The decision about a provider, by its package; undefined where nobody has looked at it. */
export function providerDecision(name: string): Decision | undefined {
  const found = PROVIDER_PACKAGES.get(name);
  // A package of which each type has a decision is fit as a provider.
  return found === undefined || isDecision(found) ? found : "judged";
}

/** The decision about a type of a package that has one for each of them; "judged" where the type is none of its. */
export function typeDecision(type: string): Decision | undefined {
  const found = PROVIDER_PACKAGES.get(type.split(":")[0] ?? "");
  return found === undefined || isDecision(found) ? "judged" : found[type];
}

function isDecision(found: Package): found is Decision {
  return found === "judged" || "notJudged" in found || "refused" in found;
}
