/** Listeners as the web server's settings: TCP ports with TLS that lead to a service, for named networks. */
import { type StackModel, upstreamPort } from "../../containers/model";

/** A TCP port with TLS. */
export interface NginxListener {
  readonly name: string;
  readonly port: number;
  /** Networks that may connect. */
  readonly networks: readonly string[];
  /** The site whose certificate it shows. */
  readonly site: string;
  /** The loopback port that the service answers on. */
  readonly upstream: number;
  readonly minimumTls: "TLSv1.2" | "TLSv1.3";
  readonly connections: number;
  readonly idleSeconds: number;
  readonly clientCertificates?: ClientCertificates;
}

/** Whose certificates clients must show. */
export interface ClientCertificates {
  /** Certificates of authorities, as PEM text. */
  readonly authorities: readonly string[];
  readonly depth: number;
  /** Lists of revoked certificates, as PEM text. */
  readonly revocations: readonly string[];
}

/** The listeners of a host; none of them leaves the key out. */
export function nginxListeners({ config, containers }: StackModel): { readonly listeners?: readonly NginxListener[] } {
  const listeners = config.listeners.map((listener): NginxListener => {
    const {
      name,
      port,
      networks,
      site,
      service,
      servicePort,
      minimumTls,
      connections,
      idleSeconds,
      clientCertificates: clients,
    } = listener;
    const upstream = upstreamPort(containers, service, servicePort);
    return {
      ...{ name, port, networks, site, upstream, minimumTls, connections, idleSeconds },
      ...(clients === undefined ? {} : { clientCertificates: clients }),
    };
  });
  return listeners.length === 0 ? {} : { listeners };
}
