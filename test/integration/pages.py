"""A service for edge.test.ts: a page with 150 files of twenty kilobytes each, and hundreds of them at once."""
import asyncio
import sys

SIZE = 20_000
# What a browser reads of each kind, around a comment.
KINDS = {
    "js": (b"text/javascript", b"/*", b"*/"),
    "css": (b"text/css", b"/*", b"*/"),
    "svg": (b"image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><!--', b"--></svg>"),
}
TAGS = ('<script src="{}.js" defer></script>', '<link rel="stylesheet" href="{}.css">', '<img src="{}.svg" alt="">')
PAGE = "<!doctype html><title>Files</title>" + "".join(TAGS[number % 3].format(number) for number in range(150))
# Which no route of the site leads to.
PAGE += '<img src="/logo.png" alt="">'


def answer(path: str) -> bytes:
    kind = KINDS.get(path.rpartition(".")[2])
    if kind is None:
        media, body = b"text/html", PAGE.encode()
    else:
        media, before, after = kind
        body = before + b"x" * SIZE + after
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: %s\r\n\r\n" % (len(body), media) + body


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            writer.write(answer(head.split(b" ")[1].decode()))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=2048)
    await server.serve_forever()


asyncio.run(main())
