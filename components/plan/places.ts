/** Accounts, ports and directories of a host that several concerns agree on. */

/** The account every deploy uses: root-equivalent by sudo, one key per person in its authorized keys. */
export const DEPLOY_USER = "deploy";
/** Where Debian's node-exporter looks for files of metrics. */
export const METRICS_DIRECTORY = "/var/lib/prometheus/node-exporter";
/** Port of the SSH server. */
export const SSH_PORT = 22;
/** One file per account, owned by root: nobody adds a key for himself. */
export const KEYS_DIRECTORY = "/etc/ssh/authorized_keys.d";
/** Ports of the loopback address at which the parts of the monitoring answer: as Debian's packages have them. */
export const MONITORING_PORTS = { prometheus: 9090, pushgateway: 9091, alertmanager: 9093, nodeExporter: 9100 } as const;
/** Port of the loopback address at which nginx says how many connections it has: below those that an ordinary account can take. */
export const NGINX_STATUS_PORT = 9113;
