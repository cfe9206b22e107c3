/** A registry that asks for a login, run on a bench's host from Debian's package, with a small image in it. */
import type { Argv } from "../../ops/lib/programs";
import { execInHost } from "../../sandbox/machines/exec";
import type { Bench } from "./bench";
import { waitFor } from "./waiting";

/** Its account, and a password with all that is read differently somewhere. */
export const LOGIN = { username: "puller", password: 'a "long" p:assw\'ord' } as const;

// Its hash by bcrypt, the only kind that the registry takes.
const HTPASSWD = "$2b$04$YtpIZxB8YNLH/Gvgy5Fbeu4g0zpJwwN1ERdlxiEBHRKsTzc2sGPcm";
const HOME = "/root/registry";
const PORT = "5443";

/** The registry, as names of images begin with it. */
export function registryOf(bench: Bench): string {
  return `${bench.host.address}:${PORT}`;
}

/** Starts the registry and pushes an image into it. Returns the image by its digest there; the host has no such image then. */
export async function startRegistry(bench: Bench): Promise<string> {
  await bench.inside("sh", "-c", INSTALL);
  await bench.inside("sh", "-c", `printf '%s\\n' "$1" > ${HOME}/htpasswd`, "sh", `${LOGIN.username}:${HTPASSWD}`);
  await bench.inside("sh", "-c", `printf '%s\\n' "$1" > ${HOME}/config.yml`, "sh", JSON.stringify(settings(bench)));
  await bench.inside("sh", "-c", CERTIFICATE, "sh", bench.host.address);
  await serve(bench, "401");
  return (await bench.inside("sh", "-c", PUSH, "sh", registryOf(bench), LOGIN.username, LOGIN.password)).trim();
}

/** The same registry, which from now on asks for no login. */
export async function openRegistry(bench: Bench): Promise<void> {
  await bench.inside("sh", "-c", `printf '%s\\n' "$1" > ${HOME}/config.yml`, "sh", JSON.stringify({ ...settings(bench), auth: undefined }));
  await bench.inside("systemctl", "stop", "test-registry");
  await serve(bench, "200");
}

async function serve(bench: Bench, status: string): Promise<void> {
  await bench.inside("systemd-run", "--quiet", "--unit=test-registry", `${HOME}/usr/bin/docker-registry`, "serve", `${HOME}/config.yml`);
  await waitFor("the registry", async () => (await asked(bench)) === status).catch(async (error: unknown) => {
    throw new Error(await bench.inside("journalctl", "--unit=test-registry", "--no-pager", "--lines=20"), { cause: error });
  });
}

async function asked(bench: Bench): Promise<string> {
  const argv: Argv = ["curl", "--silent", "--insecure", "--max-time", "5", "--output", "/dev/null", "--write-out", "%{http_code}"];
  return (await execInHost(bench.host, [...argv, `https://${registryOf(bench)}/v2/`])).stdout;
}

// Unpacked and not installed: the package would start one for everyone.
const INSTALL = `mkdir -p ${HOME} && cd ${HOME} && export DEBIAN_FRONTEND=noninteractive &&
  apt-get -q install -y --no-install-recommends docker.io docker-cli >/dev/null && apt-get -q download docker-registry >/dev/null && dpkg -x docker-registry_*.deb .`;

const CERTIFICATE = `cd ${HOME} && openssl req -quiet -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 \
  -subj /CN=registry -addext "subjectAltName=IP:$1" -keyout key.pem -out certificate.pem &&
  install -D -m 0644 certificate.pem /etc/docker/certs.d/$1:${PORT}/ca.crt`;

const PUSH = `export DOCKER_CONFIG=${HOME}/login; image=$1/team/app:1
  printf '%s' "$3" | docker login --username "$2" --password-stdin "$1" >/dev/null 2>&1 &&
  tar -c -C /usr/bin true | docker import --change 'CMD ["/true"]' - "$image" >/dev/null && docker push --quiet "$image" >/dev/null &&
  docker image inspect --format '{{index .RepoDigests 0}}' "$image" && docker image rm "$image" >/dev/null && rm -rf ${HOME}/login`;

function settings(bench: Bench) {
  return {
    version: 0.1,
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: `${HOME}/data` } },
    http: { addr: registryOf(bench), tls: { certificate: `${HOME}/certificate.pem`, key: `${HOME}/key.pem` } },
    auth: { htpasswd: { realm: "test", path: `${HOME}/htpasswd` } },
  };
}
