"""``backup``, ``restore`` and ``erase``: keep a copy elsewhere, bring it back, and remove a report from both."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo_reports.cli.common import (
    CityOption,
    DbOption,
    DemoOption,
    JsonOption,
    app,
    complain,
    need_store,
    progress_bar,
    say,
    say_json,
    settings,
)
from geo_reports.errors import InputError

if TYPE_CHECKING:
    from geo_reports.intake.erasure import Erased
    from geo_reports.intake.safekeeping import Made, Manifest, Restored
    from geo_reports.settings import Settings

KeyOption = Annotated[
    Path | None, typer.Option("--key-file", help="File of the backup key. [default: backup.key beside the server keys]")
]
ACTOR = "operator"


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="Where it goes: a new file, or a folder. [default: here, by city and moment]")
    ] = None,
    city: CityOption = None,
    db: DbOption = None,
    demo: DemoOption = False,
    key_file: KeyOption = None,
    new_key: Annotated[
        Path | None, typer.Option("--new-key", metavar="FILE", help="Make a backup key in this file instead.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Only read the backup FILE whole; write nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Back up the store with photos and server key into one encrypted file, while the service runs; then read it back.

    Exit code 1 when the file is not whole, or photos were missing.

    Example: `geo-reports backup /media/usb`
    """
    if new_key is not None:
        from geo_reports.intake.safekeeping import make_key

        make_key(new_key)
        say(f"A backup key was made in {new_key}. Keep a copy away from this machine: without it no backup opens.")
        return
    if verify and file is None:
        raise InputError("Name the backup FILE that is to be verified.")
    if not verify:
        need_store(db)
    from geo_reports.app import build_safekeeping

    keeping = build_safekeeping(settings(city, db), key_file, demo=demo)
    try:
        with progress_bar("Backup") as progress:
            if verify and file is not None:
                said = keeping.verify(file, progress)
            else:
                made = keeping.back_up(file, progress)
    finally:
        if keeping.made_key:
            complain(
                f"A backup key was made in {keeping.key_file}. Keep a copy away from this machine and from the "
                "backups: without it no backup opens."
            )
    if verify:
        say_json(said.model_dump()) if json else say(f"{file} is whole. {_contents(said)}")
        return
    _tell_made(made, json)
    raise typer.Exit(1 if made.lacking else 0)


def _tell_made(made: "Made", json: bool) -> None:
    if json:
        told = {"file": made.file, "key": made.key_id, "bytes": made.n_bytes, "seconds": round(made.seconds, 3)}
        say_json(told | {"lacking": made.lacking} | made.manifest.model_dump())
    else:
        say(f"{made.file}: {made.n_bytes:,} bytes, written and read back whole in {made.seconds:.1f} s.")
        say(f"{_contents(made.manifest)} Sealed with the backup key {made.key_id}.")
    for digest in made.lacking:
        complain(f"The photo {digest} is missing or damaged and is not in the backup: put it back from an older one.")


def _contents(said: "Manifest") -> str:
    moment = datetime.fromtimestamp(said.made_at, UTC)
    return (
        f"It holds everything up to {moment:%Y-%m-%d %H:%M:%S} UTC (RPO): "
        f"{said.rows.get('report', 0):,} reports, {said.events:,} events, {said.photos:,} photos."
    )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    city: CityOption = None,
    db: DbOption = None,
    key_file: KeyOption = None,
    erasures: Annotated[
        Path | None,
        typer.Option(
            help="Log of erasures from where the store was: what was erased since stays erased. "
            "[default: the one beside the server key, if it is still there]"
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Bring a backup back into an empty place, with photos and server key, after examining all of it.

    Interrupted, it leaves nothing that looks like a store. The store may be of either kind, whichever was backed up.

    Example: `geo-reports restore town-20261122T200704Z.backup --db /srv/reports.sqlite`
    """
    from geo_reports.app import build_safekeeping

    keeping = build_safekeeping(settings(city, db), key_file)
    with progress_bar("Restore") as progress:
        done = keeping.restore(file, erasures, progress)
    if json:
        said = done.manifest.model_dump() | vars(done.mended)
        told = {"seconds": round(done.seconds, 3), "log_known": done.log_known, "lacking": done.lacking}
        say_json({"place": keeping.place, "photo_folder": keeping.photo_folder} | told | said)
    else:
        say(f"Restored into {keeping.place} in {done.seconds:.1f} s (RTO), with the photos in {keeping.photo_folder}.")
        say(_contents(done.manifest))
        _tell_mended(done)


def _tell_mended(done: "Restored") -> None:
    if done.mended.erased:
        say(f"Erased again, as they were after the backup: {done.mended.erased} reports.")
    if done.mended.recounted:
        say("The counters were wrong in the backup and were counted anew.")
    if done.lacking:
        complain(f"{done.lacking} photos were missing already when the backup was made.")
    if not done.log_known:
        complain(
            "Nothing here tells what was erased after the backup. If anything was, erase it again, "
            "or restore with --erasures and the STORE.erased file of the old key folder."
        )


@app.command()
def erase(
    code: Annotated[
        str | None, typer.Option(help="Tracking code of the report; `-` reads it from standard input.")
    ] = None,
    report: Annotated[str | None, typer.Option(help="Public number of the report, instead of a code.")] = None,
    subscriber: Annotated[
        str | None, typer.Option(help="E-mail address that no longer follows any neighborhood; `-` reads it.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why, in 32 characters that name nobody: it stays in the chain of events.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    city: CityOption = None,
    db: DbOption = None,
    demo: DemoOption = False,
    json: JsonOption = False,
) -> None:
    """Erase one report for good: facts, place, text, contact, photos. It does not come back with an older backup.

    Example: `geo-reports erase --report k3v9x0q2m5t1 --reason "court order 12/2026"`
    """
    if [code, report, subscriber].count(None) != 2:
        raise InputError("Give one of: --code CODE, --report NUMBER or --subscriber ADDRESS.")
    if subscriber is not None:
        _erase_subscriber(sys.stdin.readline() if subscriber == "-" else subscriber, settings(city, db), demo, json)
        return
    if reason is None:
        raise InputError("Say why with --reason: in 32 characters that name nobody.")
    need_store(db)
    from geo_reports.app import build_erasure

    erasure = build_erasure(settings(city, db), demo=demo)
    if not yes:
        typer.confirm("This removes the report for good, and nothing brings it back. Go on?", abort=True, err=True)
    if report is not None:
        done = erasure.by_report(report, reason=reason, actor=ACTOR)
    else:
        given = sys.stdin.readline().strip() if code == "-" else code or ""
        done = erasure.by_code(given, reason=reason, actor=ACTOR)
    say_json(vars(done)) if json else _tell_erased(done)


def _erase_subscriber(address: str, config: "Settings", demo: bool, json: bool) -> None:
    need_store(config.db or None)
    from geo_reports.app import build_subscriptions

    n = build_subscriptions(config, demo=demo).forget(address.strip())
    say_json({"subscriptions": n}) if json else say(f"Erased: {n} subscriptions of this address.")


def _tell_erased(done: "Erased") -> None:
    say(f"Erased: {done.reports} report, {done.photos} photos.")
    if done.later:
        say(f"{done.later} photos came in a moment ago and are removed with the orphans, after a day.")
    if not done.settled:
        complain(
            "Another program reads the store just now, and its log still holds old pages: "
            "they go when the service is stopped, or with the next erasure."
        )
    for path in done.copies:
        complain(f"{path}, a copy from before an upgrade, still holds it: remove the file when you no longer need it.")
