"""``serve`` and ``doctor``: run the service, and examine what it keeps."""

from dataclasses import asdict
from typing import Annotated

import typer

from geo_reports.cli.common import (
    CityOption,
    DbOption,
    DemoOption,
    JsonOption,
    app,
    complain,
    need_store,
    open_workshop,
    progress_bar,
    say,
    say_json,
    settings,
)
from geo_reports.cli.reports import demo_accounts, tell_accounts


@app.command()
def serve(
    city: CityOption = None,
    db: DbOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on. [default: 8000]")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve synthetic reports from a store of their own, made on first start.")
    ] = False,
) -> None:
    """Serve the pages, the maps and the API.

    Example: `geo-reports serve --demo`
    """
    import uvicorn

    from geo_reports.app import create_app

    config = settings(city, db)
    workshop = open_workshop(city, db, demo=demo)
    if demo:
        made = workshop.demo.seed()
        say(f"{made} synthetic reports made." if made else "Serving the synthetic reports made before.")
        tell_accounts(demo_accounts(workshop))
        workshop = open_workshop(city, db, demo=True)
    address, number = host or config.host, port or config.port
    say(f"Store: {workshop.database}")
    say(f"Open http://{address}:{number} (Ctrl-C stops)")
    # no access log: addresses of people and tracking codes in paths are not written down
    uvicorn.run(
        create_app(workshop.house),
        host=address,
        port=number,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
    )


@app.command()
def doctor(
    city: CityOption = None,
    db: DbOption = None,
    demo: DemoOption = False,
    repair: Annotated[bool, typer.Option("--repair", help="Derive again what can be: counters, units.")] = False,
    lost_key: Annotated[
        bool, typer.Option("--accept-lost-key", help="Make a new server key; old tracking codes stop working.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Examine the city folder and the store; exit code 1 when anything is wrong.

    Example: `geo-reports doctor`
    """
    from geo_reports.app import accept_lost_key, build_doctor
    from geo_reports.city.check import check

    config = settings(city, db)
    if lost_key:
        say(f"A new server key was made for {accept_lost_key(config)}. Keep a copy of it.")
    problems, warnings = check(config.city)
    need_store(db)
    physician = build_doctor(config, demo=demo)
    done = physician.repair() if repair else []
    with progress_bar("reports") as progress:
        findings = physician.examine(progress)
    if json:
        city_problems = [str(problem) for problem in problems]
        say_json({"findings": [asdict(f) for f in findings], "repaired": done, "city_problems": city_problems})
    else:
        for sentence in done:
            say(f"repaired: {sentence}")
        say(f"city folder: {len(problems)} problems, {len(warnings)} warnings")
        for finding in findings:
            (say if finding.well else complain)(str(finding))
    raise typer.Exit(0 if not problems and all(finding.well for finding in findings) else 1)
