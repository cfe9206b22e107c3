/**
 * What two runbooks of the field do to a server, word by word, as somebody writes it who makes a Pulumi program of them: raw resources, and
 * commands as root. The one is a security runbook for a server with Docker Compose, the other an operations guide for a chat service.
 */
import * as command from "@pulumi/command";
import * as digitalocean from "@pulumi/digitalocean";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

const WORLD = ["0.0.0.0/0", "::/0"];
// A modulus of 2048 bits and the exponent 65537, as ssh-keygen made them for years.
const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
const RSA_2048 = `ssh-rsa ${Buffer.concat([field(Buffer.from("ssh-rsa")), field(Buffer.from([1, 0, 1])), field(Buffer.concat([Buffer.from([0]), Buffer.alloc(256, 255)]))]).toString("base64")} user@host`;

/** Commands that the runbooks have run on the server, by the name of the resource. */
const COMMANDS = {
  "add-ssh-key": "echo 'ssh-rsa AAAAB3... user@host' >> ~/.ssh/authorized_keys",
  "revoke-ssh-key": 'sed -i "/user@host/d" ~/.ssh/authorized_keys && pkill -f "sshd.*username"',
  "database-user": "docker exec auren-postgres psql -U postgres -c \"CREATE USER app_readonly WITH PASSWORD 'strong_password_here';\"",
  "install-scanner": "apt install lynis -y && lynis audit system",
  "run-scanner": "docker run --rm -v /var/run/docker.sock:/var/run/docker.sock aquasec/trivy image auren-api:latest",
  firewall:
    "ufw default deny incoming; ufw default allow outgoing; ufw allow 22/tcp; ufw allow 80/tcp; ufw allow 443/tcp; ufw --force enable",
  "database-ports": "ufw allow from 172.18.0.0/16 to any port 5432; ufw allow from 172.18.0.0/16 to any port 6379",
  iptables: "iptables -A INPUT -p tcp --dport 80 -m limit --limit 25/minute --limit-burst 100 -j ACCEPT",
  "firewall-reset": "ufw --force reset; ufw allow 22/tcp; ufw --force enable",
  "rotate-secrets": "sed -i s/JWT_SECRET_KEY=.*/JWT_SECRET_KEY=$NEW_JWT_SECRET/ .env; cp .env .env.backup.$(date +%Y%m%d)",
  "decrypt-secrets": "gpg -d .env.gpg > .env",
  "key-beside-data":
    "docker exec auren-postgres psql -U auren_user -d auren_db -c \"INSERT INTO encryption_keys (key_id, encrypted_key) VALUES ('default_key', encode(gen_random_bytes(32), 'base64'));\"",
  "self-signed-certificate":
    "openssl req -x509 -nodes -days 365 -newkey rsa:4096 -keyout /etc/ssl/private/aupex.key -out /etc/ssl/certs/aupex.crt -subj /CN=aupex.ai",
  "acme-certificate": "certbot --nginx -d aupex.ai --non-interactive --agree-tos -m admin@aupex.ai",
  prune: "docker system prune -af && docker-compose -f docker-compose.prod.yml build --no-cache",
  restore: "cd /root/auren-production && tar -xzf /root/backups/clean-backup.tar.gz",
  "audit-log-mode": "chmod 644 data/audit/audit.log && chown chatman:chatman data/audit/audit.log",
  "audit-log-rotate": "mv data/audit/audit.log data/audit/audit.log.old; touch data/audit/audit.log",
  "audit-log-archive":
    'grep -v "$ARCHIVE_DATE" data/audit/audit.log > data/audit/audit.log.new; mv data/audit/audit.log.new data/audit/audit.log',
  "master-password": 'export CHAT_MAN_PASSWORD="$NEW_PASSWORD"; bun run server/auth/setup.ts',
  "salt-rotation": "openssl rand -base64 32 > config/.encryption_salt.new; mv config/.encryption_salt config/.encryption_salt.old",
  offsite: "rsync -avz --delete /opt/chatman/data/backups/ /mnt/offsite-storage/chatman/",
  "backup-cleanup": 'find data/backups/ -name "*.backup" -mtime +30 -delete',
} as const;

