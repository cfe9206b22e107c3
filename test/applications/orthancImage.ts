/** The image of Orthanc, a server for medical images, from Debian's packages. */
import type { ImageRecipe } from "../../sandbox/images/recipe";

/** Orthanc with its PostgreSQL and DICOMweb plugins, and the programs of DCMTK that speak DICOM to it. */
export function orthancRecipe(): ImageRecipe {
  return {
    name: "orthanc",
    packages: ["orthanc", "orthanc-postgresql", "orthanc-dicomweb", "dcmtk", "base-files", "libc-bin", "tzdata"],
    without: ["usr/share/orthanc/plugins/libModalityWorklists*", "usr/share/orthanc/plugins/libServeFolders*"],
    kept: ["usr/sbin/Orthanc"],
    account: { name: "orthanc", id: 10_003, home: "/var/lib/orthanc" },
    directories: { "var/lib/orthanc": 0o755 },
    // Orthanc does not start without.
    links: { "etc/localtime": "/usr/share/zoneinfo/Etc/UTC" },
    programs: {},
    modules: {},
    copies: [],
    config: {
      User: "10003:10003",
      Env: ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"],
      Cmd: ["/usr/sbin/Orthanc", "/etc/orthanc/orthanc.json"],
      WorkingDir: "/var/lib/orthanc",
      ExposedPorts: { "4242/tcp": {}, "8042/tcp": {} },
      StopSignal: "SIGTERM",
    },
  };
}
