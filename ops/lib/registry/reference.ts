/** Names of images as people write them, and as a registry and this project's configuration do (distribution/reference). */
import { isImage } from "../../../components/config/imageName";

/** An image in a registry. */
export interface ImageReference {
  /** Where the registry answers: a name, with its port if it has one. */
  readonly host: string;
  /** What is written before the name: Docker Hub answers elsewhere than it is called. */
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

const HUB = { domain: "docker.io", host: "registry-1.docker.io" } as const;
// Docker's own old spellings of the same registry.
const HUB_NAMES = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** Reads a name as Docker does: without a registry it is Docker Hub's. Undefined where it is no name of an image. */
export function imageReference(text: string): ImageReference | undefined {
  const [, name = "", tag, digest] = /^([^@]*?)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text) ?? [];
  const [first = "", ...rest] = name.split("/");
  // What Docker takes for a registry: anything with a dot, a port or a capital letter in it.
  const hasRegistry = rest.length > 0 && (/[.:A-Z]/.test(first) || first === "localhost");
  const domain = !hasRegistry || HUB_NAMES.includes(first) ? HUB.domain : first;
  const given = hasRegistry ? rest.join("/") : name;
  const path = domain === HUB.domain && !given.includes("/") ? `library/${given}` : given;
  if (!isImage(`${domain}/${path}@sha256:${"0".repeat(64)}`) || given === "") return undefined;
  return {
    host: domain === HUB.domain ? HUB.host : domain,
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The image as a configuration names it: by its digest, with the tag beside it that says to people what it is of. */
export function pinnedImage({ domain, path, tag }: ImageReference, digest: string): string {
  return `${domain}/${path}${tag === undefined ? "" : `:${tag}`}@${digest}`;
}
