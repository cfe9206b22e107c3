/** How the sandbox's own client comes to the API's certificate and its administrator's password: as an administrator of the host would. */
import { SECRETS_DIRECTORY } from "../components/plan/types";
import { deployTarget, overSsh } from "../ops/lib/ssh";
import type { Sandbox } from "./machines/inventory";
import type { NotesSite } from "./notes";

/** Name of the site in Pulumi.sandbox.yaml. */
export const SITE = "api.sandbox.test";

/** Returns where the API is, and its administrator's password of this epoch. Throws if the host does not tell. */
export async function notesSite(sandbox: Sandbox, epoch = 1): Promise<{ readonly site: NotesSite; readonly password: string }> {
  const [host] = sandbox.hosts;
  if (host === undefined) throw new Error("the sandbox has no host");
  // Pulumi.sandbox.yaml has her; the login of deploys reads no files.
  const target = { ...deployTarget(host), user: "alice" };
  const read = async (path: string): Promise<string> => {
    const { code, stdout } = await overSsh(target, `sudo -n cat ${path}`, "", { identity: sandbox.keyFile });
    if (code !== 0) throw new Error(`${path}: the host ${host.name} has no such file`);
    return stdout;
  };
  const [certificate, password] = await Promise.all([
    read(`/etc/phiward/tls/${SITE}/certificate.pem`),
    read(`${SECRETS_DIRECTORY}/api-admin-password.${String(epoch)}`),
  ]);
  return { site: { address: host.address, name: SITE, certificate }, password };
}
