/** What the Pulumi SDK loads with itself and needs only where a program serialises a function, or runs Pulumi itself. */
import { createRequire, Module } from "node:module";

const DEFERRED = ["@npmcli/arborist", "typescript", "./automation"];

/** Has them loaded when something of them is asked for: they are half of what the SDK takes to start. To be called before it is loaded. */
export function deferPackages(): void {
  const load = createRequire(createRequire(__filename).resolve("@pulumi/pulumi"));
  for (const name of DEFERRED) defer(load, name);
}

function defer(load: NodeJS.Require, name: string): void {
  const path = load.resolve(name);
  if (load.cache[path] !== undefined) return;
  const whole = (): object => {
    Reflect.deleteProperty(load.cache, path);
    return load(name) as object;
  };
  let loaded: object | undefined;
  const standIn = new Module(path);
  standIn.loaded = true;
  // What imports it looks for this mark, and then asks for nothing before it is used.
  standIn.exports = new Proxy(
    { __esModule: true },
    {
      get: (mark, key) => (key === "__esModule" ? mark.__esModule : (Reflect.get((loaded ??= whole()), key) as unknown)),
    },
  );
  load.cache[path] = standIn;
}
