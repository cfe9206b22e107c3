"""A service for edge.test.ts that answers each request with twenty kilobytes, and hundreds of them at once."""
import asyncio
import sys

BODY = b"x" * 20_000
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: text/javascript\r\n\r\n" % len(BODY) + BODY


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=2048)
    await server.serve_forever()


asyncio.run(main())
