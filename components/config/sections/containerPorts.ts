/** Ports of a container beside its first one, for protocols of their own. */
import { z } from "zod";
import { demandedBy } from "../demanded";
import { list, name, port } from "./values";

/** The key `services[].ports`. */
export const ports = list(
  "a list of ports",
  z.strictObject({
    name: name.describe("Name of the port, by which a listener leads to it."),
    port: port.describe(`Port it listens on.${demandedBy("container-ports-on-loopback", "none that is a database's")}`),
  }),
)
  .default([])
  .describe(
    "Further ports it listens on, for what is not HTTP: `listeners` lead to them by their names. Each is published on a loopback port of its own.",
  );
