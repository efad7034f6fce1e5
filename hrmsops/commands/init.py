"""`hrmsops init`: a commented configuration, from answers or from flags."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hrmsops.commands import options

Name = Annotated[
    str | None,
    typer.Option("--environment", metavar="NAME", help="What to call the environment."),
]
Kind = Annotated[
    str | None, typer.Option("--kind", metavar="KIND", help="production, staging or sandbox.")
]
Protected = Annotated[
    bool | None,
    typer.Option(
        "--protected/--no-protected",
        help="Whether --env has to name it each time. Else: yes for production.",
        show_default=False,
    ),
]
Project = Annotated[
    str | None, typer.Option("--project", metavar="ID", help="The Google Cloud project.")
]
Region = Annotated[
    str | None, typer.Option("--region", metavar="REGION", help="Its region, such as us-central1.")
]
Service = Annotated[
    str | None, typer.Option("--service", metavar="NAME", help="The Cloud Run service.")
]
Instance = Annotated[
    str | None, typer.Option("--instance", metavar="NAME", help="The Cloud SQL instance.")
]
Database = Annotated[
    str | None, typer.Option("--database", metavar="NAME", help="The database on it.")
]
User = Annotated[
    str | None, typer.Option("--user", metavar="ROLE", help="The role to log in to it as.")
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="gs://BUCKET/PREFIX",
        help="Where runs are on record for everybody; a protected environment needs it.",
    ),
]
Target = Annotated[Path, typer.Option("--path", metavar="FILE", help="The file to write.")]
Scripts = Annotated[
    bool,
    typer.Option("--scripts", help="Write the guide's scripts instead; each leads to hrmsops."),
]
Github = Annotated[
    bool,
    typer.Option("--github", help="Write workflows for GitHub Actions instead, from the file."),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="With --scripts or --github: also files that are there and differ."
    ),
]


def init(
    environment: Name = None,
    kind: Kind = None,
    protected: Protected = None,
    project: Project = None,
    region: Region = None,
    service: Service = None,
    instance: Instance = None,
    store: Store = None,
    database: Database = None,
    user: User = None,
    path: Target = Path("hrmsops.toml"),
    scripts: Scripts = False,
    github: Github = False,
    overwrite: Overwrite = False,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Write a commented hrmsops.toml, or add an environment to the one that is there.

    In a terminal it asks for what the flags leave open. It never changes what somebody wrote.
    """
    from hrmsops.commands import init_answers, init_file, init_repository

    given = init_answers.Given(
        environment=environment,
        kind=kind,
        protected=protected,
        project=project,
        region=region,
        service=service,
        instance=instance,
        store=store,
        database=database,
        user=user,
    )
    if scripts or github:
        manner = init_repository.Manner(overwrite=overwrite, dry_run=dry_run, json=json)
        init_repository.write(given, scripts=scripts, github=github, manner=manner)
        return
    draft = init_file.draft(path, init_answers.complete(given))
    if dry_run:
        init_file.show(draft, json=json)
    else:
        init_file.write(draft, yes=yes, json=json)
