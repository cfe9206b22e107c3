/**
 * Names of images, as Docker reads them (distribution/reference, "Grammar"): a registry's host, if any, and a path of components; then a
 * tag, if any, and the digest. Without a name it is the id of an image that was loaded.
 */
import { isServer } from "./sections/values";

// A host has a dot, a port or a capital letter in it where Docker is to take it for one; here it may be any that Docker allows.
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-fA-F:.]{2,45}\\])(?::[0-9]{1,5})?`;
const COMPONENT = "[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*";
// A tag beside the digest says to people what the digest is of.
const TAG = "\\w[\\w.-]{0,127}";
const IMAGE = new RegExp(`^(?:((?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*)(?::${TAG})?@)?sha256:[0-9a-f]{64}$`);
// RepositoryNameTotalLengthMax.
const LONGEST_NAME = 255;

/** Whether a text names an image by its digest, or is the id of one. */
export function isImage(text: string): boolean {
  const match = IMAGE.exec(text);
  return match !== null && (match[1] ?? "").length <= LONGEST_NAME;
}

/** What is allowed as a registry. */
export const REGISTRY_RULE =
  "docker.io, or the name of a registry as images begin with it, such as registry.example.org or registry.example.org:5000";

/** Whether a text is a registry as names of images begin with it; never this machine, which Docker asks without TLS too. */
export function isRegistry(text: string): boolean {
  const [host = "", port] = text.split(":");
  const isPort = port === undefined || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535);
  return text === text.toLowerCase() && text.split(":").length <= 2 && isPort && host.includes(".") && isServer(host);
}

/** The registry that an image is pulled from; undefined for one that is loaded, or no name of an image. */
export function registryOf(image: string): string | undefined {
  if (!isImage(image) || !image.includes("@")) return undefined;
  const [first = "", ...rest] = image.split("/");
  // What Docker takes for a registry; all else is Docker Hub's.
  return rest.length > 0 && (/[.:A-Z]/.test(first) || first === "localhost") ? first : "docker.io";
}
