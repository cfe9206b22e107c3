"""Brings the images of services to the engine: `images.py present|bring IMAGE`; an id is loaded, a name with digest is pulled."""
import glob
import subprocess
import sys

ARCHIVES = "/var/lib/phiward/images"


def docker(*argv):
    return subprocess.run(["docker", *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)


def present(image):
    return docker("image", "inspect", "--format", "{{.Id}}", image).returncode == 0


def bring(image):
    """What is wrong, for the operator; an empty text if nothing is."""
    if "@" in image:
        pulled = docker("pull", "--quiet", image)
        return "" if pulled.returncode == 0 else f"{image}: not pulled: {pulled.stderr.strip()[:300]}"
    digits = image.removeprefix("sha256:")
    archives = glob.glob(f"{ARCHIVES}/{digits}.tar*")
    if not archives:
        return f"{image}: no archive of it is in {ARCHIVES}: bring it with make adopt HOST=... IMAGES=file.tar"
    loaded = docker("load", "--quiet", "--input", archives[0])
    if loaded.returncode != 0:
        return f"{archives[0]}: not loaded: {loaded.stderr.strip()[:300]}; bring it again with make adopt HOST=... IMAGES=file.tar"
    return "" if present(image) else f"{archives[0]}: holds another image than {image}: bring the right one with make adopt HOST=... IMAGES=file.tar"


def main():
    action, image = sys.argv[1:]
    if action == "present":
        return 0 if present(image) else 1
    fault = bring(image)
    if fault:
        print(f"phiward: {fault}", file=sys.stderr)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
