/** Patients' columns: what of a service's database only the host's master key opens. */
import { z } from "zod";
import { choice, list, name, whole } from "./values";

const database = z.strictObject({
  service: name.describe("The service whose database in PostgreSQL has them."),
  access: choice(["read-write", "write"])
    .default("read-write")
    .describe(
      "What the service may do. `read-write`: it encrypts and decrypts, each decryption on record. `write`: it takes in what it cannot read again, as a form on a public page does.",
    ),
});

/** The key `phi`. */
export const phi = z
  .strictObject({
    databases: list("a list of at least one database", database, 1).describe(
      "Databases of services that have patients' columns. Each gets the schema `phi`: `phi.encrypt_phi`, `phi.decrypt_phi`, `phi.lookup`, its keys and its record of accesses.",
    ),
    epoch: whole(1, 99)
      .default(1)
      .describe(
        "Increment to have a new master key and a new data key, each year: what is written from then on takes them, and `phiward-phi-rotate` brings all else to them while applications work. `npx phiward phi status` shows how far it is. The master keys' age counts as that of any key: `monitoring.rotation.keyDays`.",
      ),
    retired: whole(0, 98)
      .default(0)
      .describe(
        "Keys up to this epoch leave the host with the next deploy, which is refused while a row needs one of them. Their escrows stay, for backups from then. 0: all stay.",
      ),
  })
  .optional()
  .describe(
    "Patients' columns, encrypted in the database by a key that no dump, backup or volume of it has: the master key is a file of the host, escrowed to `recovery.publicKey`. Each decryption names who reads, whose data and why. See docs/data-protection.md. None.",
  );
