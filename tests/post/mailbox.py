"""A mail server on this machine: enough of SMTP (RFC 5321) with STARTTLS, and refusals when told to."""

import socketserver
import threading
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default


class Mailbox:
    """``mails``: envelope sender, recipients and text of each; ``refuse``: answer to a command, by its first word."""

    def __init__(self, tls=None):
        self.port, self.tls, self.mails, self.refuse, self.said = 0, tls, [], {}, []

    @property
    def letters(self):
        return [message_from_bytes(text, policy=default) for _, _, text in self.mails]


class _Talk(socketserver.StreamRequestHandler):
    mailbox: Mailbox

    def handle(self):
        self.sender, self.recipients = "", []
        self._say("220 here")
        while line := self.rfile.readline():
            command = line.decode().strip()
            self.mailbox.said.append(command)
            word = command.split(" ")[0].split(":")[0].upper()
            if word in self.mailbox.refuse:
                self._say(self.mailbox.refuse[word])
            elif not getattr(self, f"_{word.lower()}", self._unknown)(command):
                break
        self.request.close()

    def _say(self, *lines):
        for line in lines:
            self.wfile.write(f"{line}\r\n".encode())
        self.wfile.flush()
        return True

    def _unknown(self, _):
        return self._say("502 no")

    def _ehlo(self, _):
        return self._say("250-here", *(["250-STARTTLS"] if self.mailbox.tls else []), "250 SIZE 100000")

    def _starttls(self, _):
        self._say("220 go")
        try:
            self.request = self.mailbox.tls.wrap_socket(self.request, server_side=True)
        except OSError:
            return False
        self.setup()
        return True

    def _mail(self, command):
        self.sender = command
        return self._say("250 ok")

    def _rcpt(self, command):
        self.recipients.append(command)
        return self._say("250 ok")

    def _rset(self, _):
        return self._say("250 ok")

    def _data(self, _):
        self._say("354 go")
        text = b""
        while (line := self.rfile.readline()) != b".\r\n":
            text += line
        self.mailbox.mails.append((self.sender, self.recipients, text))
        self.recipients = []
        return self._say("250 ok")

    def _quit(self, _):
        self._say("221 bye")
        return False


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Say nothing of clients that hang up."""


@contextmanager
def open_mailbox(tls=None):
    """Run a mail server on a free port."""
    mailbox = Mailbox(tls)
    with _Server(("127.0.0.1", 0), type("Talk", (_Talk,), {"mailbox": mailbox})) as server:
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()
