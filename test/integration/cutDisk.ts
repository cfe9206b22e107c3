import { execInHost } from "../../sandbox/machines/exec";
import type { SandboxHost } from "../../sandbox/machines/inventory";

const IMAGE = "/srv/disk";

/**
 * A file system of its own at a directory of a host, whose power can be cut: what its kernel has not written by then is lost,
 * and nothing else is, as of a disk.
 */
export class CutDisk {
  private image = 0;

  constructor(
    private readonly host: SandboxHost,
    private readonly directory: string,
  ) {}

  async mount(megabytes: number): Promise<void> {
    await this.shell(`truncate --size=${String(megabytes)}M ${IMAGE}0 && mkfs.ext4 -q ${IMAGE}0`);
    await this.mountImage();
  }

  /** The image that a kernel has written to is what a disk would hold: a copy of it goes on in its place. */
  async cut(): Promise<void> {
    const old = `${IMAGE}${String(this.image)}`;
    this.image += 1;
    await this.shell(`cp ${old} ${IMAGE}${String(this.image)} && umount --lazy ${this.directory}`);
    await this.mountImage();
  }

  async remove(): Promise<void> {
    await this.shell(`umount --lazy ${this.directory}`);
  }

  private mountImage(): Promise<void> {
    return this.shell(`mount -o loop ${IMAGE}${String(this.image)} ${this.directory}`);
  }

  private async shell(line: string): Promise<void> {
    const { code, stdout, stderr } = await execInHost(this.host, ["sh", "-c", line]);
    if (code !== 0) throw new Error(`${line}: ${stdout}${stderr}`);
  }
}
