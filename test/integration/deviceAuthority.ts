/** An authority of devices, a device of its own and one of another authority, for tests of listeners. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { outputOf } from "../../ops/lib/process";

/** PEM texts of the authority and of its list, on which the device is; files with certificate and key of the device, and of another one. */
export interface DeviceAuthority {
  readonly authority: string;
  readonly certificate: string;
  readonly stranger: string;
  readonly revocations: string;
}

/** Makes them in a directory, with openssl. */
export function deviceAuthority(directory: string): DeviceAuthority {
  const path = (name: string): string => join(directory, name);
  const openssl = (...argv: string[]): void => {
    outputOf(["openssl", ...argv], { cwd: directory });
  };
  const key = (name: string): readonly string[] => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", name];
  for (const name of ["devices", "others"]) {
    openssl("req", "-x509", ...key(`${name}.key`), "-out", `${name}.pem`, "-days", "30", "-subj", `/CN=${name}`);
    openssl("req", ...key(`${name}-1.key`), "-out", `${name}-1.csr`, "-subj", `/CN=${name} 1`);
    const issued = ["-CA", `${name}.pem`, "-CAkey", `${name}.key`, "-CAcreateserial", "-days", "20"];
    openssl("x509", "-req", "-in", `${name}-1.csr`, ...issued, "-out", `${name}-1.crt`);
    writeFileSync(path(`${name}-1.pem`), readFileSync(path(`${name}-1.crt`), "utf8") + readFileSync(path(`${name}-1.key`), "utf8"));
  }
  writeFileSync(path("ca.cnf"), "[ca]\ndefault_ca=own\n[own]\ndatabase=index\ndefault_md=sha384\ndefault_crl_days=20\n");
  writeFileSync(path("index"), "");
  const own = ["-config", "ca.cnf", "-keyfile", "devices.key", "-cert", "devices.pem"];
  openssl("ca", ...own, "-revoke", "devices-1.crt");
  openssl("ca", ...own, "-gencrl", "-out", "devices.crl");
  return {
    authority: readFileSync(path("devices.pem"), "utf8"),
    certificate: path("devices-1.pem"),
    stranger: path("others-1.pem"),
    revocations: readFileSync(path("devices.crl"), "utf8"),
  };
}
