/** The checks that a host of a stack is asked from inside, as waivers name them. */
import type { StackConfig } from "../../components/config/schema";
import { checkedUnits } from "../../components/registry";
import type { KnownCheck } from "./rules";

/** All of one host, with what each proves. */
export function insideChecks(config: StackConfig, host: string): readonly KnownCheck[] {
  return checkedUnits(config, host).flatMap(({ unit, checks }) => checks.map(({ id, control }) => ({ id, control, host, unit })));
}

/** Finds the checks of a host by `of`, once each; none for a name that no host of the stack has. */
export function oncePerHost(
  config: StackConfig,
  of: (config: StackConfig, host: string) => readonly KnownCheck[],
): (host: string) => readonly KnownCheck[] {
  const found = new Map<string, readonly KnownCheck[]>();
  return (host) => {
    const checks = found.get(host) ?? (config.hosts.some(({ name }) => name === host) ? of(config, host) : []);
    found.set(host, checks);
    return checks;
  };
}
