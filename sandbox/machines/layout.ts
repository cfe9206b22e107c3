/**
 * Every name and address of a sandbox follows from its number (1 to 254), so that two sandboxes never meet and whatever a
 * crash leaves behind can be found again by name. Interface names stay below the kernel's 15 characters (IFNAMSIZ).
 */
export interface SandboxLayout {
  readonly bridge: string;
  readonly bridgeMac: string;
  /** The nftables table with the sandbox's NAT. */
  readonly table: string;
  readonly subnet: string;
  readonly subnet6: string;
  readonly adminAddress: string;
  readonly adminAddress6: string;
  /** What the names of the sandbox's network namespaces and cgroups begin with. */
  readonly prefix: string;
}

/** One machine on the sandbox's bridge: its network namespace, its cable, and its addresses. */
export interface PortLayout {
  readonly netns: string;
  readonly veth: string;
  readonly mac: string;
  readonly address: string;
  readonly address6: string;
}

/** The highest number a sandbox may have. */
export const MAX_SANDBOXES = 254;
/** The most hosts, and also the most outsiders, a sandbox may have: their addresses share one /24. */
export const MAX_PORTS = 50;

const FIRST_HOST = 10;
const FIRST_OUTSIDER = 200;

/** Returns the network of the sandbox with this number: 10.213.N.0/24 and, with the same digits, fd13:0:213:N::/64. */
export function sandboxLayout(number: number): SandboxLayout {
  return {
    bridge: `phw${String(number)}`,
    bridgeMac: mac(number, 1),
    table: `phiward${String(number)}`,
    subnet: `${address(number, 0)}/24`,
    subnet6: `${address6(number, "")}/64`,
    adminAddress: address(number, 1),
    adminAddress6: address6(number, 1),
    prefix: `phiward-${String(number)}-`,
  };
}

/** The admin's address that sandboxes can have in common: of number 0, which no sandbox has. */
export const COMMON_ADMIN = { adminAddress: address(0, 1), adminAddress6: "fd13:0:213::1" } as const;

/** Returns the port of the sandbox's host with this index, counted from 0. */
export function hostPort(number: number, index: number, name: string): PortLayout {
  return port(number, FIRST_HOST + index, `phw${String(number)}h${String(index)}`, name);
}

/** Returns the port of the sandbox's outsider with this index, counted from 0. */
export function outsiderPort(number: number, index: number): PortLayout {
  const name = `outsider${String(index)}`;
  return port(number, FIRST_OUTSIDER + index, `phw${String(number)}o${String(index)}`, name);
}

function port(number: number, last: number, veth: string, name: string): PortLayout {
  return {
    netns: `${sandboxLayout(number).prefix}${name}`,
    veth,
    mac: mac(number, last),
    address: address(number, last),
    address6: address6(number, last),
  };
}

function address(number: number, last: number): string {
  return `10.213.${String(number)}.${String(last)}`;
}

function address6(number: number, last: number | ""): string {
  return `fd13:0:213:${String(number)}::${String(last)}`;
}

// Fixed and locally administered (second bit of the first octet): after a reboot the neighbours' ARP tables still hold.
function mac(number: number, last: number): string {
  const octet = (value: number): string => value.toString(16).padStart(2, "0");
  return `02:13:00:00:${octet(number)}:${octet(last)}`;
}