/** Makes all of it. */
export function runbookProgram(): void {
  const config = new pulumi.Config("other");
  const key = new digitalocean.SshKey("admin", { publicKey: RSA_2048 });
  const droplet = new digitalocean.Droplet("auren", { image: "ubuntu-22-04-x64", size: "s-2vcpu-4gb", region: "nyc3", sshKeys: [key.id] });
  const dropletIds = [droplet.id.apply(Number)];
  const inbound = (portRange: string) => ({ protocol: "tcp", portRange, sourceAddresses: WORLD });
  new digitalocean.Firewall("auren", {
    dropletIds,
    inboundRules: ["22", "80", "443", "3001", "8081"].map(inbound),
    outboundRules: [{ protocol: "tcp", portRange: "all", destinationAddresses: WORLD }],
  });
  const zone = new digitalocean.Domain("aupex", { name: "aupex.ai" });
  new digitalocean.DnsRecord("www", { domain: zone.name, type: "A", name: "www", value: "144.126.215.218" });

  const connection = { host: "144.126.215.218", user: "root", privateKey: config.get("key") ?? "" };
  for (const [name, create] of Object.entries(COMMANDS)) new command.remote.Command(name, { connection, create });
  new command.remote.CopyToRemote("nginx", {
    connection,
    source: new pulumi.asset.StringAsset(NGINX),
    remotePath: "/etc/nginx/conf.d/aupex.conf",
  });
  new command.remote.CopyToRemote("env", {
    connection,
    source: new pulumi.asset.StringAsset("OPENAI_API_KEY=new_key_here\nPOSTGRES_PASSWORD=strong_password_here\n"),
    remotePath: "/root/auren-production/.env",
  });

  const provider = new docker.Provider("auren", { host: "ssh://root@144.126.215.218:22" });
  new docker.Container(
    "api",
    {
      ...{ image: "auren-api:latest", ports: [{ internal: 8080, external: 8081 }] },
      envs: ["OPENAI_API_KEY=new_key_here", "JWT_SECRET_KEY=0a1b2c3d", "SALT_ROUNDS=12"],
    },
    { provider },
  );
  new docker.Container(
    "postgres",
    {
      ...{ image: "postgres:latest", ports: [{ internal: 5432, external: 5432 }] },
      envs: ["POSTGRES_USER=auren_user", "POSTGRES_PASSWORD=strong_password_here"],
    },
    { provider },
  );
  new docker.Container("redis", { image: "redis:latest", ports: [{ internal: 6379, external: 6379 }] }, { provider });
  new docker.Container(
    "nginx",
    {
      ...{
        image: "nginx:latest",
        ports: [
          { internal: 80, external: 80 },
          { internal: 443, external: 443 },
        ],
      },
      uploads: [{ file: "/etc/nginx/conf.d/aupex.conf", content: NGINX }],
    },
    { provider },
  );
  new docker.Container(
    "trivy",
    {
      ...{ image: "aquasec/trivy", command: ["image", "auren-api:latest"] },
      mounts: [{ type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" }],
    },
    { provider },
  );
  new docker.Container(
    "chatman",
    {
      ...{ image: "chatman:latest", ports: [{ internal: 3001, external: 3001 }] },
      envs: ["CHAT_MAN_PASSWORD=correct-horse", "ENCRYPTION_SALT=c2FsdA=="],
      // The salt of the encryption stands beside what it encrypts.
      volumes: [
        { hostPath: "/opt/chatman/config", containerPath: "/app/config" },
        { hostPath: "/opt/chatman/data", containerPath: "/app/data" },
      ],
    },
    { provider },
  );
  new docker.Container("prometheus", { image: "prom/prometheus:latest", command: ["--web.listen-address=0.0.0.0:9090"] }, { provider });
}

const NGINX = `server {
  listen 80;
  listen 443 ssl;
  server_name aupex.ai;
  ssl_protocols TLSv1.3;
  ssl_stapling on;
  add_header Content-Security-Policy "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' https://cdnjs.cloudflare.com" always;
  location / { proxy_pass http://auren-api:8080; }
}
`;
