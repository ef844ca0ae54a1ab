"""Mail to the sender of a report: that there is news, never what only the tracking code opens."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from geo_reports.errors import InputError
from geo_reports.look import Words
from geo_reports.post.sink import DELIVERED, VOID, Outcome, subject
from geo_reports.privacy.notices import status_by_mail
from geo_reports.report import Family, Status
from geo_reports.store import Letter
from geo_reports.wire import on_this_machine
from geo_reports.wire.mailbox import is_address

SINK = "mail"
LIMIT_S = 10.0
"""How long the mail server may take for one step."""


@dataclass(frozen=True)
class Sender:
    """How to reach the sender of a report, and what may be said to them."""

    contact: str
    family: Family
    status: Status


@dataclass(frozen=True)
class Relay:
    """The mail server that takes our mail. ``InputError`` names the setting at fault."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    mail_from: str

    def __post_init__(self) -> None:
        if not is_address(self.mail_from):
            raise InputError("GEO_REPORTS_MAIL_FROM is an address like reports@city.example.", "mail_from")
        if self.security == "none" and not on_this_machine(self.host):
            raise InputError(
                "GEO_REPORTS_SMTP_SECURITY is starttls or tls; without either, mail goes to this machine only.",
                "smtp_security",
            )
        if bool(self.user) != bool(self.password):
            raise InputError("GEO_REPORTS_SMTP_USER and GEO_REPORTS_SMTP_PASSWORD go together.", "smtp_user")

    @property
    def domain(self) -> str:
        """Domain of our own address."""
        return self.mail_from.rpartition("@")[2]


@dataclass(frozen=True)
class Mail:
    """A sink that writes to the senders of reports.

    Parameters
    ----------
    find : callable
        Sender of a report, None where the report is gone or left no contact.
    city : str
        Who writes.
    page : str
        Where a tracking code is entered, "" where the settings do not say.
    trust
        Certificate authorities; the system's by default.
    """

    relay: Relay
    find: Callable[[str], Sender | None]
    words: Words
    city: str
    page: str = ""
    trust: ssl.SSLContext | None = None

    def send(self, letter: Letter, at: int) -> Outcome:
        """Hand a mail to the relay; none for a report that was erased, or a contact that is no e-mail address."""
        sender = self.find(subject(letter))
        if sender is None or not is_address(sender.contact.strip()):
            return VOID
        return hand_over(self.relay, self.compose(letter, sender, at), sender.contact.strip(), self.trust)

    def compose(self, letter: Letter, sender: Sender, at: int) -> EmailMessage:
        """Mail in plain text; a second delivery has the same Message-ID."""
        title = self.words("News about your report")
        return write(self.relay, self.city, sender.contact.strip(), title, self._text(sender), letter.dedup_id, at)

    def _text(self, sender: Sender) -> str:
        _, status = self.words, status_by_mail(sender.family, sender.status)
        lines = [
            _("The micro-dump you reported: %(status)s.", status=_.status(status))
            if status
            else _("There is news about the report you sent us."),
            _("To read more, use your tracking code at %(page)s", page=self.page)
            if self.page
            else _("To read more, use your tracking code on the page where you sent it."),
            _("Nobody else has your code: we cannot send it to you."),
            _("If you sent no report, you need do nothing. This mail was written by a machine."),
        ]
        return "\n\n".join(lines) + "\n"


def write(relay: Relay, city: str, to: str, subject: str, text: str, name: str, at: int) -> EmailMessage:
    """Mail in plain text from ``city``; ``name`` makes its Message-ID, ``at`` (seconds UTC) its date."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(city, addr_spec=relay.mail_from)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    mail["Message-ID"] = f"<{name}@{relay.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    # seven bits: a relay need not take more
    mail.set_content(text, cte="quoted-printable")
    return mail


def hand_over(relay: Relay, mail: EmailMessage, to: str, trust: ssl.SSLContext | None = None) -> Outcome:
    """Give a mail to the relay; ``trust`` are the certificate authorities, the system's by default."""
    taken = False
    try:
        with _connect(relay, trust) as server:
            server.send_message(mail, relay.mail_from, [to])
            taken = True
    except OSError as error:  # smtplib's own errors are of this kind too
        # a relay that took the mail and then fails to say goodbye has it
        return DELIVERED if taken else _judge(error)
    return DELIVERED


def _connect(relay: Relay, trust: ssl.SSLContext | None) -> smtplib.SMTP:
    context = trust or ssl.create_default_context()
    if relay.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(relay.host, relay.port, relay.domain, timeout=LIMIT_S, context=context)
    else:
        server = smtplib.SMTP(relay.host, relay.port, relay.domain, timeout=LIMIT_S)
    try:
        if relay.security == "starttls":
            server.starttls(context=context)
        if relay.user:
            server.login(relay.user, relay.password)
    except OSError:
        server.close()
        raise
    return server


def _judge(error: OSError) -> Outcome:
    """Say whose fault it is; the server's words may hold the address, so only its code is kept."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return Outcome(final=code >= 500, error=f"SMTP {code}")
    if isinstance(error, smtplib.SMTPResponseException):
        about_this = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
        return Outcome(final=about_this, down=not about_this, error=f"SMTP {error.smtp_code}")
    return Outcome(down=True, error=type(error).__name__)
