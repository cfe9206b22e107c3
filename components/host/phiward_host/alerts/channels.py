"""The channels by which an alert reaches people: a webhook and mail."""

import email.message
import http.client
import json
import smtplib
import ssl
import urllib.parse
from collections.abc import Callable, Mapping

from phiward_host.alerts.settings import AlertSettings, Mail
from phiward_host.common import files
from phiward_host.common.errors import Failed

# The file with the webhook's token; put there by hand, if at all.
BEARER = "/etc/phiward/alert-token"
ANSWER_SECONDS = 15

Message = Mapping[str, str]
# Sends a message; raises whatever kept it from arriving.
Channel = Callable[[Message], None]


def channels(settings: AlertSettings) -> dict[str, Channel]:
    """The declared channels, by the names that waiting alerts hold."""
    found: dict[str, Channel] = {}
    webhook, mail = settings.webhook, settings.mail
    if webhook is not None:
        found["webhook"] = lambda message: post(webhook, message)
    if mail is not None:
        found["mail"] = lambda message: send_mail(mail, message)
    return found


def post(url: str, message: Message) -> None:
    """Posts a message as JSON. It follows no redirect and uses no proxy: the token is for the declared address."""
    headers = {"Content-Type": "application/json", "User-Agent": "phiward"}
    if files.exists(BEARER):
        headers["Authorization"] = f"Bearer {files.read_text(BEARER).strip()}"
    address = urllib.parse.urlsplit(url)
    connection = _connection(address)
    try:
        path = urllib.parse.urlunsplit(("", "", address.path or "/", address.query, ""))
        connection.request("POST", path, json.dumps(message).encode(), headers)
        # The status is all that counts: a body without end is not waited for.
        answer = connection.getresponse()
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise Failed(f"the webhook answered with status {answer.status}")


def send_mail(mail: Mail, message: Message) -> None:
    """Hands a message to the mail server, encrypted where the server offers it."""
    letter = email.message.EmailMessage()
    letter["From"], letter["To"] = mail.sender, mail.to
    letter["Subject"] = _subject(message)
    letter.set_content("".join(f"{key}: {value}\n" for key, value in message.items()))
    with smtplib.SMTP(mail.server, mail.port, timeout=ANSWER_SECONDS) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        server.send_message(letter)


def _subject(message: Message) -> str:
    # Of a service the result is a sentence; of a unit of systemd's it is a word of systemd's, such as exit-code.
    words = f": {message['result']}" if message["unit"].startswith(("service ", "Docker", "restore ")) else " failed"
    return f"{message['host']}: {message['unit']}{words}"


def _connection(address: urllib.parse.SplitResult) -> http.client.HTTPConnection:
    host = address.hostname or ""
    if address.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, address.port, timeout=ANSWER_SECONDS, context=context)
    return http.client.HTTPConnection(host, address.port, timeout=ANSWER_SECONDS)
