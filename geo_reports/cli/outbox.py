"""``outbox``: what waits to leave the program, and what could not."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo_reports.cli.common import CityOption, DbOption, JsonOption, app, open_workshop, say, say_json, show
from geo_reports.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from geo_reports.post import Letter, Post

outbox = typer.Typer(no_args_is_help=True, help="Mail and webhooks: what waits, what could not be delivered.")
app.add_typer(outbox, name="outbox")

UNSENT, EVERY = ("waiting", "dead"), ("waiting", "dead", "sent")


@outbox.command(name="list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Those of the last 30 days that were delivered, too.")] = False,
    city: CityOption = None,
    db: DbOption = None,
    json: JsonOption = False,
) -> None:
    """List what waits and what was given up, with the kind of the last error; exit code 1 when anything was given up.

    Example: `geo-reports outbox list`
    """
    letters = _post(city, db).letters(EVERY if every else UNSENT)
    rows = [_row(letter) for letter in letters]
    if json:
        say_json(rows)
    elif rows:
        show(rows, "Outbox")
    else:
        say("Nothing waits and nothing was given up.")
    raise typer.Exit(1 if any(letter.state == "dead" for letter in letters) else 0)


@outbox.command()
def send(city: CityOption = None, db: DbOption = None, json: JsonOption = False) -> None:
    """Deliver what is due now; the service does it by itself while it runs. Exit code 1 when any delivery failed.

    Example: `geo-reports outbox send`
    """
    post = _post(city, db)
    if not post.sinks:
        raise InputError("Nobody is to be told: set GEO_REPORTS_WEBHOOKS or GEO_REPORTS_SMTP_HOST.")
    done = post.send_due()
    if json:
        say_json({name: done[name] for name in ("sent", "void", "failed", "dead", "postponed")})
    else:
        say(
            f"{done['sent']} delivered, {done['void']} had nothing to say any more, {done['failed']} will be tried "
            f"again, {done['postponed']} wait for a receiver that is down, {done['dead']} given up."
        )
    raise typer.Exit(1 if done["failed"] or done["dead"] else 0)


@outbox.command()
def retry(
    ids: Annotated[list[int] | None, typer.Argument(help="Numbers from `outbox list`.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Everything that was given up.")] = False,
    city: CityOption = None,
    db: DbOption = None,
) -> None:
    """Let messages that were given up wait again; the service, or `outbox send`, delivers them.

    Example: `geo-reports outbox retry 17 18`
    """
    if bool(ids) == every:
        raise InputError("Say which: numbers from geo-reports outbox list, or --all.")
    n = _post(city, db).retry(None if every else ids)
    if ids and n < len(set(ids)):
        raise InputError(f"Only {n} of these were given up; geo-reports outbox list names those that were.")
    say(f"{n} will be tried again.")


def _post(city: "Path | None", db: str | None) -> "Post":
    post = open_workshop(city, db, reads=True).house.post
    assert post is not None  # noqa: S101 a workshop's house has one
    return post


def _row(letter: "Letter") -> dict[str, Any]:
    """What may be shown of a message to anybody at the command line: not whom it is about."""
    return {
        "id": letter.id,
        "to": letter.sink,
        "kind": letter.kind,
        "state": letter.state,
        "attempts": letter.attempts,
        "made": _time(letter.made_at),
        "next": _time(letter.next_at) if letter.state == "waiting" else None,
        "ended": _time(letter.next_at) if letter.state != "waiting" else None,
        "error": letter.last_error,
    }


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
