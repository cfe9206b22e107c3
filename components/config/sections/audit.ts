/** The kernel's records of who did what on a host, and what happens where they cannot be written. */
import { z } from "zod";
import { isAgeRecipient } from "../sshKey";
import { collector } from "./collector";
import { choice, text, whole } from "./values";

export const audit = z
  .strictObject({
    onFailure: choice(["alert", "halt"])
      .default("alert")
      .describe(
        "What a host does where an audit record cannot be written: disk full, disk broken, queue full. `alert` keeps the services running, overwrites the oldest records and fails a check. `halt` stops the host, so that nothing happens without a record; a clinic is without its data until someone makes room at the console. `alert`, since patients are treated meanwhile.",
      ),
    megabytes: whole(64, 10_000)
      .default(512)
      .describe(
        "Disk space in MB of the audit daemon's own files, of which the oldest is replaced. 512: weeks of a quiet host; the journal has a copy of each record.",
      ),
    sessions: choice(["shells", "off"])
      .default("shells")
      .describe(
        "Which sessions of people as root are recorded, with all that they show. `shells`: those of `sudo -i`, `sudo -s`, `sudo su` and of any other shell by sudo, and what they start in containers, such as `psql`; what is typed and not shown, such as a password, is not in it. `off`: none. `shells`, since nothing else shows what was read there. They may show patients' data, so each is encrypted on the host to `sessionsKey` and sent to the vault. The rule sessions-recorded allows shells.",
      ),
    sessionsKey: text("an age recipient (age1…, from age-keygen) or an ssh-ed25519 or ssh-rsa public key, copied whole", isAgeRecipient)
      .optional()
      .describe(
        "The incident key's public half, which recorded sessions are encrypted to. Without it, `recovery.publicKey`: one key less to keep; another one where those who look into incidents must not open backups. The private half is on no server.",
      ),
    collector,
  })
  .prefault({})
  .describe("Audit records of the kernel (164.312(b)): fixed rules, which nobody can change until the next restart.");
