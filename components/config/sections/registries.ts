/** Registries that images are pulled from with a login. */
import { z } from "zod";
import { isRegistry, REGISTRY_RULE } from "../imageName";
import { list, name, text } from "./values";

/** The key `registries`. */
export const registries = list(
  "a list of registries",
  z.strictObject({
    host: text(REGISTRY_RULE, isRegistry).describe("The registry, as names of images begin with it. It is asked over HTTPS alone."),
    username: text("1 to 255 characters of printable ASCII without spaces, colons and quotation marks", /^[!#-&(-9;-~]{1,255}$/).describe(
      "Account that may pull, and nothing else if the registry has such.",
    ),
    password: name.describe("Name of the secret under `secrets` that holds its password or token."),
  }),
)
  .default([])
  .describe(
    "Registries that ask for a login. Hosts of the role application pull from them, with a password in a file that root alone reads. None, since public images need none, and `npx phiward adopt --images` brings images without a registry.",
  );
