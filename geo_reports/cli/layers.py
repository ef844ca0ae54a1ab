"""``reassign``: bring the reports' units up to the city's layers."""

from dataclasses import asdict

from geo_reports.cli.common import (
    CityOption,
    DbOption,
    DemoOption,
    JsonOption,
    app,
    progress_bar,
    say,
    say_json,
    settings,
)


@app.command()
def reassign(city: CityOption = None, db: DbOption = None, demo: DemoOption = False, json: JsonOption = False) -> None:
    """Assign every report again after the layers changed, and recount. Ctrl-C is safe: run it again to go on.

    Example: `geo-reports reassign --city my-city`
    """
    from geo_reports.app import build_reassign

    job = build_reassign(settings(city, db), demo=demo)
    with progress_bar("reassign") as progress:
        done = job.run(progress)
    say_json(asdict(done)) if json else say(f"{done.checked} reports checked, {done.moved} now lie in another unit.")
