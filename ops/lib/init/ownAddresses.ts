/** Networks that an operator's connections come from, as far as this machine knows them without asking anyone. */
import { createSocket } from "node:dgram";
import { isIP } from "node:net";
import { isPrivate, networkFault } from "../../../components/config/network";

/**
 * The address from which this machine would reach `host`, and those of the SSH session that the operator is in: where it came from, and
 * where it is. An address of a private network is left out where `host` is not in one, since a router puts another one in its place.
 */
export async function ownNetworks(host: string | undefined, sshConnection: string | undefined): Promise<readonly string[]> {
  const [client = "", , server = ""] = (sshConnection ?? "").split(" ");
  const local = host === undefined || isIP(host) === 0 ? "" : await localAddress(host);
  const isNear = host !== undefined && isBehindRouter(host);
  const found = [local, server, client].filter((address) => isIP(address) !== 0 && (isNear || !isBehindRouter(address)));
  return [...new Set(found.map((address) => `${address}/${isIP(address) === 4 ? "32" : "128"}`))].filter(
    (network) => networkFault(network) === undefined,
  );
}

// Connecting a datagram socket chooses the address and sends nothing (udp(7)).
async function localAddress(host: string): Promise<string> {
  const socket = createSocket(isIP(host) === 6 ? "udp6" : "udp4");
  try {
    return await new Promise<string>((resolve) => {
      socket.once("error", () => {
        resolve("");
      });
      socket.connect(22, host, () => {
        resolve(socket.address().address);
      });
    });
  } finally {
    socket.close();
  }
}

// Beside the private networks: those of providers (RFC 6598), and what never leaves a link.
function isBehindRouter(address: string): boolean {
  return isPrivate(address) || /^(169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|fe[89ab])/i.test(address);
}
