/** phiward: the whole program. Reads the stack's configuration and hardens each of its hosts, one concern after the other. */
import { getProject, getStack } from "@pulumi/pulumi";
import { stackModel } from "./components/containers/model";
import { requireFirstHostKeys } from "./components/pulumi/droplet/firstHostKey";
import { hardenHost } from "./components/pulumi/hardenedHost";
import { secretSections } from "./components/pulumi/keptSecret";
import { loadConfig } from "./components/pulumi/loadConfig";
import { acceptedChecks, waiversOfProgram } from "./policies/waivers/acceptedChecks";
import { utcDay } from "./policies/waivers/schema";

const config = loadConfig();
requireFirstHostKeys(config);
const model = stackModel(config);
const secret = secretSections();
const accepted = acceptedChecks(config, utcDay(new Date()), waiversOfProgram(getProject(), getStack(), process.cwd()));
const withRole = (role: string) => config.hosts.filter((host) => host.role === role);

// A backup goes to the vault from its first run on, so vaults come first.
const vaults = withRole("vault").map((host) => hardenHost(model, host, [], secret, accepted(host.name)));
const applications = withRole("application").map((host) => hardenHost(model, host, vaults, secret, accepted(host.name)));

/** What operators need of each host: where it is, and the secrets that only the owner's recovery key opens. */
export const hosts = Object.fromEntries([...vaults, ...applications].map(({ name, outputs }) => [name, outputs]));
