/** A provider of mail as applications know one: it takes messages over SMTP from whoever has the key (RFC 5321, RFC 4954). */
import { createServer, type Socket } from "node:net";

/** A provider that answers. */
export interface MailProvider {
  /** The passwords that it was shown. */
  readonly keys: readonly string[];
  /** The messages that it took, as they were sent. */
  readonly messages: readonly string[];
  close(): void;
}

/** Answers on this address and port, takes messages of those who show `key`, and refuses all others. */
export async function mailProvider(address: string, port: number, key: string): Promise<MailProvider> {
  const keys: string[] = [];
  const messages: string[] = [];
  const server = createServer((socket) => {
    serve(
      socket,
      (shown) => keys.push(shown) > 0 && shown === key,
      (message) => messages.push(message),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject).listen(port, address, resolve);
  });
  return { keys, messages, close: () => server.close() };
}

function serve(socket: Socket, opens: (key: string) => boolean, take: (message: string) => void): void {
  let isKnown = false;
  let message: string[] | undefined;
  let rest = "";
  const say = (text: string): void => {
    socket.write(`${text}\r\n`);
  };
  const heard = (line: string): void => {
    if (message !== undefined) {
      if (line !== ".") return void message.push(line);
      take(message.join("\n"));
      message = undefined;
      say("250 taken");
      return;
    }
    const [verb = "", , credentials = ""] = line.split(" ");
    switch (verb.toUpperCase()) {
      case "EHLO": {
        say("250-mail.example.org\r\n250 AUTH PLAIN");
        return;
      }
      case "AUTH":
        isKnown = opens(Buffer.from(credentials, "base64").toString().split("\0")[2] ?? "");
        {
          say(isKnown ? "235 welcome" : "535 not known");
          return;
        }
      case "DATA":
        if (!isKnown) {
          say("530 authenticate first");
          return;
        }
        message = [];
        {
          say("354 go on");
          return;
        }
      case "QUIT":
        say("221 bye");
        return void socket.end();
      default: {
        say(isKnown ? "250 ok" : "530 authenticate first");
        return;
      }
    }
  };
  socket.on("error", () => undefined);
  socket.setEncoding("utf8").on("data", (data: string) => {
    const lines = (rest + data).split("\r\n");
    rest = lines.pop() ?? "";
    lines.forEach(heard);
  });
  say("220 mail.example.org");
}
